"""The composition root: settings, URLs, the edge and the task application."""

from perfsite.celery import app as celery_app

__all__ = ("celery_app",)
