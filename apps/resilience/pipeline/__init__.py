"""One way to each dependency: `pipeline("assistant").call(…)`."""

from apps.resilience.pipeline.pipeline import Pipeline
from apps.resilience.pipeline.registry import declare_dependency, pipeline, pipelines

__all__ = ("Pipeline", "declare_dependency", "pipeline", "pipelines")
