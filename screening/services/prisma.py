"""The PRISMA 2020 flow of a review at any instant, computed from the ledger."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from reviewtool.reviews import ledger
from reviewtool.reviews.models import Event, Membership, Protocol, Review, Stage
from reviewtool.reviews.permissions import Permission
from screening.consensus import Outcome
from screening.events.imports import RecordRemoved
from screening.events.reports import RetrievalChanged
from screening.models import DuplicateJudgement, Record, Report
from screening.prisma import (
    Flow,
    GroupFact,
    JoinedBy,
    RecordFact,
    Retrieval,
    StoppingFact,
    blinded,
    build_flow,
)
from screening.services import groups, screenings, studies
from screening.services.stopping import standing_stop


def flow_of(review: Review, *, as_of: datetime | None = None) -> Flow:
    """Count the review's flow, now or at a past moment; nothing is read from stored counts."""
    return flow_at(review, seq=ledger.seq_at(review, as_of))


def flow_for(member: Membership, *, as_of: datetime | None = None) -> Flow:
    """The flow as a member may see it: who may still decide sees no conflicts among the pending."""
    flow = flow_of(member.review, as_of=as_of)
    sees_conflicts = member.may(Permission.ADJUDICATE) and not member.may(Permission.SCREEN)
    return flow if sees_conflicts or not member.review.protocol.is_blind else blinded(flow)


def flow_at(review: Review, *, seq: int | None = None) -> Flow:
    """Count the flow at a ledger entry; None means the present."""
    records = list(
        Record.objects.filter(review=review)
        .visible(seq)
        .values_list("pk", "search__kind", "search__source")
    )
    held = groups.standing(DuplicateJudgement.objects.filter(review=review).as_of(seq))
    canonical = groups.grouping({pk for pk, _, _ in records}, held)
    reasons = _removal_reasons(review, seq)
    protocol = _protocol_at(review, seq)
    facts = [
        RecordFact(pk, kind, source, canonical[pk], reasons.get(pk)) for pk, kind, source in records
    ]
    group_facts = _group_facts(review, seq, canonical, held, protocol)
    return build_flow(
        facts,
        group_facts,
        stopping=_stopping(review, seq),
        reason_order=[_label(reason) for reason in protocol.reasons_at(Stage.FULL_TEXT)],
        notes=_notes(protocol),
    )


def _group_facts(
    review: Review,
    seq: int | None,
    canonical: Mapping[int, int],
    held: Mapping[groups.Pair, groups.Judged],
    protocol: Protocol,
) -> Iterable[GroupFact]:
    states = screenings.states_at(review, seq=seq, canonical=canonical)
    joined = _joined_by(canonical, held)
    retrieval = _retrieval(review, seq, canonical)
    study_ids = _study_ids(review, seq, canonical)
    labels = {r["code"]: _label(r) for r in protocol.reasons_at(Stage.FULL_TEXT)}
    pending = screenings.State(Outcome.PENDING)
    for group in set(canonical.values()):
        first = states.get((group, Stage.TITLE_ABSTRACT), pending)
        second = states.get((group, Stage.FULL_TEXT), pending)
        state, note = retrieval.get(group, (Retrieval.SOUGHT, ""))
        yield GroupFact(
            group_id=group,
            ta_outcome=first.outcome,
            ft_outcome=second.outcome,
            ft_reason=labels.get(second.reason, second.reason),
            retrieval=state if first.outcome == Outcome.INCLUDED else Retrieval.NONE,
            not_retrieved_reason=note,
            joined_by=joined.get(group, {}),
            study_ids=study_ids.get(group, ()),
        )


def _label(reason: Mapping[str, str]) -> str:
    """A reason as the diagram prints it: code and words."""
    code, label = reason["code"], reason["label"]
    return label if label.startswith(code) else f"{code} {label}"


def _joined_by(
    canonical: Mapping[int, int], held: Mapping[groups.Pair, groups.Judged]
) -> dict[int, dict[int, str]]:
    """Say for every copy whether a rule alone would have joined it, or it took a person."""
    by_rule = {
        pair: judged for pair, judged in held.items() if judged.by_rule or judged.verdict != "same"
    }
    rule_groups = groups.grouping(set(canonical), by_rule)
    joined: dict[int, dict[int, str]] = {}
    for record, group in canonical.items():
        if record != group:
            is_rule = rule_groups[record] != record
            joined.setdefault(group, {})[record] = JoinedBy.RULE if is_rule else JoinedBy.PERSON
    return joined


def _removal_reasons(review: Review, seq: int | None) -> dict[int, str]:
    removed = groups.removals(review, seq=seq)
    events = Event.objects.filter(review=review, kind=RecordRemoved.kind, seq__in=removed.values())
    return {event.payload["record"]: event.payload["reason"] for event in events}


def _retrieval(
    review: Review, seq: int | None, canonical: Mapping[int, int]
) -> dict[int, tuple[str, str]]:
    """Where the retrieval of each group's report stood; retrieved wins among several reports."""
    report_records = dict(Report.objects.filter(review=review).values_list("pk", "record"))
    events = Event.objects.filter(review=review, kind=RetrievalChanged.kind).as_of(seq)
    by_report = {
        event.payload["report"]: (event.payload["state"], event.payload["note"])
        for event in events.order_by("seq")
    }
    found: dict[int, tuple[str, str]] = {}
    for report, state in by_report.items():
        group = canonical.get(report_records.get(report, 0))
        if group is not None and found.get(group, ("",))[0] != Retrieval.RETRIEVED:
            found[group] = state
    return found


def _study_ids(
    review: Review, seq: int | None, canonical: Mapping[int, int]
) -> dict[int, tuple[int, ...]]:
    report_records = dict(Report.objects.filter(review=review).values_list("pk", "record"))
    found: dict[int, set[int]] = {}
    for study, report in studies.links_at(review, seq=seq):
        group = canonical.get(report_records.get(report, 0))
        if group is not None:
            found.setdefault(group, set()).add(study)
    return {group: tuple(sorted(ids)) for group, ids in found.items()}


def _protocol_at(review: Review, seq: int | None) -> Protocol:
    rules = screenings.Rules(review, seq=seq)
    return rules.changes[-1].protocol if rules.changes else rules.first


def _stopping(review: Review, seq: int | None) -> StoppingFact | None:
    event = standing_stop(review, stage=Stage.TITLE_ABSTRACT, seq=seq)
    if event is None:
        return None
    return StoppingFact(
        rule=event.payload["rule"],
        model=event.payload["facts"].get("model", ""),
        decided_on=event.recorded_at.date(),
        counts_as=event.payload["counts_as"],
    )


def _notes(protocol: Protocol) -> list[str]:
    """What a reader of the diagram must know about how the screening was done."""
    if protocol.reviewers_title_abstract == 1:
        return ["Titles and abstracts were screened by one reviewer per record."]
    return []
