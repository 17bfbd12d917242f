"""Studies: grouping included reports, many to many; merged studies keep their history."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q

from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Event, Membership, Review, Stage
from reviewtool.reviews.permissions import Permission, require
from screening.consensus import Outcome
from screening.events.studies import (
    ReportLinked,
    ReportUnlinked,
    StudyCreated,
    StudyMerged,
    StudyRenamed,
)
from screening.models import DuplicateJudgement, Record, Report, Screening, Study, StudyReport
from screening.services import duplicates


def included_reports(review: Review):
    """Reports whose record was included at full text."""
    included = Screening.objects.filter(
        review=review, stage=Stage.FULL_TEXT, outcome=Outcome.INCLUDED
    )
    return Report.objects.filter(
        review=review, record__canonical__in=included.values("record")
    ).select_related("record")


def unlinked_reports(review: Review):
    """Included reports that no study holds yet."""
    return included_reports(review).exclude(studies__in=Study.objects.standing())


@transaction.atomic
def create_study(by: Membership, *, label: str, reports: Iterable[Report] = ()) -> Study:
    """Make a study; the first report given is its main one."""
    require(by, Permission.MANAGE_STUDIES)
    ledger.lock(by.review)
    study = Study(review=by.review, label=label.strip())
    study.full_clean(exclude=["merged_into"])
    study.save()
    events.record(by.review, StudyCreated(study.pk, study.label), by=by)
    for n, report in enumerate(reports):
        link(study, by=by, report=report, is_main=n == 0)
    return study


@transaction.atomic
def link(study: Study, *, by: Membership, report: Report, is_main: bool = False) -> StudyReport:
    """Say that a report supplies information about a study."""
    _check(study, by)
    if report.review_id != study.review_id:
        raise PermissionDenied("The report belongs to another review.")
    if study.links.filter(report=report).exists():
        raise ValidationError("This report is already linked to this study.")
    events.record(by.review, ReportLinked(study.pk, study.label, report.pk, is_main), by=by)
    if is_main:
        study.links.update(is_main=False)
    return StudyReport.objects.create(study=study, report=report, is_main=is_main)


@transaction.atomic
def unlink(study: Study, *, by: Membership, report: Report) -> None:
    """Take a report out of a study; both stay."""
    _check(study, by)
    deleted, _ = study.links.filter(report=report).delete()
    if not deleted:
        raise ValidationError("This report is not linked to this study.")
    events.record(by.review, ReportUnlinked(study.pk, study.label, report.pk), by=by)


@transaction.atomic
def merge(study: Study, *, by: Membership, into: Study) -> Study:
    """Join two studies that turned out to be one; reports move, extractions are kept."""
    _check(study, by)
    _check(into, by)
    if study.pk == into.pk:
        raise ValidationError("Choose another study to merge into.")
    events.record(by.review, StudyMerged(study.pk, study.label, into.pk, into.label), by=by)
    for row in study.links.exclude(report__in=into.reports.all()):
        StudyReport.objects.create(study=into, report_id=row.report_id)
    study.links.all().delete()
    Study.objects.filter(pk=study.pk).update(merged_into=into)
    return into


@transaction.atomic
def rename(study: Study, *, by: Membership, label: str) -> Study:
    """Give a study another label."""
    _check(study, by)
    before, study.label = study.label, label.strip()
    study.full_clean(exclude=["merged_into"])
    study.save(update_fields=["label"])
    events.record(by.review, StudyRenamed(study.pk, before, study.label), by=by)
    return study


def _check(study: Study, by: Membership) -> None:
    require(by, Permission.MANAGE_STUDIES)
    if study.review_id != by.review_id:
        raise PermissionDenied("The study belongs to another review.")
    ledger.lock(by.review)
    if study.merged_into_id is not None:
        raise ValidationError("This study was merged into another one.")


def links_at(review: Review, *, seq: int | None = None) -> set[tuple[int, int]]:
    """Return the (study, report) links that stand, now or at a ledger entry."""
    kinds = (ReportLinked.kind, ReportUnlinked.kind, StudyMerged.kind)
    links: set[tuple[int, int]] = set()
    rows = Event.objects.filter(review=review, kind__in=kinds).as_of(seq).order_by("seq")
    for row in rows:
        study = row.payload["study"]
        if row.kind == ReportLinked.kind:
            links.add((study, row.payload["report"]))
        elif row.kind == ReportUnlinked.kind:
            links.discard((study, row.payload["report"]))
        else:
            moved = {link for link in links if link[0] == study}
            links = (links - moved) | {(row.payload["into"], report) for _, report in moved}
    return links


def differences(review: Review):
    """Compare the stored links with the ledger."""
    stored = set(StudyReport.objects.filter(study__review=review).values_list("study", "report"))
    for study, report in sorted(stored ^ links_at(review)):
        yield f"the link of report {report} to study {study} differs from the ledger"


def suggested_reports(study: Study) -> list[tuple[Report, str]]:
    """Return included reports that a judgement on duplicates relates to the study's, and how.

    An erratum, a protocol or a conference abstract of one of its reports often tells of the same
    study; a person decides.
    """
    linked = set(study.links.values_list("report__record__canonical", flat=True))
    records = Record.objects.filter(review=study.review, canonical__in=linked).visible()
    ids = set(records.values_list("pk", flat=True))
    related = duplicates.standing_judgements(study.review, DuplicateJudgement.Verdict.RELATED)
    related = related.filter(Q(first__in=ids) | Q(second__in=ids)).exclude(relation="")
    how: dict[int, str] = {}
    for row in related.select_related("first", "second"):
        other = row.second if row.first_id in ids else row.first
        if other.group_id not in linked:
            how.setdefault(other.group_id, str(row.get_relation_display()))
    open_to_link = included_reports(study.review).exclude(links__study=study)
    found = open_to_link.filter(record__canonical__in=how).select_related("record")
    return [(report, how[report.record.group_id]) for report in found]
