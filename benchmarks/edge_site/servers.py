"""The applications the edge is compared with, each by its own server."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.edge_site.settings")

from a2wsgi import WSGIMiddleware
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

wsgi = get_wsgi_application()
asgi = get_asgi_application()
a2wsgi = WSGIMiddleware(wsgi, workers=int(os.environ.get("THREADS", "16")))
