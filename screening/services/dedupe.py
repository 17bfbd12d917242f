"""Judging duplicates: by rules in a job, by persons on a page; every judgement can be taken back."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet

from reviewtool.jobs.models import Job
from reviewtool.jobs.services import enqueue
from reviewtool.reviews import ledger
from reviewtool.reviews.models import Membership, Review
from reviewtool.reviews.permissions import Permission, require
from screening.models import Decision, DuplicateJudgement, DuplicateQuestion, Record
from screening.services import groups, screenings

JOB = "dedupe"
#: The evidence of an entry that lets a rule's word hold again.
RESTORED = "as the rule had it: the later judgement was taken back"
Verdict = DuplicateJudgement.Verdict
Pair = tuple[int, int]


def request_dedupe(review: Review, *, by: Membership, whole: bool = False) -> Job:
    """Ask for duplicates to be looked for: among what is new, or among all records again."""
    key = "whole" if whole else ""
    return enqueue(review, JOB, by=by, key=key, params={"whole": whole})


@transaction.atomic
def judge_pair(
    first: Record,
    second: Record,
    *,
    by: Membership,
    verdict: str,
    relation: str = "",
    key: str = "",
) -> DuplicateJudgement:
    """Enter a person's word on two records; it holds over every rule, now and later.

    Raises ValidationError where joining them would put two records into one group that were
    judged apart.
    """
    require(by, Permission.JUDGE_DUPLICATES)
    ledger.lock(by.review)
    known = _known(by, key)
    if known is not None:
        return known
    first, second = _ordered(first, second, by)
    row = DuplicateJudgement(
        first=first, second=second, verdict=verdict, relation=relation, idempotency_key=key
    )
    row.full_clean(exclude=_LEDGER_FIELDS)
    if verdict == Verdict.SAME:
        _check_may_join([first.pk, second.pk], by.review)
    _enter([row], by)
    return row


@transaction.atomic
def join(records: Collection[Record], *, by: Membership) -> list[DuplicateJudgement]:
    """Say that all of these are one report, as picked from the records list."""
    require(by, Permission.JUDGE_DUPLICATES)
    ledger.lock(by.review)
    ids = sorted({record.pk for record in records})
    if len(ids) < 2:
        raise ValidationError("Choose at least two records that are the same report.")
    if len(ids) > ledger.LARGEST_BATCH:
        raise ValidationError(f"Choose at most {ledger.LARGEST_BATCH} records at once.")
    for record in records:
        _check_own(record, by)
    _check_may_join(ids, by.review, overruled=set(combinations(ids, 2)))
    held = duplicates.held_about(ids, by.review)
    overruled = [pair for pair in combinations(ids, 2) if _is_apart(held.get(pair))]
    pairs = sorted({(ids[0], other) for other in ids[1:]} | set(overruled))
    rows = [DuplicateJudgement(first_id=a, second_id=b, verdict=Verdict.SAME) for a, b in pairs]
    _enter(rows, by)
    return rows


@transaction.atomic
def accept_all(by: Membership, *, reason: str) -> int:
    """Say "same report" to every open question that is asked for one reason; return how many.

    Questions whose answer would join what was judged apart stay open.
    """
    require(by, Permission.JUDGE_DUPLICATES)
    ledger.lock(by.review)
    asked = duplicates.open_questions(by.review).filter(reason=reason)[: ledger.LARGEST_BATCH]
    rows = [
        DuplicateJudgement(
            first_id=question.first_id, second_id=question.second_id, verdict=Verdict.SAME,
            score=question.score, evidence_for=question.evidence_for,
            evidence_against=question.evidence_against,
        )
        for question in asked
        if not _obstacles([question.first_id, question.second_id], by.review)
    ]  # fmt: skip
    _enter(rows, by)
    return len(rows)


@transaction.atomic
def undo(judgement: DuplicateJudgement, *, by: Membership) -> DuplicateJudgement:
    """Take a judgement back: the pair is open again, or the rule's word on it holds again."""
    require(by, Permission.JUDGE_DUPLICATES)
    ledger.lock(by.review)
    if judgement.review_id != by.review_id:
        raise PermissionDenied("The judgement belongs to another review.")
    if judgement.pk != duplicates.latest(judgement.first_id, judgement.second_id).pk:
        raise ValidationError("This judgement was already changed or taken back.")
    if judgement.verdict == Verdict.OPEN:
        raise ValidationError("This pair is open already.")
    rule = duplicates.rule_before(judgement)
    row = DuplicateJudgement(
        first=judgement.first,
        second=judgement.second,
        verdict=rule.verdict if rule else Verdict.OPEN,
        relation=rule.relation if rule else "",
        evidence_for=[RESTORED] if rule else [],
    )
    if row.verdict == Verdict.SAME:
        _check_may_join([row.first_id, row.second_id], by.review)
    _enter([row], by)
    return row


