#!/usr/bin/env python
"""Run perfsite's management commands."""

import os
import sys


def main() -> None:
    """Hand the command line to Django; a wrong setting or a database that is away is told in one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import OperationalError
    except ImportError as error:
        sys.exit(f"Django is not installed ({error}). Run `make setup`, then .venv/bin/python manage.py …")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"perfsite does not start: {error}")
    except OperationalError as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"The database: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
