"""One opened file on its way through a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from screening.citations.detect import Detected
from screening.citations.encodings import Lines


@dataclass(slots=True)
class Source:
    """The bytes of a file, its lines as text, and what is known about it."""

    stream: BinaryIO
    lines: Lines
    detected: Detected
    mapping: Mapping[str, str] | None = None
