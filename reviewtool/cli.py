"""`reviewtool COMMAND` and `manage.py COMMAND` are one and the same."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewtool.settings")
    execute_from_command_line(sys.argv)
