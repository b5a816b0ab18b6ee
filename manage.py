#!/usr/bin/env python
"""Run perfsite's management commands."""

import os
import sys


def main() -> None:
    """Hand the command line to Django; a wrong setting is told in one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError as error:
        sys.exit(f"Django is not installed ({error}). Run `make setup`, then .venv/bin/python manage.py …")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"perfsite does not start: {error}")


if __name__ == "__main__":
    main()
