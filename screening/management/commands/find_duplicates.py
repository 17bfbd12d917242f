"""`find_duplicates FILE.csv`: clusters and questions as JSON, without a database."""

import csv
import json
import re
import resource
import time
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from screening.citations import Citation
from screening.dedupe import clusters, find_duplicates

_LARGEST_CELL = 10**8
#: "A Campbell, S Clark": commas part people where initials come first.
_GIVEN_FIRST = re.compile(r"[A-Z]{1,3} \w[^,]+,")
#: The last year of "Epub 12 Dec 2015, 2016" is that of the issue.
_YEAR = re.compile(r"(?<![0-9])(?:1[5-9]|20)[0-9]{2}(?![0-9])")
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

    The delimiter is told by the header, whose names may be spelled in any case.

    Raises CommandError with a sentence where the file cannot be read, lacks the column "ID" or
    one to compare by, or where an ID is missing or comes twice.
    """
    csv.field_size_limit(_LARGEST_CELL)
    names: dict[int, str] = {}
    citations: dict[int, Citation] = {}
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            delimiter = max(",;\t|", key=stream.readline().count)
            stream.seek(0)
            reader = csv.DictReader(stream, delimiter=delimiter)
            reader.fieldnames = [name.strip().casefold() for name in reader.fieldnames or ()]
            _check_columns(file, reader.fieldnames)
            for number, row in enumerate(reader):
                names[number], citations[number] = (row["id"] or "").strip(), _citation(row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{file} cannot be read: {error}.") from error
    _check_ids(file, names)
    return names, citations


def _check_columns(file: Path, columns: Collection[str]) -> None:
    if "id" not in columns:
        raise CommandError(
            f"{file} has no column “ID”: name the column that tells its records apart."
        )
    if "title" not in columns and "doi" not in columns:
        known = ", ".join(("author", "year", *_TEXTS))
        raise CommandError(f"{file} has neither titles nor DOIs. Its columns may be ID, {known}.")


def _check_ids(file: Path, names: Mapping[int, str]) -> None:
    counted = Counter(names.values())
    if "" in counted:
        raise CommandError(
            f"{file} has {counted['']} records without an ID. Give each one of its own."
        )
    twice = [name for name, n in counted.items() if n > 1]
    if twice:
        raise CommandError(
            f"{file} has the ID “{twice[0]}” more than once. Give each record its own."
        )


def _citation(row: dict[str, str]) -> Citation:
    authors = row.get("author") or row.get("authors") or ""
    years = _YEAR.findall(row.get("year") or "")
    texts: dict[str, Any] = {name: row.get(name) or "" for name in _TEXTS}
    return Citation(
        authors=tuple(name.strip() for name in _parted(authors) if name.strip()),
        year=int(years[-1]) if years else None,
        **texts,
    )


def _parted(authors: str) -> list[str]:
    if " and " in authors:
        return authors.split(" and ")
    if ";" in authors:
        return authors.split(";")
    return authors.split(",") if _GIVEN_FIRST.match(authors) else [authors]
