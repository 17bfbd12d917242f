"""What two versions of a protocol say differently, field by field."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, cast

from django.db.models import Field

from reviewtool.reviews.models import Protocol, Stage
from reviewtool.reviews.models.protocols import Order
from reviewtool.reviews.protocol_text import (
    as_text,
    framework_as_text,
    highlights_as_text,
    reasons_as_text,
)
from reviewtool.reviews.services.protocols import FIELDS

_Written = Callable[[Any], str]
_WRITTEN: dict[str, _Written] = {
    "framework": framework_as_text,
    "inclusion_criteria": as_text,
    "exclusion_criteria": as_text,
    "highlights": highlights_as_text,
    "recall_target": lambda value: f"{float(value):.1%}",
    "order": lambda value: Order(value).label,
}


@dataclass(frozen=True)
class Piece:
    """A stretch of text that stayed, went or came."""

    text: str
    is_gone: bool = False
    is_new: bool = False


@dataclass(frozen=True)
class Difference:
    """One field that two versions say differently, as lines of pieces."""

    label: str
    lines: list[list[Piece]]


def differences(before: Protocol, after: Protocol) -> list[Difference]:
    """Return every field that differs, in the order of the protocol page."""
    old, new = dict(written(before)), dict(written(after))
    return [
        Difference(label, _lines(old[label], new[label]))
        for label in new
        if old[label] != new[label]
    ]


def written(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Yield every field of a version as (label, text); lists have one entry a line."""
    for name in FIELDS:
        value = getattr(protocol, name)
        label = _label(name)
        if name == "exclusion_reasons":
            for stage in Stage:
                yield f"{label} at {stage.label.lower()}", reasons_as_text(value.get(stage, []))
        elif isinstance(value, bool):
            yield label, "yes" if value else "no"
        else:
            yield label, _WRITTEN.get(name, str)(value)


def rules_of(protocol: Protocol) -> Iterator[str]:
    """Say a version's choices about screening in sentences."""
    if protocol.is_blind:
        yield "Colleagues’ decisions are hidden until a record is settled."
    else:
        yield "Everybody sees everybody’s decisions at once."
    for stage in Stage:
        does = "goes forward" if protocol.maybe_counts_at(stage) else "is a conflict to be settled"
        yield f"“Maybe” at {stage.label.lower()}: {does}."
    yield f"Order of the records: {_order_of(protocol)}."
    if protocol.order in (Order.RANKED, Order.MIXED) and not protocol.uses_generic_prior:
        yield "The ranking does not use what reports of clinical studies read like."
    if protocol.known_references:
        yield f"The ranking learns from {len(protocol.known_references)} known references."
    if protocol.shows_scores:
        yield "The relevance score is shown before the decision."
    if protocol.unread_are_automation:
        yield "Records left unread after stopping count as excluded by automation."
    else:
        yield "Records left unread after stopping are reported as not screened."


def _order_of(protocol: Protocol) -> str:
    words = Order(protocol.order).label.lower()
    if protocol.order == Order.MIXED:
        words += f" ({protocol.random_share} in 100)"
    if protocol.order not in (Order.RANKED, Order.MIXED):
        return words
    whose = "one order for the whole team" if protocol.shared_order else "each reviewer’s own"
    return f"{words}; {whose}"


def _label(name: str) -> str:
    label = str(cast(Field, Protocol._meta.get_field(name)).verbose_name)
    return label[0].upper() + label[1:]


def _lines(before: str, after: str) -> list[list[Piece]]:
    """Compare line by line; lines that were changed are compared word by word."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[list[Piece]] = []
    for act, i, j, k, n in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if act == "equal":
            lines += [[Piece(line)] for line in old[i:j]]
        elif act == "replace" and j - i == n - k:
            pairs = zip(old[i:j], new[k:n], strict=True)
            lines += [_words(one, other) for one, other in pairs]
        else:
            lines += [[Piece(line, is_gone=True)] for line in old[i:j]]
            lines += [[Piece(line, is_new=True)] for line in new[k:n]]
    return lines


def _words(before: str, after: str) -> list[Piece]:
    old, new = before.split(), after.split()
    pieces: list[Piece] = []
    for act, i, j, k, n in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if act == "equal":
            pieces.append(Piece(" ".join(old[i:j])))
            continue
        if j > i:
            pieces.append(Piece(" ".join(old[i:j]), is_gone=True))
        if n > k:
            pieces.append(Piece(" ".join(new[k:n]), is_new=True))
    return pieces
