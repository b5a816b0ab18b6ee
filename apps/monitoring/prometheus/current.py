"""The shelf, as the process that is asked finds it."""

from django.conf import settings

from apps.monitoring.prometheus.place import Place
from apps.monitoring.prometheus.shelf import Shelf
from apps.monitoring.prometheus.total import Total

FOLDER = "run"  # in DATA_DIR
_places: list[Place] = []


def shelf() -> Shelf:
    """Return the shelf of this data directory."""
    return Shelf(settings.DATA_DIR / FOLDER)


def occupy(place: Place) -> None:
    """Have a place be this process's."""
    _places.append(place)


def leave(place: Place) -> None:
    """Give it up: the process counts as ended."""
    _places.remove(place)
    place.close()


def total() -> Total:
    """Return the figures of all processes. Reads files, waits for nothing."""
    if not _places:
        return shelf().total()
    place = _places[-1]
    return place.shelf.total(besides=place.latest, name=place.name)