def last_by(member: Membership) -> DuplicateJudgement | None:
    """Return the member's own last word that can still be taken back."""
    own = DuplicateJudgement.objects.filter(review=member.review, actor=member, by_rule="")
    for judgement in own.order_by("-seq").select_related("first", "second")[:50]:
        standing = duplicates.latest(judgement.first_id, judgement.second_id)
        restored = judgement.verdict == Verdict.OPEN or judgement.evidence_for == [RESTORED]
        if standing.pk == judgement.pk and not restored:
            return judgement
    return None


# ---------------------------------------------------------------- shared

_LEDGER_FIELDS = ("review", "seq", "recorded_at", "actor", "door", "protocol")


def _enter(rows: Sequence[DuplicateJudgement], by: Membership) -> None:
    """Enter judgements; answers, groups and screenings follow in the same transaction."""
    ledger.append(by.review, rows, by=by)
    for row in rows:
        pair = {"first_id": row.first_id, "second_id": row.second_id}
        if row.verdict == Verdict.OPEN:
            again = {"answered_seq": None}
            new = again | {"review": by.review, "reason": "a judgement was taken back"}
            DuplicateQuestion.objects.update_or_create(**pair, defaults=again, create_defaults=new)
        else:
            DuplicateQuestion.objects.filter(**pair).update(answered_seq=row.seq)
    follow(by.review, rows)


def follow(review: Review, rows: Iterable[DuplicateJudgement]) -> None:
    """Bring groups and screenings up to date after judgements."""
    touched = {record for row in rows for record in (row.first_id, row.second_id)}
    if touched:
        around = groups.regroup(review, record_ids=touched)
        screenings.refresh(review, record_ids=around)


def _ordered(first: Record, second: Record, by: Membership) -> tuple[Record, Record]:
    """Return the pair, smaller id first, after checking that it may be judged here."""
    if first.pk == second.pk:
        raise ValidationError("A record cannot be compared with itself.")
    for record in (first, second):
        _check_own(record, by)
    return (first, second) if first.pk < second.pk else (second, first)


def _check_own(record: Record, by: Membership) -> None:
    if record.review_id != by.review_id:
        raise PermissionDenied("The record belongs to another review.")
    if not record.is_visible:
        raise ValidationError(f"The import of record {record.pk} was undone.")


def _check_may_join(
    ids: Collection[int], review: Review, *, overruled: Collection[Pair] = ()
) -> None:
    pair = tuple(sorted(ids))
    overruled = set(overruled) | ({pair} if len(pair) == 2 else set())
    found = _obstacles(ids, review, overruled=overruled)
    if found:
        first, second = found[0]
        raise ValidationError(
            f"Joining them would put records {first} and {second} into one group, "
            "which were judged apart. Take that judgement back first."
        )


def _obstacles(
    ids: Collection[int], review: Review, *, overruled: Collection[Pair] = ()
) -> list[Pair]:
    """Return the pairs judged apart by a person that would end in one group."""
    members = duplicates.members_of(ids)
    own = {tuple(sorted(ids))} if len(ids) == 2 else set()
    return [
        pair
        for pair, judged in sorted(duplicates.held_about(members, review).items())
        if _is_apart(judged)
        and not judged.by_rule
        and pair not in own
        and pair not in overruled
        and set(pair) <= members
    ]


def _is_apart(judged: groups.Judged | None) -> bool:
    return judged is not None and judged.verdict in groups.APART


def _known(by: Membership, key: str) -> DuplicateJudgement | None:
    if not key:
        return None
    return DuplicateJudgement.objects.filter(
        review=by.review, actor=by, idempotency_key=key
    ).first()


