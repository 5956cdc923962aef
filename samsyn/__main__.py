"""The command `samsyn`: everything an operator does from the command line."""

from __future__ import annotations

import os
import sys

import samsyn

SERVE = ("qcluster", "runserver")  # what has to do with visitors, and so stands behind the walls


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samsyn.settings")
    samsyn.operated = not set(sys.argv[1:2]) & set(SERVE)
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(["samsyn", *sys.argv[1:]])
    except ImproperlyConfigured as error:
        sys.exit(f"samsyn: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
