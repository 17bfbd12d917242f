"""Judging duplicates: by rules in a job, by persons on a page; every judgement can be taken back."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet

from reviewtool.jobs.attempt import Run
from reviewtool.jobs.models import Job
from reviewtool.jobs.services import enqueue
from reviewtool.reviews import ledger
from reviewtool.reviews.models import Event, LedgerHead, Membership, Review, Stage
from reviewtool.reviews.permissions import Permission, require
from screening import dedupe as engine
from screening.citations import Citation
from screening.dedupe import Match
from screening.models import DuplicateJudgement, DuplicateQuestion, Record
from screening.services import duplicates, groups, ranking, screenings
from screening.services.conversion import bare_citation_of, chunked

JOB = "dedupe"
#: Grows when stored keys or the rules change, so that the next run compares all records anew.
ENGINE = 3
#: Up to this many records every run compares them all.
COMPARED_AS_A_WHOLE = 2_000
TAKEN_BACK = "a judgement was taken back"
#: How the keys of judgements begin that one answer to many questions gave.
BULK = "all-"
Verdict = DuplicateJudgement.Verdict
Pair = tuple[int, int]


def request_dedupe(review: Review, *, by: Membership, whole: bool = False) -> Job:
    """Ask for duplicates to be looked for: among what is new, or among all records again."""
    key = "whole" if whole else ""
    return enqueue(review, JOB, by=by, key=key, params={"whole": whole})


def find_duplicates(run: Run) -> None:
    """Compare records and enter what the rules are sure of; ask about what they are not.

    Small reviews are compared as a whole, large ones new records against the rest, unless all
    are asked for. A person's word is never touched. Started again after a kill, it finds the
    same pairs again and enters those that are missing.
    """
    seq = LedgerHead.objects.get(review=run.review).seq
    done = _last_done(run.review)
    if done is not None and done.result.get("engine") != ENGINE:
        _renew_keys(run)
        done = None
    looked_at, new = _to_compare(run, done)
    run.progress(0, len(looked_at), "Comparing records")
    matches = engine.find_duplicates(
        _citations(looked_at), new=new, standing=_standing_groups(run.review, looked_at, new)
    )
    joined = [match for match in matches if match.verdict != "ask"]
    asked = [match for match in matches if match.verdict == "ask"]
    n_entered = 0
    for chunk in chunked(_no_longer_sure(run.review, joined, new) + joined):
        with run.batch(message=f"{len(joined)} pairs found"):
            n_entered += _enter_rules(chunk, run)
    for chunk in chunked(asked):
        with run.batch(message=f"{len(asked)} pairs need a person's eye"):
            _ask(chunk, run.review)
    told = {"seq": seq, "entered": n_entered, "asked": len(asked), "engine": ENGINE}
    with run.batch(result=told):
        _forget_questions(run.review, asked, sorted(new) if new is not None else None)
        for stage in Stage.values:
            ranking.request_training(run.review, by=run.by, stage=stage)


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
def answer_all(by: Membership, *, reason: str, verdict: str = Verdict.SAME) -> int:
    """Give one answer to every open question that is asked for one reason; return how many.

    Questions whose answer would join what was judged apart stay open. Taking the last judgement
    back takes all of these answers back at once.
    """
    require(by, Permission.JUDGE_DUPLICATES)
    if verdict not in (Verdict.SAME, Verdict.DIFFERENT):
        raise ValidationError("All pairs of one reason are the same, or different.")
    ledger.lock(by.review)
    together = uuid.uuid4().hex
    asked = duplicates.open_questions(by.review).filter(reason=reason)[: ledger.LARGEST_BATCH]
    rows = [
        DuplicateJudgement(
            first_id=question.first_id, second_id=question.second_id, verdict=verdict,
            score=question.score, evidence_for=question.evidence_for,
            evidence_against=question.evidence_against,
            idempotency_key=f"{BULK}{together}:{place}",
        )
        for place, question in enumerate(asked)
        if verdict == Verdict.DIFFERENT
        or not _obstacles([question.first_id, question.second_id], by.review)
    ]  # fmt: skip
    _enter(rows, by)
    return len(rows)


@transaction.atomic
def undo_together(judgement: DuplicateJudgement, *, by: Membership) -> int:
    """Take a judgement back, and with it every one given in the same answer; return how many.

    Those that were changed since stay as they are.
    """
    together, _, place = judgement.idempotency_key.partition(":")
    if not (together.startswith(BULK) and place):
        undo(judgement, by=by)
        return 1
    ledger.lock(by.review)
    rows = DuplicateJudgement.objects.filter(
        review=by.review, actor=judgement.actor_id, idempotency_key__startswith=f"{together}:"
    ).select_related("first", "second")
    standing = [r for r in rows if r.pk == duplicates.latest(r.first_id, r.second_id).pk]
    for row in standing:
        undo(row, by=by)
    return len(standing)


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
        evidence_for=[duplicates.RESTORED] if rule else [],
    )
    if row.verdict == Verdict.SAME:
        _check_may_join([row.first_id, row.second_id], by.review)
    _enter([row], by)
    return row


# ---------------------------------------------------------------- shared

_LEDGER_FIELDS = ("review", "seq", "recorded_at", "actor", "door", "protocol")


def _enter(rows: Sequence[DuplicateJudgement], by: Membership) -> None:
    """Enter judgements; answers, groups and screenings follow in the same transaction."""
    ledger.append(by.review, rows, by=by)
    for row in rows:
        pair = {"first_id": row.first_id, "second_id": row.second_id}
        if row.verdict == Verdict.OPEN:
            again = {"answered_seq": None}
            new = again | {"review": by.review, "reason": TAKEN_BACK}
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


# ---------------------------------------------------------------- the rules


def _last_done(review: Review) -> Job | None:
    return Job.objects.filter(review=review, kind=JOB, state=Job.State.DONE).first()


def _renew_keys(run: Run) -> None:
    """Bring the stored keys of records that an earlier version imported up to date."""
    records = Record.objects.filter(review=run.review).visible()
    for ids in chunked(list(records.order_by("pk").values_list("pk", flat=True))):
        changed = []
        for record in Record.objects.filter(pk__in=ids).defer("raw", "raw_text", "search_text"):
            keys = sorted(engine.keys_of(bare_citation_of(record)))
            if keys != record.keys:
                record.keys = keys
                changed.append(record)
        with run.batch(message="Bringing the records' keys up to date"):
            Record.objects.bulk_update(changed, ["keys"], batch_size=100)


def _to_compare(run: Run, done: Job | None) -> tuple[list[int], set[int] | None]:
    """Return the records to look at, and which of them are new; None if all are compared."""
    records = Record.objects.filter(review=run.review).visible()
    ids = list(records.order_by("pk").values_list("pk", flat=True))
    if run.params.get("whole") or done is None or len(ids) <= COMPARED_AS_A_WHOLE:
        return ids, None
    corrected = Event.objects.filter(
        review=run.review, kind="record_corrected", seq__gt=done.result["seq"]
    )
    new = set(records.filter(entered_seq__gt=done.result["seq"]).values_list("pk", flat=True))
    new |= {event.payload["record"] for event in corrected} & set(ids)
    return sorted(_sharing_a_key(records, new)), new


def _sharing_a_key(records: QuerySet[Record], new: set[int]) -> set[int]:
    """Return the new records with everything they could be joined to, whole groups of it."""
    keys = dict(records.values_list("pk", "keys").iterator())
    near = engine.sharing_a_key(keys, new)
    return near | set().union(*(duplicates.members_of(chunk) for chunk in chunked(sorted(near))))


def _standing_groups(
    review: Review, looked_at: Collection[int], new: Collection[int] | None
) -> list[set[int]]:
    """Return the groups a comparison begins with.

    Where all are compared these are the groups that persons made, since what rules find must not
    depend on what they found before.
    """
    if new is not None:
        return _groups_among(set(looked_at) - set(new))
    by_person = duplicates.standing_judgements(review, Verdict.SAME).filter(by_rule="")
    members = defaultdict(set)
    for record, canonical in groups.grouping(looked_at, groups.standing(by_person)).items():
        members[canonical].add(record)
    return [group for group in members.values() if len(group) > 1]


def _groups_among(ids: Collection[int]) -> list[set[int]]:
    """Return the groups of two or more that stand among the records."""
    members = defaultdict(set)
    for chunk in chunked(sorted(ids)):
        grouped = Record.objects.filter(pk__in=chunk).values_list("canonical_id", "pk")
        for canonical, record in grouped:
            members[canonical].add(record)
    return [group for group in members.values() if len(group) > 1]


def _citations(ids: Sequence[int]) -> dict[int, Citation]:
    citations: dict[int, Citation] = {}
    for chunk in chunked(ids):
        for record in Record.objects.filter(pk__in=chunk).defer("raw", "raw_text", "search_text"):
            citations[record.pk] = bare_citation_of(record)
    return citations


def _no_longer_sure(
    review: Review, joined: Sequence[Match], new: Collection[int] | None
) -> list[Match]:
    """Return what rules once joined and, of the records compared now, would not join any more."""
    found = {(match.first, match.second) for match in joined}
    held = duplicates.standing_judgements(review, Verdict.SAME, Verdict.RELATED)
    return [
        Match(row.first_id, row.second_id, verdict=Verdict.OPEN, rule=row.by_rule)
        for row in held.exclude(by_rule="")
        if (row.first_id, row.second_id) not in found
        and (new is None or row.first_id in new or row.second_id in new)
    ]


def _enter_rules(matches: Sequence[Match], run: Run) -> int:
    """Enter what is new among the rules' findings; what a person said of a pair stays."""
    ledger.lock(run.review)
    ids = {record for match in matches for record in (match.first, match.second)}
    held = duplicates.held_about(ids, run.review)
    visible = set(Record.objects.filter(pk__in=ids).visible().values_list("pk", flat=True))
    rows = [
        DuplicateJudgement(
            first_id=match.first, second_id=match.second, verdict=match.verdict,
            relation=match.relation, by_rule=match.rule[:60], score=match.score,
            evidence_for=list(match.evidence_for), evidence_against=list(match.evidence_against),
        )
        for match in matches
        if {match.first, match.second} <= visible
        and _is_news(held.get((match.first, match.second)), match)
    ]  # fmt: skip
    ledger.append(run.review, rows, by=run.by)
    follow(run.review, rows)
    return len(rows)


