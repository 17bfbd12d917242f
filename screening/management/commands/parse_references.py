"""Read files of references and print what was understood, as JSON lines."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from screening.citations import FORMATS, Citation, Problem, Refused, read

FIELDS = (
    "title", "authors", "year", "journal", "volume", "number", "pages", "doi", "pmid", "abstract",
    "keywords", "language", "type", "registry_id", "url", "accession", "note", "line", "raw",
)  # fmt: skip
REFUSED = 2


class Command(BaseCommand):
    """Print one JSON object per record, and problems on stderr; needs no database.

    Exits with 2 when a file was refused; the others are read all the same.
    """

    help = "Print the records of files of references as JSON lines, problems on stderr."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take files, and how to read them where detection is wrong."""
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--format", choices=FORMATS)
        parser.add_argument("--encoding")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the files one after the other."""
        how = {"format": options["format"], "encoding": options["encoding"]}
        outcomes = [self._read(name, how) for name in options["files"]]
        if not all(outcomes):
            sys.exit(REFUSED)

    def _read(self, name: str, how: dict[str, Any]) -> bool:
        """Print what a file holds; False when it was refused."""
        index = 0
        try:
            with Path(name).open("rb") as stream:
                for item in read(stream, name=Path(name).name, **how):
                    if isinstance(item, Citation):
                        self._record(name, index, item)
                        index += 1
                    else:
                        self._problem(name, item)
        except Refused as refusal:
            self.stderr.write(f"{name}: {refusal}")
            return False
        except OSError as error:
            self.stderr.write(f"{name}: The file cannot be opened ({error.strerror}).")
            return False
        return True

    def _record(self, name: str, index: int, citation: Citation) -> None:
        fields = {field: getattr(citation, field) for field in FIELDS}
        self.stdout.write(json.dumps({"file": name, "index": index, **fields}))

    def _problem(self, name: str, problem: Problem) -> None:
        self.stderr.write(json.dumps({"file": name, **asdict(problem)}))
