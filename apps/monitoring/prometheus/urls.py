"""Where Prometheus asks."""

from django.urls import path

from apps.monitoring.prometheus.view import metrics

urlpatterns = [path("metrics", metrics, name="metrics")]
