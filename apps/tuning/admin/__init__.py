"""Tuning in the Django admin: the policies and the audit log."""

from apps.tuning.admin.audit import AuditEntryAdmin
from apps.tuning.admin.policies import PolicyAdmin

__all__ = ("AuditEntryAdmin", "PolicyAdmin")
