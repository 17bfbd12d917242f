"""Finding records: one meaning of every filter for page, export and API, blind where due."""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, QuerySet

from reviewtool.reviews.models import Membership, Stage
from reviewtool.reviews.permissions import Permission
from screening.consensus import Outcome, Verdict
from screening.models import Decision, Record, Screening
from screening.search_text import terms

#: Outcomes that tell nothing about a colleague's unsettled verdict.
TOLD = (Outcome.INCLUDED, Outcome.EXCLUDED, Outcome.WITHDRAWN, Outcome.NOT_SCREENED)
UNSETTLED = "unsettled"
MINE = "mine-"


@dataclass(frozen=True)
class Filters:
    """What is looked for; None asks for nothing."""

    q: str | None = None
    source: str | None = None
    kind: str | None = None
    title_abstract: str | None = None
    full_text: str | None = None
    year_from: int | None = None
    year_to: int | None = None
    abstract: str | None = None
    removed: str | None = None
    copies: str | None = None


def may_see_conflicts(member: Membership) -> bool:
    """Only those who will not decide themselves are told that reviewers disagree."""
    if not member.review.protocol.is_blind:
        return True
    return member.may(Permission.ADJUDICATE) and not member.may(Permission.SCREEN)


def outcome_choices(member: Membership) -> list[tuple[str, str]]:
    """Return the outcomes the member may ask for."""
    choices = [(outcome.value, _words(outcome)) for outcome in TOLD]
    choices.append((UNSETTLED, "not settled"))
    if may_see_conflicts(member):
        choices.append((Outcome.CONFLICT.value, "conflict"))
    if member.may(Permission.SCREEN):
        choices += [(MINE + verdict.value, f"my verdict: {verdict.value}") for verdict in Verdict]
        choices.append((MINE + "none", "not decided by me"))
    return choices


def outcome_words(member: Membership) -> dict[str, str]:
    """Say every outcome in words that keep colleagues' unsettled verdicts hidden."""
    told = {*TOLD, Outcome.CONFLICT} if may_see_conflicts(member) else set(TOLD)
    return {
        outcome.value: _words(outcome) if outcome in told else "not settled" for outcome in Outcome
    }


def find(member: Membership, filters: Filters) -> QuerySet[Record]:
    """Return the review's records that meet all filters, in the order they came in."""
    records = Record.objects.filter(review=member.review).visible().order_by("pk")
    records = _in_text(records, filters.q)
    records = _from_source(records, filters)
    records = _of_year(records, filters)
    records = _of_copies(records, filters.copies)
    if filters.abstract:
        records = (
            records.filter(abstract="")
            if filters.abstract == "no"
            else records.exclude(abstract="")
        )
    if filters.removed:
        records = records.filter(removed_seq__isnull=filters.removed == "no")
    for stage in Stage:
        wanted = getattr(filters, stage.value)
        records = _with_outcome(records, member, stage, wanted) if wanted else records
    return records


def _in_text(records: QuerySet[Record], query: str | None) -> QuerySet[Record]:
    for term in terms(query or ""):
        records = records.filter(search_text__contains=term)
    return records


def _from_source(records: QuerySet[Record], filters: Filters) -> QuerySet[Record]:
    if filters.source:
        records = records.filter(search_id=int(filters.source))
    return records.filter(search__kind=filters.kind) if filters.kind else records


def _of_year(records: QuerySet[Record], filters: Filters) -> QuerySet[Record]:
    if filters.year_from:
        records = records.filter(year__gte=filters.year_from)
    return records.filter(year__lte=filters.year_to) if filters.year_to else records


def _of_copies(records: QuerySet[Record], copies: str | None) -> QuerySet[Record]:
    if copies == "one":
        return records.filter(canonical=F("pk"))
    if copies == "extra":
        return records.exclude(canonical=F("pk"))
    if copies == "joined":
        others = (
            Record.objects.visible().filter(canonical=OuterRef("pk")).exclude(pk=OuterRef("pk"))
        )
        return records.filter(Exists(others))
    return records


def _with_outcome(
    records: QuerySet[Record], member: Membership, stage: str, wanted: str
) -> QuerySet[Record]:
    if wanted.startswith(MINE):
        return _decided_by(records, member, stage, wanted.removeprefix(MINE))
    if wanted not in dict(outcome_choices(member)):
        return records.none()
    outcomes = [Outcome.PENDING, Outcome.CONFLICT] if wanted == UNSETTLED else [wanted]
    reached = Screening.objects.filter(
        record=OuterRef("canonical"), stage=stage, outcome__in=outcomes
    )
    return records.filter(Exists(reached))


def _decided_by(
    records: QuerySet[Record], member: Membership, stage: str, verdict: str
) -> QuerySet[Record]:
    own = Decision.objects.current().filter(
        actor=member,
        stage=stage,
        record__canonical=OuterRef("canonical"),
        is_adjudication=False,
    )
    if verdict == "none":
        reached = Screening.objects.filter(record=OuterRef("canonical"), stage=stage)
        return records.filter(Exists(reached), ~Exists(own))
    return records.filter(Exists(own.filter(verdict=verdict)))


def _words(outcome: Outcome) -> str:
    return outcome.value.replace("_", " ")
