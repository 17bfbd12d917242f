"""From verdicts to an outcome (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    INCLUDE = "include"
    MAYBE = "maybe"
    EXCLUDE = "exclude"


class Outcome(StrEnum):
    PENDING = "pending"
    CONFLICT = "conflict"
    INCLUDED = "included"
    EXCLUDED = "excluded"
    WITHDRAWN = "withdrawn"
    NOT_SCREENED = "not_screened"


@dataclass(frozen=True)
class Voice:
    """What one reviewer says of a record: the verdict and, for an exclusion, the main reason."""

    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True)
class Settlement:
    """What the voices add up to; `conflict_kind` is "verdict", "reason" or empty."""

    outcome: Outcome
    reason: str = ""
    conflict_kind: str = ""


def one_voice(voices: Iterable[Voice]) -> Voice:
    """Combine one person's verdicts on several copies of a report: the most inclusive wins."""
    order = [Verdict.INCLUDE, Verdict.MAYBE, Verdict.EXCLUDE]
    return min(voices, key=lambda voice: order.index(voice.verdict))


def outcome_of(
    voices: Sequence[Voice],
    *,
    reviewers_needed: int,
    maybe_counts_as_include: bool = True,
    reasons_must_agree: bool = False,
    adjudication: Voice | None = None,
) -> Settlement:
    """Combine independent voices on one record at one stage.

    "Maybe" lets a record through, as "include" does, unless the protocol says otherwise; then
    a maybe among the voices is a conflict to settle. An adjudication settles the record whatever
    the reviewers said. Where reasons must agree (full text: PRISMA needs one reason per report),
    exclusions for different reasons are a reason conflict.
    """
    if adjudication is not None:
        return _settled(adjudication)
    if len(voices) < reviewers_needed:
        return Settlement(Outcome.PENDING)
    verdicts = {voice.verdict for voice in voices}
    if maybe_counts_as_include:
        verdicts = {Verdict.INCLUDE if v == Verdict.MAYBE else v for v in verdicts}
    if len(verdicts) > 1 or verdicts == {Verdict.MAYBE}:
        return Settlement(Outcome.CONFLICT, conflict_kind="verdict")
    if verdicts == {Verdict.INCLUDE}:
        return Settlement(Outcome.INCLUDED)
    reasons = {voice.reason for voice in voices}
    if reasons_must_agree and len(reasons) > 1:
        return Settlement(Outcome.CONFLICT, conflict_kind="reason")
    return Settlement(Outcome.EXCLUDED, reason=_first_reason(voices))


def _settled(voice: Voice) -> Settlement:
    if voice.verdict == Verdict.EXCLUDE:
        return Settlement(Outcome.EXCLUDED, reason=voice.reason)
    return Settlement(Outcome.INCLUDED)


def _first_reason(voices: Sequence[Voice]) -> str:
    """The earliest reason given; at title and abstract a reason is optional."""
    return next((voice.reason for voice in voices if voice.reason), "")
