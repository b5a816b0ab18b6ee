"""Where browsers and their people tell something."""

from django.urls import path

from apps.monitoring.browser.views import give_feedback, take_beacon

urlpatterns = [
    path("rum", take_beacon, name="rum"),
    path("feedback", give_feedback, name="feedback"),
]
