"""`find_duplicates FILE.csv`: clusters and questions as JSON, without a database."""

import csv
import json
import re
import resource
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from screening.citations import Citation
from screening.dedupe import clusters, find_duplicates

_LARGEST_CELL = 10**8
#: "A Campbell, S Clark": commas part people where initials come first.
_GIVEN_FIRST = re.compile(r"[A-Z]{1,3} \w[^,]+,")
_TEXTS = ("title", "journal", "volume", "number", "pages", "doi", "pmid", "abstract")


class Command(BaseCommand):
    help = "Find duplicate records in a CSV with the columns ID, title, author, year, journal ..."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args, file: Path, **options) -> None:
        names, citations = read_csv(file)
        started = time.perf_counter()
        matches = find_duplicates(citations)
        found = clusters(matches, citations)
        answer = {
            "clusters": [[names[number] for number in cluster] for cluster in found],
            "questions": [
                {
                    "a": names[match.first],
                    "b": names[match.second],
                    "score": match.score,
                    "reason": match.reason,
                }
                for match in matches
                if match.verdict == "ask"
            ],
            "seconds": round(time.perf_counter() - started, 3),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        self.stdout.write(json.dumps(answer))


def read_csv(file: Path) -> tuple[dict[int, str], dict[int, Citation]]:
    """Read a table of records; returns the ID and the citation of each, by its place.

    Raises CommandError with a sentence where the file cannot be read or has no column "ID".
    """
    csv.field_size_limit(_LARGEST_CELL)
    names: dict[int, str] = {}
    citations: dict[int, Citation] = {}
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            if "ID" not in (reader.fieldnames or ()):
                raise CommandError(f"{file} has no column “ID”.")
            for number, row in enumerate(reader):
                names[number], citations[number] = row["ID"], _citation(row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{file} cannot be read: {error}.") from error
    return names, citations


def _citation(row: dict[str, str]) -> Citation:
    authors = row.get("author") or row.get("authors") or ""
    year = "".join(filter(str.isdigit, row.get("year") or ""))[:4]
    texts: dict[str, Any] = {name: row.get(name) or "" for name in _TEXTS}
    return Citation(
        authors=tuple(name.strip() for name in _parted(authors) if name.strip()),
        year=int(year) if len(year) == 4 else None,
        **texts,
    )


def _parted(authors: str) -> list[str]:
    if " and " in authors:
        return authors.split(" and ")
    if ";" in authors:
        return authors.split(";")
    return authors.split(",") if _GIVEN_FIRST.match(authors) else [authors]
