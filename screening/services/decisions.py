"""Deciding, taking back, adjudicating, reopening: the only doors into the Decision table.

Every function locks the review's ledger head first, so what it checks still holds when it writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Event, LedgerHead, Membership, Stage
from reviewtool.reviews.permissions import Permission, require
from screening.consensus import Outcome, Verdict
from screening.events.screen import Commented, Exposed, PutOff
from screening.models import Decision, Offer, Record, Report, Screening
from screening.services import screenings

SETTLED = screenings.SETTLED
#: What a member may be exposed to.
VERDICT, SCORE = "a colleague's verdict", "the relevance score"


@dataclass(frozen=True)
class _Case:
    """One group at one stage as it stands under the head's lock."""

    record: Record
    screening: Screening
    current: list[Decision]

    def own(self, member: Membership) -> Decision | None:
        mine = [d for d in self.current if d.actor_id == member.pk and not d.is_adjudication]
        on_this = [d for d in mine if d.record_id == self.record.pk]
        return (on_this or mine)[-1] if mine else None

    @property
    def adjudication(self) -> Decision | None:
        return next((d for d in self.current if d.is_adjudication), None)

    @property
    def reviewers(self) -> set[int]:
        return {d.actor_id for d in self.current if not d.is_adjudication}


@transaction.atomic
def decide(
    record: Record,
    *,
    by: Membership,
    stage: str,
    verdict: str,
    reason: str = "",
    further_reasons: Sequence[str] = (),
    criteria: dict[str, str] | None = None,
    note: str = "",
    offer: Offer | None = None,
    key: str = "",
    attention_seconds: float | None = None,
) -> Decision:
    """Enter a reviewer's verdict on the record they were shown.

    Deciding again supersedes one's earlier decision while that is still possible. The same key
    sent twice enters one decision: the first is returned.
    """
    require(by, Permission.SCREEN)
    head = ledger.lock(by.review)
    known = _known(by, key)
    if known is not None:
        return known
    case = _case(record, by, stage)
    earlier = case.own(by)
    _check_may_decide(case, by, earlier)
    decision = Decision(
        record=record,
        stage=stage,
        verdict=verdict,
        reason=_checked_reason(by, stage, verdict, reason),
        further_reasons=list(further_reasons),
        criteria=criteria or {},
        note=note.strip(),
        supersedes=earlier,
        offer=offer,
        idempotency_key=key,
        attention_seconds=attention_seconds,
    )
    return _enter(decision, by, head)


@transaction.atomic
def retract(decision: Decision, *, by: Membership, key: str = "") -> Decision:
    """Take back one's own decision, as long as one may still change it."""
    require(by, Permission.SCREEN)
    head = ledger.lock(by.review)
    known = _known(by, key)
    if known is not None:
        return known
    if decision.actor_id != by.pk:
        raise PermissionDenied("You can take back your own decisions only.")
    case = _case(decision.record, by, decision.stage)
    if decision.pk not in {row.pk for row in case.current}:
        raise ValidationError("This decision was already changed or taken back.")
    _check_may_change(case, by)
    return _enter(_following(decision, Decision.Act.RETRACT, key=key), by, head)


@transaction.atomic
def adjudicate(
    record: Record,
    *,
    by: Membership,
    stage: str,
    verdict: str,
    reason: str = "",
    note: str = "",
    key: str = "",
) -> Decision:
    """Settle a conflict, or change an earlier adjudication."""
    require(by, Permission.ADJUDICATE)
    head = ledger.lock(by.review)
    known = _known(by, key)
    if known is not None:
        return known
    case = _case(record, by, stage)
    if case.screening.outcome != Outcome.CONFLICT and case.adjudication is None:
        raise ValidationError("There is no conflict to settle on this record.")
    if by.pk in case.reviewers and _somebody_else_settles(case, by):
        raise PermissionDenied("You decided on this record yourself; a colleague settles it.")
    _check_later_stage(case)
    if verdict == Verdict.MAYBE:
        raise ValidationError("An adjudication includes or excludes; it cannot be maybe.")
    decision = Decision(
        record=case.screening.record,
        stage=stage,
        verdict=verdict,
        reason=_checked_reason(by, stage, verdict, reason),
        note=note.strip(),
        is_adjudication=True,
        supersedes=case.adjudication,
        idempotency_key=key,
    )
    return _enter(decision, by, head)