def _is_news(held: groups.Judged | None, match: Match) -> bool:
    return held is None or (bool(held.by_rule) and held.verdict != match.verdict)


def _ask(matches: Sequence[Match], review: Review) -> None:
    """Put questions to persons; a pair somebody has answered is not asked again.

    Nor are two groups of which somebody told two members apart: the answer holds for their copies.
    """
    ids = {record for match in matches for record in (match.first, match.second)}
    held = duplicates.held_about(ids, review)
    told_apart = duplicates.groups_told_apart(review)
    canonical = dict(Record.objects.filter(pk__in=ids).values_list("pk", "canonical"))
    rows = [
        DuplicateQuestion(
            review=review, first_id=match.first, second_id=match.second, score=match.score,
            reason=match.reason[:200], evidence_for=list(match.evidence_for),
            evidence_against=list(match.evidence_against),
        )
        for match in matches
        if _is_open(held.get((match.first, match.second)))
        and frozenset((canonical[match.first], canonical[match.second])) not in told_apart
    ]  # fmt: skip
    DuplicateQuestion.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["score", "reason", "evidence_for", "evidence_against"],
    )


def _is_open(judged: groups.Judged | None) -> bool:
    return judged is None or bool(judged.by_rule)


def _forget_questions(
    review: Review, asked: Sequence[Match], looked_at: Collection[int] | None
) -> None:
    """Drop open questions that this comparison would not ask any more."""
    still = {(match.first, match.second) for match in asked}
    within = None if looked_at is None else set(looked_at)
    open_ones = DuplicateQuestion.objects.filter(review=review, answered_seq=None)
    gone = [
        question.pk
        for question in open_ones.exclude(reason=TAKEN_BACK)
        if (question.first_id, question.second_id) not in still
        and (within is None or {question.first_id, question.second_id} <= within)
    ]
    for chunk in chunked(gone):
        DuplicateQuestion.objects.filter(pk__in=chunk).delete()


def _known(by: Membership, key: str) -> DuplicateJudgement | None:
    if not key:
        return None
    return DuplicateJudgement.objects.filter(
        review=by.review, actor=by, idempotency_key=key
    ).first()
