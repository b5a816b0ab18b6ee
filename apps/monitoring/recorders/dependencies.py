"""The breakers of this process: those of the pipelines, and the database's, which goes by no policy."""

from django.conf import settings

from apps.resilience.breaker import Breaker
from apps.resilience.pipeline.registry import breakers as of_pipelines

POSTGRESQL = "apps.resilience.postgresql"


def breakers() -> list[Breaker]:
    """Return all of them."""
    return [*of_pipelines(), *_of_database()]


def _of_database() -> list[Breaker]:
    if settings.DATABASES["default"]["ENGINE"] != POSTGRESQL:
        return []
    from apps.resilience.postgresql.base import breaker  # psycopg is not loaded on the embedded default

    return [breaker]
