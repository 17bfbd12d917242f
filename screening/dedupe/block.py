"""Which pairs are worth comparing: those that share at least one key."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from screening.dedupe.normalise import Keys

#: A key shared by more records than this says nothing; its block is split or left out.
LARGEST_BLOCK = 60


def blocking_keys(record: Keys) -> frozenset[str]:
    """The keys under which a record looks for its copies."""
    found = {
        f"doi:{record.doi}" if record.doi else "",
        f"pmid:{record.pmid}" if record.pmid else "",
        f"registry:{record.registry}" if record.registry else "",
        f"title:{record.title}" if record.title else "",
        f"begin:{record.title[:26]}" if len(record.title) >= 12 else "",
        f"end:{record.title[-26:]}" if len(record.title) >= 12 else "",
    }
    first = record.surnames[0] if record.surnames else ""
    if first and record.title:
        found.add(f"author:{first}:{record.title.split()[0]}")
    if first and record.first_page:
        found.add(f"place:{first[:5]}:{record.first_page}")
    if record.volume and record.first_page and record.year:
        found.add(f"page:{record.volume}:{record.first_page}:{record.year}")
    if len(record.abstract) > 80:
        found.add(f"abstract:{record.abstract[:50]}")
    if first and record.volume and record.year:
        found.add(f"volume:{first[:5]}:{record.volume}:{record.year}")
    return frozenset(found - {""})


def candidate_pairs(records: Mapping[int, Keys]) -> Iterator[tuple[int, int]]:
    """Yield each pair that shares a key once, the smaller id first."""
    blocks: defaultdict[str, list[int]] = defaultdict(list)
    for number, record in records.items():
        for key in blocking_keys(record):
            blocks[key].append(number)
    seen: set[tuple[int, int]] = set()
    for key, members in sorted(blocks.items()):
        for block in _split(key, members, records):
            ordered = sorted(block)
            for place, first in enumerate(ordered):
                for second in ordered[place + 1 :]:
                    if (first, second) not in seen:
                        seen.add((first, second))
                        yield first, second


def _split(key: str, members: list[int], records: Mapping[int, Keys]) -> Iterator[list[int]]:
    """Oversize blocks are split by year and first page; what stays oversize is left out."""
    if len(members) <= LARGEST_BLOCK:
        yield members
        return
    parts: defaultdict[tuple, list[int]] = defaultdict(list)
    for number in members:
        record = records[number]
        parts[record.year, record.first_page].append(number)
    yield from (part for part in parts.values() if 1 < len(part) <= LARGEST_BLOCK)
