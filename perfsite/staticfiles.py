"""Static files by content: hashed names, compressed copies, cached for ever."""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashes the imports between ES modules too, and uses the hashed names in DEBUG as well."""

    support_js_module_import_aggregation = True

    def url(self, name: str | None, force: bool = True) -> str:  # noqa: FBT001, FBT002  (Django's signature)
        """Return the hashed URL; what a trial serves is what production serves."""
        result: Any = super().url(name, force=force)
        return str(result)
