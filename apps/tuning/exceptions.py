"""What can go wrong in tuning, by what the caller can do about it."""


class TuningError(Exception):
    """The base of all; its text is fit for the staff member who asked."""


class DeclarationError(TuningError):
    """A policy is declared wrongly; the code that declares it must change."""


class PolicyError(TuningError):
    """A value is refused; `field` names which, `policy` whose where several are changed at once."""

    def __init__(self, field: str, reason: str, *, policy: str = "") -> None:
        super().__init__(f"{policy}.{field}: {reason}" if policy else f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.policy = policy


class UnknownPolicyError(TuningError):
    """No policy of this name is declared."""


class UnknownRevisionError(TuningError):
    """The policy never had this revision."""


class StaleError(TuningError):
    """Somebody else changed the policy in the meantime; look at it again before you change it."""


class AuditError(TuningError):
    """The audit log cannot be continued; `manage.py audit verify` says why."""


class UnknownEntryError(TuningError):
    """The audit log has no entry of this number."""
