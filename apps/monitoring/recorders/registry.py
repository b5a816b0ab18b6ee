"""What prometheus_client and django-prometheus know: the process, Python's garbage collector, and saved models.

Their registry is read into the board, so that several processes come together the same way as all else.
"""

from functools import partial
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.db.models.signals import post_save
from django_prometheus.models import model_inserts, model_updates
from prometheus_client import REGISTRY

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import Kind, Merge, counter, gauge
from apps.monitoring.policy.recorders import REGISTERED
from apps.monitoring.recorders.recorder import Recorder

each = partial(gauge, merge=Merge.EACH)
TAKEN = {
    metric.name: metric
    for metric in (
        counter("process_cpu_seconds_total", "Processor time of all processes."),
        each("process_resident_memory_bytes", "Memory that is held."),
        each("process_virtual_memory_bytes", "Memory that is mapped."),
        each("process_start_time_seconds", "When the process began, in seconds since 1970."),
        each("process_open_fds", "Open files and sockets."),
        each("process_max_fds", "Files and sockets that may be open."),
        counter("python_gc_objects_collected_total", "Objects that were collected.", "generation"),
        counter("python_gc_objects_uncollectable_total", "Objects that could not be collected.", "generation"),
        counter("python_gc_collections_total", "Collections of each generation.", "generation"),
        gauge(
            "python_info", "The Python that runs.",
            "implementation", "major", "minor", "patchlevel", "version",
            merge=Merge.MAX,
        ),
        counter("django_model_inserts_total", "Rows inserted one by one.", "model"),
        counter("django_model_updates_total", "Rows updated one by one.", "model"),
    )
}  # fmt: skip

GAUGES = [metric for metric in TAKEN.values() if metric.kind is Kind.GAUGE]


class RegistryRecorder(Recorder[None]):
    """Reads the registry once a second."""

    name = "registry"
    policy = REGISTERED

    def listen(self) -> None:
        """Count the chat's models from now on; those not saved yet are 0."""
        for model in apps.get_app_config("chat").get_models():
            for known in (model_inserts, model_updates):
                known.labels(name_of(model))
            post_save.connect(count_saved, sender=model)

    def deafen(self) -> None:
        """Count them no more."""
        for model in apps.get_app_config("chat").get_models():
            post_save.disconnect(count_saved, sender=model)

    def read(self, board: Board) -> None:
        """Put what is known on the board."""
        rules = self.rules
        for gone in GAUGES:
            board.clear(gone)
        for family in REGISTRY.collect():
            for sample in family.samples:
                if (metric := TAKEN.get(sample.name)) and not rules.is_ignored(sample.name):
                    board.put(metric, tuple(sample.labels[name] for name in metric.labels), sample.value)


def count_saved(sender: type[Model], *, created: bool, **_: Any) -> None:
    """Count a row by django-prometheus: its mixin for models would tie the chat to it."""
    (model_inserts if created else model_updates).labels(name_of(sender)).inc()


def name_of(model: type[Model]) -> str:
    """Return a model's name as a label."""
    return str(model._meta.model_name)