@transaction.atomic
def reopen(record: Record, *, by: Membership, stage: str, note: str) -> list[Decision]:
    """Let a settled record be decided anew: each standing decision is superseded, none is lost."""
    require(by, Permission.REOPEN)
    head = ledger.lock(by.review)
    if not note.strip():
        raise ValidationError({"note": "Say why the record is reopened."})
    case = _case(record, by, stage)
    if not case.screening.is_settled:
        raise ValidationError("This record is not settled; there is nothing to reopen.")
    rows = [_following(d, Decision.Act.REOPEN, note=note.strip()) for d in case.current]
    ledger.append(by.review, rows, by=by, head=head)
    screenings.refresh(by.review, record_ids=[record.pk])
    return rows


@transaction.atomic
def put_off(record: Record, *, by: Membership, stage: str) -> Event:
    """Put a card at the end of one's own queue."""
    require(by, Permission.SCREEN)
    _check_review(record, by)
    return events.record(by.review, PutOff(record=record.pk, stage=stage), by=by)


@transaction.atomic
def expose(record: Record, *, by: Membership, stage: str, to: str) -> Event | None:
    """Enter that a member saw a colleague's verdict (or a score) of a record; once is enough."""
    seen = Event.objects.filter(
        review=by.review, kind=Exposed.kind, actor=by, subject=f"record:{record.pk}",
        payload__stage=stage, payload__to=to,
    )  # fmt: skip
    if seen.exists():
        return None
    return events.record(by.review, Exposed(record=record.pk, stage=stage, to=to), by=by)


def expose_verdicts(record: Record, *, by: Membership) -> None:
    """Enter that a member who screens was shown what colleagues decided on a record."""
    if not by.may(Permission.SCREEN):
        return
    shown = Decision.objects.filter(record__canonical=record.canonical_id).exclude(actor=by)
    stages = shown.visible_to(by).order_by().values_list("stage", flat=True).distinct()
    for stage in list(stages):
        expose(record, by=by, stage=stage, to=VERDICT)


@transaction.atomic
def comment(record: Record, *, by: Membership, stage: str, text: str) -> Event:
    """Add to the discussion of a conflict or a settled record."""
    if not text.strip():
        raise ValidationError({"text": "Write something first."})
    _check_review(record, by)
    if not discussion_is_open_to(record, member=by, stage=stage):
        raise PermissionDenied("You can discuss this record once it is settled.")
    happening = Commented(record=record.group_id, stage=stage, text=text.strip())
    return events.record(by.review, happening, by=by)


def discussion_is_open_to(record: Record, *, member: Membership, stage: str) -> bool:
    """Discussion shows verdicts, so it is open where `Decision.visible_to` shows them."""
    of_group = Decision.objects.filter(record__canonical=record.canonical_id, stage=stage)
    return of_group.exclude(actor=member).visible_to(member).exists()


def _known(by: Membership, key: str) -> Decision | None:
    if not key:
        return None
    return Decision.objects.filter(review=by.review, actor=by, idempotency_key=key).first()


def _check_review(record: Record, by: Membership) -> None:
    if record.review_id != by.review_id:
        raise PermissionDenied("The record belongs to another review.")


def _case(record: Record, by: Membership, stage: str) -> _Case:
    _check_review(record, by)
    screening = (
        Screening.objects.select_related("record")
        .filter(record=record.canonical_id, stage=stage)
        .first()
    )
    if screening is None:
        raise ValidationError(
            f"This record is not in {Stage(stage).label.lower()} screening: it was removed, its "
            "import was undone, or it was not included at the stage before."
        )
    rows = Decision.objects.filter(record__canonical=screening.record_id, stage=stage)
    return _Case(record, screening, screenings.current_of(rows.order_by("seq")))


