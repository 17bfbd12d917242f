"""The protocol changes by new versions; upper floors say what a change does, and follow it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from reviewtool.reviews import events, ledger
from reviewtool.reviews.events import ProtocolChanged
from reviewtool.reviews.models import Membership, Protocol, Review, Stage
from reviewtool.reviews.permissions import Permission, require

#: What a version says; the rest of the model is which version it is, and since when.
FIELDS = (
    "question", "framework", "inclusion_criteria", "exclusion_criteria", "exclusion_reasons",
    "highlights", "reviewers_title_abstract", "reviewers_full_text", "extractors", "is_blind",
    "maybe_title_abstract", "maybe_full_text", "recall_target", "order", "random_share",
    "shared_order", "uses_generic_prior", "known_references", "shows_scores", "unread_are_automation",
)  # fmt: skip
LONGEST_CODE = 40


@dataclass(frozen=True)
class Effect:
    """What a change of protocol would do, in numbers; `text` follows the number."""

    n: int
    text: str


@dataclass(frozen=True)
class Change:
    """A change about to be made, or just made; `proposed` is unsaved while it is previewed."""

    review: Review
    current: Protocol
    proposed: Protocol
    includes_settled: bool

    def touches(self, *names: str) -> bool:
        """Say whether any of the fields differs."""
        return any(getattr(self.current, name) != getattr(self.proposed, name) for name in names)


EffectsOf = Callable[[Change], Iterable[Effect]]
Follow = Callable[[Change, Membership], None]
_effects: list[EffectsOf] = []
_follows: list[Follow] = []


def register_effect(effects_of: EffectsOf) -> None:
    """Announce a function that tells in numbers what a change would do."""
    if effects_of not in _effects:
        _effects.append(effects_of)


def register_follow(follow: Follow) -> None:
    """Announce a function that is called after a change, inside its transaction."""
    if follow not in _follows:
        _follows.append(follow)


def effects(
    review: Review, fields: dict[str, Any], *, include_settled: bool = False
) -> list[Effect]:
    """Return what a change would do; nothing is written."""
    current = _current(review)
    change = Change(review, current, proposal(current, fields), include_settled)
    return [effect for effects_of in _effects for effect in effects_of(change)]


@transaction.atomic
def first_protocol(review: Review, fields: dict[str, Any]) -> Protocol:
    """Save version 1 of a new review's protocol."""
    _refuse_unknown(fields)
    protocol = Protocol(review=review, version=1, **fields)
    check(protocol)
    protocol.save()
    review.forget_protocol()
    return protocol


@transaction.atomic
def change_protocol(
    member: Membership,
    *,
    note: str = "",
    include_settled: bool = False,
    base: int | None = None,
    **fields: Any,
) -> Protocol:
    """Put a new version in force; it holds from now on for what is not settled.

    With `include_settled` what is settled is judged by the new version too. `base` is the
    version that was edited: if another is in force by now, nothing is changed.
    """
    require(member, Permission.CHANGE_PROTOCOL)
    ledger.lock(member.review)
    current = _current(member.review)
    if base is not None:
        refuse_outdated(current, base)
    proposed = proposal(current, fields)
    change = Change(member.review, current, proposed, include_settled)
    if not change.touches(*FIELDS):
        raise ValidationError(f"Nothing was changed, so version {current.version} stays.")
    proposed.note = note.strip()
    check(proposed)
    proposed.save()
    member.review.forget_protocol()
    happening = ProtocolChanged(proposed.version, proposed.note, includes_settled=include_settled)
    events.record(member.review, happening, by=member)
    for follow in _follows:
        follow(change, member)
    return proposed


def refuse_outdated(current: Protocol, base: int) -> None:
    """Raise ValidationError if somebody else changed the protocol in the meantime."""
    if current.version != base:
        raise ValidationError(
            f"Somebody put version {current.version} in force while you edited version {base}. "
            "Compare the two on the protocol page; saving again replaces what they changed."
        )


def check(protocol: Protocol) -> None:
    """Refuse a version that cannot hold, with a sentence for each field."""
    _check_reasons(protocol.exclusion_reasons)
    protocol.full_clean(exclude=["review"])


def _current(review: Review) -> Protocol:
    current = review.protocol
    if current is None:
        raise ValidationError("This review has no protocol.")
    return current


def proposal(current: Protocol, fields: dict[str, Any]) -> Protocol:
    _refuse_unknown(fields)
    kept = {name: getattr(current, name) for name in FIELDS}
    return Protocol(review=current.review, version=current.version + 1, **(kept | fields))


def _refuse_unknown(fields: dict[str, Any]) -> None:
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise TypeError(f"A protocol has no {', '.join(unknown)}.")


def _check_reasons(reasons: dict[str, list[dict[str, str]]]) -> None:
    if set(reasons) - set(Stage.values):
        raise ValidationError({"exclusion_reasons": "Reasons belong to a stage."})
    for of_stage in reasons.values():
        for reason in of_stage:
            if not 0 < len(reason["code"]) <= LONGEST_CODE:
                raise ValidationError(
                    {
                        "exclusion_reasons": (
                            f"A reason's code has 1 to {LONGEST_CODE} characters, "
                            f"not {len(reason['code'])}: “{reason['code']}”."
                        )
                    }
                )
