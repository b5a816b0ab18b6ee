"""What can go wrong with alerts."""


class AlertError(Exception):
    """The base of all."""


class AlertGoneError(AlertError, LookupError):
    """No open alert of this number."""


class DeliveryError(AlertError):
    """Somebody could not be told; it is tried again."""
