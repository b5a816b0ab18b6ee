"""The ASGI application, put together."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
django.setup()

from channels.routing import URLRouter  # noqa: E402  (needs the apps)
from django.conf import settings  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from apps.caching.service import Caching  # noqa: E402
from apps.chat.assistant.service import Assistant  # noqa: E402
from apps.chat.live.server import Live  # noqa: E402
from apps.deduplication.service import Deduplication  # noqa: E402
from apps.monitoring.health.current import health  # noqa: E402
from apps.monitoring.live.server import Watching  # noqa: E402
from apps.monitoring.service import Monitoring  # noqa: E402
from apps.resilience.sharing.current import Breakers  # noqa: E402
from apps.tuning.following import Policies  # noqa: E402
from perfsite import arenas  # noqa: E402
from perfsite.edge import scrape  # noqa: E402
from perfsite.edge.application import Edge, Service, refuse_socket  # noqa: E402
from perfsite.edge.bridge import Bridge  # noqa: E402
from perfsite.edge.handler import Handler  # noqa: E402
from perfsite.edge.hits import Hits  # noqa: E402
from perfsite.edge.joining import Joining  # noqa: E402
from perfsite.edge.pool import Pool, pool_size  # noqa: E402
from perfsite.edge.probes import PATHS, Probes  # noqa: E402
from perfsite.scheduler import Scheduler  # noqa: E402
from perfsite.worker import Worker  # noqa: E402

arenas.bound()
pool = Pool(size=pool_size(settings.DATABASE_CONNECTION_LIMIT))
live = Live()
watching = Watching()
monitoring = Monitoring("web")
services: list[Service] = [
    monitoring,
    pool,
    live,
    watching,
    Deduplication(),
    Caching(),
    Assistant(),
    Policies(),
    Breakers(),
    health(),
]
if settings.CELERY_IN_PROCESS:
    services += [Worker(), Scheduler()]

application = Edge(
    bridge=Joining(
        Bridge(
            Handler(),
            pool,
            timeout_seconds=settings.REQUEST_TIMEOUT_SECONDS,
            spool_limit_bytes=(settings.CHAT_IMPORT_MAX_MEGABYTES + 1) * 1024 * 1024,
        )
    ),
    sockets=URLRouter([path("ws/chat/", live), path("ws/performance/", watching), re_path("", refuse_socket)]),  # type: ignore[arg-type]  # Channels routes applications
    services=services,
    response_path=Hits(),
    observer=monitoring.observer,
    aside={**dict.fromkeys(PATHS, Probes(health(), settings.METRICS_TOKEN)), scrape.PATH: scrape.Scrape()},
)
