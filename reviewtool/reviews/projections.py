"""Projections are rebuilt from the ledger and compared: upper floors announce theirs here."""

from collections.abc import Callable, Iterable

from reviewtool.reviews.models import Review

Check = Callable[[Review], Iterable[str]]
_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Announce a projection; `check` yields one sentence for every difference it finds."""
    _checks[name] = check


def differences(review: Review) -> list[str]:
    """Return every difference between the stored projections and the ledger."""
    return [f"{name}: {found}" for name, check in _checks.items() for found in check(review)]
