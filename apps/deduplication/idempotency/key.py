"""The header's value (draft-ietf-httpapi-idempotency-key-header): a string in quotes, or the same without them."""

import re

from apps.deduplication.idempotency.exceptions import KeyFormatError

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEY_MAX_CHARACTERS = 255
BARE = re.compile(r"[A-Za-z0-9!#$%&'*+./:=@^_`|~-]+")
QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')  # sf-string of RFC 8941
ESCAPE = re.compile(r'\\(["\\])')


def parsed_key(value: str) -> str:
    """Return the key of 1 to 255 characters; raise KeyFormatError. `"a"` and `a` are the same key."""
    text = value.strip(" \t")
    quoted = QUOTED.fullmatch(text)
    if not quoted and not BARE.fullmatch(text):
        raise KeyFormatError("must be one string of printable ASCII, in double quotes or without blanks and commas.")
    key = ESCAPE.sub(r"\1", quoted[1]) if quoted else text
    if not 1 <= len(key) <= KEY_MAX_CHARACTERS:
        raise KeyFormatError(f"must have from 1 to {KEY_MAX_CHARACTERS} characters, not {len(key):,}.")
    return key
