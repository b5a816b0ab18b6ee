"""One class for each thing that is watched."""

from typing import TYPE_CHECKING, Any

from apps.monitoring.recorders.archive import Archive
from apps.monitoring.recorders.assistant import AssistantRecorder
from apps.monitoring.recorders.breakers import BreakerRecorder
from apps.monitoring.recorders.browser import BrowserRecorder
from apps.monitoring.recorders.cache import CacheRecorder
from apps.monitoring.recorders.chat import ChatRecorder
from apps.monitoring.recorders.database import DatabaseRecorder
from apps.monitoring.recorders.exceptions import ExceptionRecorder
from apps.monitoring.recorders.flights import FlightRecorder
from apps.monitoring.recorders.outgoing import OutgoingRecorder
from apps.monitoring.recorders.process import ProcessRecorder
from apps.monitoring.recorders.queries import QueryRecorder
from apps.monitoring.recorders.queues import QueueRecorder
from apps.monitoring.recorders.redis import RedisRecorder
from apps.monitoring.recorders.registry import RegistryRecorder
from apps.monitoring.recorders.requests import RequestRecorder
from apps.monitoring.recorders.sockets import SocketRecorder
from apps.monitoring.recorders.tasks import TaskRecorder

if TYPE_CHECKING:
    from apps.monitoring.recorders.recorder import Recorder


class Recorders:
    """Those of one process. What others want kept goes to the archive, so that comes last."""

    def __init__(self) -> None:
        self.requests = RequestRecorder()
        self.browser = BrowserRecorder()
        archive, tasks = Archive(), TaskRecorder()
        self.all: tuple[Recorder[Any], ...] = (
            self.requests,
            self.browser,
            QueryRecorder(archive.keep),
            ExceptionRecorder(archive.keep),
            CacheRecorder(),
            FlightRecorder(),
            BreakerRecorder(),
            OutgoingRecorder(),
            RedisRecorder(),
            DatabaseRecorder(),
            AssistantRecorder(),
            SocketRecorder(),
            ChatRecorder(),
            tasks,
            QueueRecorder(tasks),
            ProcessRecorder(),
            RegistryRecorder(),
            archive,
        )
