"""Decisions that another tool left in an export, brought in when a lead asks for them.

Records never bring decisions with them: a lead says whose they were, and each enters the ledger
as that member's own, with a note where it came from.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from reviewtool.jobs.attempt import Run
from reviewtool.jobs.models import Job
from reviewtool.jobs.services import enqueue
from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Membership, Review, Stage
from reviewtool.reviews.permissions import Permission, require
from screening.citations.prior import PriorDecision, prior_decisions
from screening.consensus import Outcome, Verdict
from screening.events.imports import PriorDecisionsImported
from screening.models import Decision, ImportedFile, Record, Report, Screening
from screening.services import screenings
from screening.services.conversion import CHUNK, citation_of

JOB = "prior_decisions"
#: Why a decision was left out, in words that follow a number.
NOT_SCREENED = "are of records that are not in screening at that stage"
DECIDED = "are of records that this person or enough others have already decided"
NOT_RETRIEVED = "are of reports whose full text has not been retrieved"
NO_REASON = "exclude a report for a reason that is not one of the protocol's"


@dataclass(frozen=True, order=True)
class Voice:
    """Who decided, as far as the export tells: a person, or only a tool, at one stage."""

    stage: str
    tool: str
    reviewer: str

    @classmethod
    def of(cls, decision: PriorDecision) -> "Voice":
        return cls(decision.stage, decision.tool, decision.reviewer)

    @property
    def key(self) -> str:
        return f"{self.stage}|{self.tool}|{self.reviewer}"

    @property
    def stage_label(self) -> str:
        return str(Stage(self.stage).label)

    def __str__(self) -> str:
        return f"{self.reviewer} ({self.tool})" if self.reviewer else f"somebody in {self.tool}"


@dataclass(frozen=True)
class Found:
    """What a file carries: verdicts by voice, and the reasons given."""

    voices: dict[Voice, dict[str, int]]
    reasons: dict[str, int]


def found_in(file: ImportedFile) -> Found:
    """Return the decisions a file carries, as its reading counted them."""
    counted = file.summary.get("prior", {"voices": [], "reasons": {}})
    voices = {
        Voice(row["stage"], row["tool"], row["reviewer"]): row["verdicts"]
        for row in counted["voices"]
    }
    return Found(dict(sorted(voices.items())), counted["reasons"])


def reviewers_of(review: Review) -> list[Membership]:
    """Return the members whose decisions they may have been."""
    return review.memberships.select_related("user").holding(Permission.SCREEN)


@transaction.atomic
def bring_in(
    file: ImportedFile,
    *,
    by: Membership,
    voices: Mapping[str, int],
    reasons: Mapping[str, str] | None = None,
) -> Job:
    """Ask for a file's decisions to be entered.

    `voices` says whose they were: {key of a voice: id of a membership}; what is not named stays
    out. `reasons` turns reasons as the file words them into codes of the protocol.
    """
    require(by, Permission.IMPORT)
    if file.search.review_id != by.review_id:
        raise PermissionDenied("The file belongs to another review.")
    if file.state != ImportedFile.State.COMMITTED:
        raise ValidationError("Import the records of this file first.")
    _check_voices(by.review, voices, found_in(file))
    return enqueue(
        by.review, JOB, by=by, key=f"file-{file.pk}", total=file.summary.get("n_imported"),
        params={"file": file.pk, "voices": dict(voices), "reasons": dict(reasons or {})},
    )  # fmt: skip


def _check_voices(review: Review, voices: Mapping[str, int], found: Found) -> None:
    known = {voice.key: voice for voice in found.voices}
    if not voices:
        raise ValidationError("Say whose decisions they were; nobody was chosen.")
    if not set(voices) <= set(known):
        raise ValidationError("The file carries no such decisions. Load the page again.")
    allowed = {member.pk for member in reviewers_of(review)}
    if not set(voices.values()) <= allowed:
        raise ValidationError("Choose members who may screen in this review.")
    taken = Counter((known[key].stage, member) for key, member in voices.items())
    if max(taken.values()) > 1:
        raise ValidationError(
            "One person cannot have decided twice on a record: choose another member, or leave "
            "one of them out."
        )


# ---------------------------------------------------------------- the job


@dataclass(frozen=True)
class _Plan:
    """Whose decisions are entered, and what their reasons are called here."""

    review: Review
    voices: dict[Voice, Membership]
    reasons: dict[str, str]

    @classmethod
    def of(cls, run: Run, file: ImportedFile) -> "_Plan":
        members = {member.pk: member for member in reviewers_of(run.review)}
        wanted = run.params["voices"]
        voices = {
            voice: members[wanted[voice.key]]
            for voice in found_in(file).voices
            if wanted.get(voice.key) in members
        }
        return cls(run.review, voices, run.params["reasons"])

    def code_of(self, decision: PriorDecision) -> str:
        """Return the protocol's code of the first reason that has one."""
        if Verdict(decision.verdict) != Verdict.EXCLUDE:
            return ""
        known = self.review.protocol.reasons_at(decision.stage)
        by_word = {
            word.casefold(): reason["code"]
            for reason in known
            for word in (reason["label"], reason["code"])
        }
        for said in decision.reasons:
            code = self.reasons.get(said) or by_word.get(said.casefold(), "")
            if code or not known:
                return code or said[:40]
        return ""


