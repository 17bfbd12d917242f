"""What happened to a record and its duplicates, as far as a member may see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from reviewtool.reviews import events
from reviewtool.reviews.models import Event, LedgerRow, Membership
from screening.models import Decision, DuplicateJudgement, Record
from screening.services import groups


@dataclass(frozen=True)
class Entry:
    """One line of the history."""

    seq: int
    at: datetime
    who: str
    sentence: str

    @classmethod
    def of(cls, row: LedgerRow, sentence: str) -> "Entry":
        return cls(row.seq, row.recorded_at, str(row.actor), sentence)


def of(record: Record, member: Membership) -> list[Entry]:
    """Return the history of the whole group, newest first; colleagues' unsettled work is hidden."""
    ids = set(groups.group_of(record).values_list("pk", flat=True)) | {record.pk}
    entries = [*_events(ids, record, member), *_decisions(ids, member), *_judgements(ids)]
    return sorted(entries, key=lambda entry: -entry.seq)


def _events(ids: set[int], record: Record, member: Membership) -> Iterator[Entry]:
    subjects = [f"record:{pk}" for pk in ids]
    if record.file_id:
        subjects.append(f"file:{record.file_id}")
    rows = Event.objects.filter(review=record.review_id, subject__in=subjects)
    for row in rows.select_related("actor__user"):
        happening = events.read(row)
        if not happening.is_personal or row.actor_id == member.pk:
            yield Entry.of(row, happening.sentence())


def _decisions(ids: set[int], member: Membership) -> Iterator[Entry]:
    rows = Decision.objects.visible_to(member).filter(record__in=ids)
    for row in rows.select_related("actor__user", "protocol"):
        stage = row.get_stage_display().lower()
        if row.act == Decision.Act.DECIDE:
            settled = "settled it as" if row.is_adjudication else "decided"
            label = row.protocol.reason_label(row.stage, row.reason) if row.reason else ""
            why = f" ({label})" if label else ""
            yield Entry.of(row, f"{settled} “{row.verdict}”{why} at {stage}")
        else:
            acts = {"retract": "took a decision back", "reopen": "reopened it"}
            yield Entry.of(row, f"{acts[row.act]} at {stage}")


def _judgements(ids: set[int]) -> Iterator[Entry]:
    rows = DuplicateJudgement.objects.filter(Q(first__in=ids) | Q(second__in=ids))
    for row in rows.select_related("actor__user"):
        yield Entry.of(row, judgement_sentence(row))


def judgement_sentence(row: DuplicateJudgement) -> str:
    """Say what was judged, by rule or by a person."""
    how = f" by the rule “{row.by_rule}”" if row.by_rule else ""
    pair = f"records {row.first_id} and {row.second_id}"
    if row.verdict == DuplicateJudgement.Verdict.OPEN:
        return f"took back what was judged of {pair}"
    if row.verdict == DuplicateJudgement.Verdict.RELATED:
        relation = row.get_relation_display() if row.relation else "related"
        return f"judged {pair}{how}: {relation}, not the same report"
    words = {"same": "the same report", "different": "different reports", "unsure": "unsure"}
    return f"judged {pair}{how}: {words[row.verdict]}"
