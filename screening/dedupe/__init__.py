"""Finding duplicate records: normalise, block, compare, judge, cluster (pure)."""

from screening.dedupe.engine import best_fields, clusters, find_duplicates, keys_of
from screening.dedupe.judge import Match

__all__ = ["Match", "best_fields", "clusters", "find_duplicates", "keys_of"]