class _Cases:
    """How the groups of some records stand at one stage, under the head's lock."""

    def __init__(self, review: Review, records: Sequence[Record], stage: str):
        groups = {record.canonical_id for record in records}
        self.stage = stage
        self.needed = review.protocol.reviewers_at(stage)
        found = Screening.objects.filter(record__in=groups, stage=stage)
        self.screenings = {screening.record_id: screening for screening in found}
        reports = Report.objects.filter(record__canonical__in=groups)
        retrieved = reports.filter(retrieval=Report.Retrieval.RETRIEVED)
        self.retrieved = set(retrieved.values_list("record__canonical", flat=True))
        self.deciders: defaultdict[int | None, set[int]] = defaultdict(set)
        rows = Decision.objects.filter(record__canonical__in=groups, stage=stage)
        for row in screenings.current_of(rows.select_related("record").order_by("seq")):
            self.deciders[row.record.canonical_id].add(row.actor_id)

    def objection(self, record: Record, member: Membership) -> str:
        """Return why the member's decision on the record cannot be entered, or nothing."""
        screening = self.screenings.get(record.group_id)
        closed = (Outcome.WITHDRAWN, Outcome.NOT_SCREENED)
        if screening is None or screening.outcome in closed:
            return NOT_SCREENED
        deciders = self.deciders[record.canonical_id]
        if screening.is_settled or member.pk in deciders or len(deciders) >= self.needed:
            return DECIDED
        if self.stage == Stage.FULL_TEXT and record.group_id not in self.retrieved:
            return NOT_RETRIEVED
        return ""


def import_decisions(run: Run) -> None:
    """Enter a file's decisions in batches; after a kill it goes on behind the last one."""
    file = ImportedFile.objects.select_related("search__review").get(pk=run.params["file"])
    plan = _Plan.of(run, file)
    while chunk := _next_records(file, run.cursor.get("after", 0)):
        seen = run.cursor.get("seen", 0) + len(chunk)
        tally = Counter(run.cursor.get("tally", {}))
        cursor: dict[str, Any] = {"after": chunk[-1].pk, "seen": seen}
        with run.batch(done=seen, cursor=cursor):
            ledger.lock(run.review)
            for stage in Stage.values:
                tally += _enter(chunk, stage, plan)
            cursor["tally"] = dict(tally)
    _close(run, file, plan)


def _next_records(file: ImportedFile, after: int) -> list[Record]:
    return list(file.records.visible().filter(pk__gt=after).order_by("pk")[:CHUNK])


def _enter(chunk: Sequence[Record], stage: str, plan: _Plan) -> Counter[str]:
    """Enter what the plan takes of some records' decisions; count them and what was left out."""
    cases = _Cases(plan.review, chunk, stage)
    tally: Counter[str] = Counter()
    rows: defaultdict[Membership, list[Decision]] = defaultdict(list)
    for record, decision, member in _wanted(chunk, stage, plan):
        row = _row(record, decision, plan)
        objection = cases.objection(record, member) or _reason_missing(row)
        tally[objection or "entered"] += 1
        if not objection:
            cases.deciders[record.canonical_id].add(member.pk)
            rows[member].append(row)
    for member, of_one in rows.items():
        ledger.append(plan.review, of_one, by=member)
    screenings.refresh(
        plan.review, record_ids=[row.record_id for of_one in rows.values() for row in of_one]
    )
    return tally


def _wanted(
    chunk: Iterable[Record], stage: str, plan: _Plan
) -> Iterator[tuple[Record, PriorDecision, Membership]]:
    for record in chunk:
        for decision in prior_decisions(citation_of(record)):
            member = plan.voices.get(Voice.of(decision))
            if member is not None and decision.stage == stage:
                yield record, decision, member


def _row(record: Record, decision: PriorDecision, plan: _Plan) -> Decision:
    told = [f"Decided in {decision.tool}, imported."]
    told += [f"Reason there: {', '.join(decision.reasons)}."] if decision.reasons else []
    told += [decision.note] if decision.note else []
    return Decision(
        record=record, stage=decision.stage, verdict=decision.verdict,
        reason=plan.code_of(decision), note="\n".join(told),
    )  # fmt: skip


def _reason_missing(row: Decision) -> str:
    needs = row.stage == Stage.FULL_TEXT and row.verdict == Verdict.EXCLUDE
    return NO_REASON if needs and not row.reason else ""


def _close(run: Run, file: ImportedFile, plan: _Plan) -> None:
    """Say in the ledger whose decisions came from where."""
    tally = Counter(run.cursor.get("tally", {}))
    happening = PriorDecisionsImported(
        file=file.pk, name=file.name, n_decisions=tally["entered"],
        voices={str(voice): str(member) for voice, member in plan.voices.items()},
    )  # fmt: skip
    message = f"{tally['entered']} decisions entered."
    message += "".join(f" {n} {why}." for why, n in sorted(tally.items()) if why != "entered")
    with run.batch(message=message, result=dict(tally) | {"file": file.pk}):
        events.record(run.review, happening, by=run.by)
