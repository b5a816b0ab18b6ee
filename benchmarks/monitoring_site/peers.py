"""The same, watched by django-prometheus and OpenTelemetry's instrumentation of Django, as their manuals say."""

from benchmarks.monitoring_site.quiet import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "django_prometheus"]  # noqa: F405
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    *MIDDLEWARE,  # noqa: F405
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
