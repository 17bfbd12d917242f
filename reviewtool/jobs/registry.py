"""What each kind of job does: upper floors announce their handlers in AppConfig.ready()."""

from collections.abc import Callable
from dataclasses import dataclass

from reviewtool.jobs.attempt import Run


@dataclass(frozen=True)
class Work:
    """A kind of job: its handler and the words that pages use for it."""

    kind: str
    label: str
    handler: Callable[[Run], None]


_works: dict[str, Work] = {}


def register(kind: str, *, label: str, handler: Callable[[Run], None]) -> None:
    _works[kind] = Work(kind, label, handler)


def work_of(kind: str) -> Work:
    return _works[kind]
