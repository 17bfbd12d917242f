"""Finding duplicate records: normalise, block, compare, judge, cluster (pure)."""

from screening.dedupe.cluster import clusters
from screening.dedupe.engine import best_fields, find_duplicates, keys_of, sharing_a_key
from screening.dedupe.judge import Match

__all__ = [
    "Match",
    "best_fields",
    "clusters",
    "find_duplicates",
    "keys_of",
    "sharing_a_key",
]
