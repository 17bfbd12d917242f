"""Read and write bibliographic data: every export format of the big providers.

Pure: no Django, no database, no clock, no network.
"""

from screening.citations.citation import Citation, Problem, Refused

__all__ = ["Citation", "Problem", "Refused"]