def _check_may_decide(case: _Case, by: Membership, earlier: Decision | None) -> None:
    _check_retrieved(case)
    if case.screening.outcome == Outcome.WITHDRAWN:
        raise ValidationError(
            "This report was withdrawn: it is no longer included at the stage before."
        )
    if earlier is not None:
        _check_may_change(case, by)
        return
    if case.screening.outcome == Outcome.NOT_SCREENED:
        raise ValidationError("Screening was stopped; the lead can resume it.")
    needed = by.review.protocol.reviewers_at(case.screening.stage)
    enough = len(case.reviewers) >= needed or case.screening.is_settled
    if enough and not _in_pilot(case, by):
        raise ValidationError("Enough reviewers have already decided on this record.")


def _in_pilot(case: _Case, by: Membership) -> bool:
    """In a pilot round everybody decides everything."""
    return Offer.objects.filter(
        record__canonical=case.screening.record_id,
        stage=case.screening.stage,
        actor=by,
        kind=Offer.Kind.PILOT,
    ).exists()


def _check_retrieved(case: _Case) -> None:
    if case.screening.stage != Stage.FULL_TEXT:
        return
    report = Report.objects.filter(record__canonical=case.screening.record_id).first()
    if report is None or report.retrieval != Report.Retrieval.RETRIEVED:
        raise ValidationError("The full text of this report has not been retrieved yet.")


def _check_may_change(case: _Case, by: Membership) -> None:
    """An own decision may change until it is settled and seen, adjudicated, or built upon."""
    if case.adjudication is not None:
        raise ValidationError("This record was adjudicated. A lead can reopen it.")
    seen = Event.objects.filter(
        review=by.review, kind=Exposed.kind, actor=by, payload__stage=case.screening.stage,
        payload__to=VERDICT,
        subject__in=[f"record:{d.record_id}" for d in case.current]
        + [f"record:{case.screening.record_id}"],
    )  # fmt: skip
    if case.screening.is_settled and seen.exists():
        raise ValidationError(
            "You have seen a colleague's decision on this settled record. A lead can reopen it."
        )
    _check_later_stage(case)


def _check_later_stage(case: _Case) -> None:
    if case.screening.stage != Stage.TITLE_ABSTRACT:
        return
    later = Decision.objects.filter(
        record__canonical=case.screening.record_id, stage=Stage.FULL_TEXT
    )
    if later.current().exists():
        raise ValidationError("A full-text decision rests on this one. A lead can reopen it.")


def _somebody_else_settles(case: _Case, by: Membership) -> bool:
    members = by.review.memberships.exclude(pk__in=case.reviewers)
    return bool(members.holding(Permission.ADJUDICATE))


def _checked_reason(by: Membership, stage: str, verdict: str, reason: str) -> str:
    if verdict not in set(Verdict):
        raise ValidationError({"verdict": "Choose include, maybe or exclude."})
    if verdict != Verdict.EXCLUDE:
        return ""
    codes = {known["code"] for known in by.review.protocol.reasons_at(stage)}
    if not reason and stage == Stage.FULL_TEXT:
        raise ValidationError({"reason": "Give a reason for excluding a report at full text."})
    if reason and codes and reason not in codes:
        raise ValidationError({"reason": f"“{reason}” is not a reason of this protocol."})
    return reason


def _following(decision: Decision, act: str, **changes: Any) -> Decision:
    """Return the row that takes a decision back or reopens it."""
    return Decision(
        record_id=decision.record_id,
        stage=decision.stage,
        act=act,
        is_adjudication=decision.is_adjudication,
        supersedes=decision,
        note=changes.get("note", ""),
        idempotency_key=changes.get("key", ""),
    )


def _enter(decision: Decision, by: Membership, head: LedgerHead) -> Decision:
    ledger.append(by.review, [decision], by=by, head=head)
    screenings.refresh(by.review, record_ids=[decision.record_id])
    return decision
