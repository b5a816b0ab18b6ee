"""Django's own WSGI handler, whose requests leave nothing behind for the collector of garbage."""

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest


class Request(WSGIRequest):
    """Lets go of all it has when its response has been closed.

    A request holds what holds it: its user, its messages, the routes that were tried. Some eighty objects of each would
    wait for the collector, whose walks through all that is alive hold every request up.
    """

    def close(self) -> None:
        """Close the uploads and forget the rest."""
        super().close()
        self.__dict__.clear()


class Handler(WSGIHandler):
    """As Django's."""

    request_class = Request
