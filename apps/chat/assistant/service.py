"""The assistant as a part of the server: begins and ends with it."""

from django.conf import settings

from apps.chat.assistant.endpoint import Endpoint
from apps.chat.assistant.guarded import Guarded
from apps.chat.assistant.office import Office
from apps.chat.assistant.offline import PREFACE, Offline
from apps.chat.assistant.recall import recalled
from apps.chat.assistant.shared import Shared
from apps.chat.assistant.upstream import Question, Upstream
from apps.chat.live.desk import Desk
from apps.chat.records import MessageRecord

DATABASE_THREADS = 2


class Assistant:
    """A service of the server. Replies are asked for by a signal, in whatever thread, and written on the event loop."""

    def __init__(self) -> None:
        self._office: Office | None = None

    def start(self) -> None:
        """Begin, in the server's event loop; does not block."""
        desk = Desk("assistant", threads=DATABASE_THREADS)
        self._office = Office(desk=desk, upstream=new_upstream(desk))
        self._office.open()

    def stop(self) -> None:
        """End all replies with what they have; called in a thread. Blocks for five seconds at most."""
        office, self._office = self._office, None
        if office is not None:
            office.close()


def new_upstream(desk: Desk) -> Upstream:
    """Return who finds the words: the endpoint of the settings, or without one the offline assistant."""
    if settings.ASSISTANT_BASE_URL:
        endpoint = Endpoint(
            base_url=settings.ASSISTANT_BASE_URL, api_key=settings.ASSISTANT_API_KEY, model=settings.ASSISTANT_MODEL
        )
        return Shared(Guarded(endpoint))

    async def find(question: Question) -> list[MessageRecord]:
        return await desk.ask(recalled, question, preface=PREFACE)

    return Offline(find)
