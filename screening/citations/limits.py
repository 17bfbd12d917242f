"""How much one file may ask of us; beyond it a file is refused or a value is cut, and said so."""

MEGABYTE = 1024 * 1024

LINE = 20 * MEGABYTE
"""A longer line is not an export of references."""

FIELD = 1 * MEGABYTE
"""Of a longer value a field keeps this much, with a warning; the raw tags keep it whole."""

INFLATED = 500 * MEGABYTE
"""What a compressed file may grow to."""

RATIO = 100
"""How many times larger than its packed form a file may grow (ours stay below 30)."""

RATIO_FREE = 10 * MEGABYTE
"""Below this size the ratio does not matter."""

ARCHIVE_MEMBERS = 100
XML_DEPTH = 100
TABLE_COLUMNS = 2000
ROW_LINES = 5000
"""A quoted table cell that spans more lines than this was never closed."""

RECORD_LINES = 100_000
"""A longer record has lost its end, or is none."""

RAW_TEXT = 64 * 1024
"""How much of a rejected record's text travels with its problem."""
