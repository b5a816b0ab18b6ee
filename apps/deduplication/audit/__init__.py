"""The auditor: every execution of shared work is recorded, and those that overlapped are counted."""
