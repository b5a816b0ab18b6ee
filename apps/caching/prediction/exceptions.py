"""What prediction refuses."""


class SnapshotError(ValueError):
    """A snapshot or recording is of another form than this version makes."""
