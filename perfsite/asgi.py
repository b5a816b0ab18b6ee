"""The ASGI application, put together."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
django.setup()

from channels.routing import URLRouter  # noqa: E402  (needs the apps)
from django.conf import settings  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from apps.caching.service import Caching  # noqa: E402
from apps.chat.assistant.service import Assistant  # noqa: E402
from apps.chat.live.server import Live  # noqa: E402
from apps.deduplication.service import Deduplication  # noqa: E402
from apps.resilience.sharing.current import Breakers  # noqa: E402
from apps.tuning.following import Policies  # noqa: E402
from perfsite.edge.application import Edge, Service, refuse_socket  # noqa: E402
from perfsite.edge.bridge import Bridge  # noqa: E402
from perfsite.edge.hits import Hits  # noqa: E402
from perfsite.edge.joining import Joining  # noqa: E402
from perfsite.edge.pool import Pool, pool_size  # noqa: E402
from perfsite.worker import Worker  # noqa: E402

pool = Pool(size=pool_size(settings.DATABASE_CONNECTION_LIMIT))
live = Live()
services: list[Service] = [pool, live, Deduplication(), Caching(), Assistant(), Policies(), Breakers()]
if settings.CELERY_IN_PROCESS:
    services.append(Worker())

application = Edge(
    bridge=Joining(
        Bridge(
            WSGIHandler(),
            pool,
            timeout_seconds=settings.REQUEST_TIMEOUT_SECONDS,
            spool_limit_bytes=(settings.CHAT_IMPORT_MAX_MEGABYTES + 1) * 1024 * 1024,
        )
    ),
    sockets=URLRouter([path("ws/chat/", live), re_path("", refuse_socket)]),  # type: ignore[arg-type]  # Channels routes applications
    services=services,
    response_path=Hits(),
)
