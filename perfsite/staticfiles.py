"""Static files by content: hashed names, compressed copies, cached for ever."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import brotli
from django.conf import settings
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashes the imports between our ES modules too, and uses the hashed names in DEBUG as well."""

    max_post_process_passes = 10  # our modules import each other through more levels than Django's five
    support_js_module_import_aggregation = True

    def url(self, name: str | None, force: bool = True) -> str:  # noqa: FBT001, FBT002  (Django's signature)
        """Return the hashed URL; what a trial serves is what production serves."""
        result: Any = super().url(name, force=force)
        return str(result)

    def url_converter(self, name: str, hashed_files: dict[str, Any], template: str | None = None) -> Callable[..., str]:
        """Leave packages' scripts as they are: Django's pattern takes `import` in their comments for the statement."""
        if name.endswith(".js") and not is_ours(name):
            return unchanged
        converter: Callable[..., str] = super().url_converter(name, hashed_files, template)
        return converter

    def create_compressor(self, **options: Any) -> Compressor:
        """Return a compressor that does not take half a minute."""
        return QuickCompressor(**options)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what pages ask for: files by their hashed names, not the originals beside them."""
        hashed = set(self.hashed_files.values())
        yield from super().compress_files([path for path in paths if path in hashed])


class QuickCompressor(Compressor):
    """Brotli one step below its best: 2% larger, in under a third of the time."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        """Return the data compressed."""
        compressed: bytes = brotli.compress(data, quality=10)
        return compressed


def is_ours(name: str) -> bool:
    """Return whether the file comes from the project's own static folders."""
    return any((Path(folder) / name).is_file() for folder in settings.STATICFILES_DIRS)


def unchanged(match: re.Match[str]) -> str:
    """Return what was matched, as it stands."""
    return match[0]
