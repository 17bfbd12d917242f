"""The ledger in words: who did what, when; what a member may not see is not there.

Upper floors tell how their ledger tables speak: `speak(Decision, words=..., visible=...)`.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviewtool.reviews import events
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Event, LedgerRow, Membership
from reviewtool.reviews.permissions import Permission
from screening.models import Decision, DuplicateJudgement

PAGE = 50


@dataclass(frozen=True)
class Entry:
    """One line of the activity page."""

    seq: int
    at: datetime
    actor: str
    door: str
    kind: str
    words: str
    record: int | None = None


@dataclass(frozen=True)
class Voice:
    """How one ledger table speaks, and what of it a member may see."""

    label: str
    visible: Callable[[Membership], QuerySet[Any]]
    words: Callable[[Any], str]
    record: Callable[[Any], int | None]


def _events(member: Membership) -> QuerySet[Event]:
    """Events are for everybody, except what is personal: that is its actor's own."""
    personal = [kind for kind, cls in events.kinds().items() if cls.is_personal]
    return Event.objects.filter(review=member.review).filter(
        ~Q(kind__in=personal) | Q(actor=member)
    )


def _event_words(event: Event) -> str:
    return events.read(event).sentence()


def _event_record(event: Event) -> int | None:
    kind, _, number = event.subject.partition(":")
    return int(number) if kind == "record" else None


def _decision_words(decision: Decision) -> str:
    stage = decision.get_stage_display().lower()
    if decision.act == Decision.Act.RETRACT:
        return f"took back a decision on record {decision.record_id} ({stage})"
    if decision.act == Decision.Act.REOPEN:
        return f"reopened record {decision.record_id} ({stage}): {decision.note}"
    verb = "settled" if decision.is_adjudication else "decided"
    reason = f" for {decision.reason}" if decision.reason else ""
    return f"{verb} “{decision.verdict}”{reason} on record {decision.record_id} ({stage})"


def _judgement_words(judgement: DuplicateJudgement) -> str:
    by_rule = f" by the rule “{judgement.by_rule}”" if judgement.by_rule else ""
    what = judgement.get_relation_display() or judgement.get_verdict_display().lower()
    return f"judged records {judgement.first_id} and {judgement.second_id}: {what}{by_rule}"


VOICES = {
    "event": Voice("Events", _events, _event_words, _event_record),
    "decision": Voice(
        "Decisions",
        lambda member: Decision.objects.visible_to(member),
        _decision_words,
        lambda decision: decision.record_id,
    ),
    "duplicate": Voice(
        "Duplicates",
        lambda member: DuplicateJudgement.objects.filter(review=member.review),
        _judgement_words,
        lambda judgement: judgement.first_id,
    ),
}


def entries(
    member: Membership,
    *,
    tables: tuple[str, ...] = tuple(VOICES),
    actor: int | None = None,
    before: int | None = None,
    most: int = PAGE,
) -> list[Entry]:
    """Return the latest entries the member may see, newest first, before a sequence number."""
    found: list[Entry] = []
    for name in tables:
        rows = VOICES[name].visible(member).select_related("actor__user").order_by("-seq")
        if actor is not None:
            rows = rows.filter(actor=actor)
        if before is not None:
            rows = rows.filter(seq__lt=before)
        found += [_entry(name, row) for row in rows[:most]]
    return sorted(found, key=lambda entry: -entry.seq)[:most]


def _entry(name: str, row: LedgerRow) -> Entry:
    voice = VOICES[name]
    return Entry(
        row.seq,
        row.recorded_at,
        str(row.actor),
        row.door,
        name,
        voice.words(row),
        voice.record(row),
    )


@require_safe
@review_view(Permission.READ)
def activity(request: HttpRequest, member: Membership) -> HttpResponseBase:
    """Show the ledger in words, filtered by kind and person; older entries by a link."""
    wanted = _wanted(request)
    if request.GET.get("format") == "csv":
        return _as_csv(member, wanted)
    found = entries(member, **wanted)
    context = {
        "entries": found,
        "older": found[-1].seq if len(found) == PAGE else None,
        "voices": VOICES,
        "kind": request.GET.get("kind", ""),
        "actor": wanted["actor"],
        "people": member.review.memberships.select_related("user"),
    }
    return render(request, "reviewtool/activity.html", context)


def _wanted(request: HttpRequest) -> dict[str, Any]:
    kind, actor, before = (request.GET.get(name, "") for name in ("kind", "actor", "before"))
    return {
        "tables": (kind,) if kind in VOICES else tuple(VOICES),
        "actor": int(actor) if actor.isdigit() else None,
        "before": int(before) if before.isdigit() else None,
    }


def _as_csv(member: Membership, wanted: dict[str, Any]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_csv_lines(member, wanted), content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="{member.review.slug}-activity.csv"'
    return response


class _Line:
    """A file that hands back what the CSV writer writes."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(member: Membership, wanted: dict[str, Any]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(["entry", "time", "who", "door", "what"])
    before = wanted["before"]
    while found := entries(member, **(wanted | {"before": before}), most=500):
        for entry in found:
            words = f"'{entry.words}" if entry.words[:1] in "=+-@" else entry.words
            line = [entry.seq, entry.at.isoformat(), entry.actor, entry.door, words]
            yield writer.writerow(line)
        before = found[-1].seq
