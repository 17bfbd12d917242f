"""What an export says about itself, so that a cited number can be found again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """The review an export is of, and the moment it shows (`as_of`, ISO 8601 with zone)."""

    name: str
    title: str
    as_of: str
    url: str = ""
    licence: str = ""
