"""What granian serves."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.pages.naive.settings"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
