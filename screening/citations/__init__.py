"""Read and write bibliographic data: every export format of the big providers.

Pure: no Django, no database, no clock, no network.
"""

from screening.citations.citation import Citation, Problem, Refused
from screening.citations.detect import FORMATS, Detected, detect
from screening.citations.reading import read, read_columns
from screening.citations.tables import Columns
from screening.citations.writing import write

__all__ = [
    "FORMATS",
    "Citation",
    "Columns",
    "Detected",
    "Problem",
    "Refused",
    "detect",
    "read",
    "read_columns",
    "write",
]
