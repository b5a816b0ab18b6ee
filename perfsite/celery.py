"""The task application: the same tasks on a broker or inside the web process."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")

app = Celery("perfsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
