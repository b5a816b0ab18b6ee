"""The figures as an answer to whoever may read them, in the form they ask for."""

import gzip
import re

from apps.monitoring.prometheus.current import total
from apps.monitoring.prometheus.text import OPEN, PLAIN, opened, plain

PACKS = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
LEVEL = 1  # a fifth of the default's time for a twentieth more bytes


def answer(*, accept: str, encodings: str) -> tuple[bytes, dict[str, str]]:
    """Return body and headers, for Accept and Accept-Encoding. Reads files; a few milliseconds of processor time."""
    is_open = "application/openmetrics-text" in accept
    content = (opened if is_open else plain)(total()).encode()
    headers = {"Content-Type": OPEN if is_open else PLAIN, "Vary": "Accept, Accept-Encoding"}
    if PACKS.search(encodings):
        return gzip.compress(content, compresslevel=LEVEL, mtime=0), headers | {"Content-Encoding": "gzip"}
    return content, headers
