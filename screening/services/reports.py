"""Reports: seeking and retrieving full texts, attaching files, reading their text layer."""

import hashlib
from typing import BinaryIO

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from reviewtool.jobs.attempt import Run
from reviewtool.jobs.services import enqueue
from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Event, Membership, Review, Stage
from reviewtool.reviews.permissions import Permission, require
from screening.events.reports import FileAttached, RetrievalChanged
from screening.models import Decision, Report, ReportFile, ReportPage, Screening

PDF_LIMIT_MB = 100
State = Report.Retrieval


def report_of(record_canonical: int) -> Report | None:
    """Return the report of a group: retrieved before sought, the canonical record's first."""
    reports = list(Report.objects.filter(record__canonical=record_canonical).order_by("record"))
    return min(reports, key=lambda r: r.retrieval != State.RETRIEVED, default=None)


def in_play(review: Review):
    """Reports whose record is included at title and abstract today."""
    reached = Screening.objects.filter(review=review, stage=Stage.FULL_TEXT).exclude(
        outcome="withdrawn"
    )
    return Report.objects.filter(
        review=review, record__canonical__in=reached.values("record")
    ).select_related("record")


@transaction.atomic
def set_retrieval(report: Report, *, by: Membership, state: str, note: str = "") -> Event:
    """Say where the retrieval of a full text stands."""
    require(by, Permission.RETRIEVE)
    if report.review_id != by.review_id:
        raise PermissionDenied("The report belongs to another review.")
    ledger.lock(by.review)
    if state not in State.values:
        raise ValidationError({"state": "Choose sought, awaiting, retrieved or not retrieved."})
    if state == State.NOT_RETRIEVED and not note.strip():
        raise ValidationError({"note": "Say why the report could not be retrieved."})
    if state != State.RETRIEVED and _is_decided(report):
        raise ValidationError("The report was assessed already, so it was retrieved.")
    happening = RetrievalChanged(report.pk, report.record_id, state, note.strip())
    event = events.record(by.review, happening, by=by)
    Report.objects.filter(pk=report.pk).update(retrieval=state, retrieval_note=note.strip()[:300])
    report.refresh_from_db()
    return event


def _is_decided(report: Report) -> bool:
    return (
        Decision.objects.filter(record__canonical=report.record.canonical_id, stage=Stage.FULL_TEXT)
        .current()
        .exists()
    )


def attach_file(report: Report, *, by: Membership, name: str, stream: BinaryIO) -> ReportFile:
    """Keep a full text with its report, which is retrieved from then on."""
    require(by, Permission.RETRIEVE)
    if report.review_id != by.review_id:
        raise PermissionDenied("The report belongs to another review.")
    content = stream.read(PDF_LIMIT_MB * 2**20 + 1)
    _check_is_pdf(name, content)
    sha256 = hashlib.sha256(content).hexdigest()
    if report.files.filter(sha256=sha256).exists():
        raise ValidationError(f"{name} is already attached to this report.")
    file = ReportFile(report=report, name=name[:255], size=len(content), sha256=sha256, added_by=by)
    file.file.save(f"{sha256[:16]}.pdf", ContentFile(content), save=False)
    with transaction.atomic():
        ledger.lock(by.review)
        file.full_clean(exclude=["n_pages", "has_text"])  # read by the job
        file.save()
        happening = FileAttached(report.pk, report.record_id, file.pk, file.name, sha256)
        events.record(by.review, happening, by=by)
        if report.retrieval != State.RETRIEVED:
            set_retrieval(report, by=by, state=State.RETRIEVED)
        enqueue(by.review, "text_layer", by=by, key=str(file.pk), params={"file": file.pk})
    return file


def _check_is_pdf(name: str, content: bytes) -> None:
    if len(content) > PDF_LIMIT_MB * 2**20:
        raise ValidationError(f"{name} is larger than {PDF_LIMIT_MB} MB.")
    if not content[:1024].lstrip().startswith(b"%PDF-"):
        raise ValidationError(f"{name} is not a PDF. Save the full text as PDF and try again.")


def read_text_layer(run: Run) -> None:
    """Job: keep the text of every page, so that quotes can be made and checked."""
    file = ReportFile.objects.get(pk=run.params["file"])
    texts = _page_texts(file)
    with run.batch(
        done=len(texts), total=len(texts), result={"pages": len(texts), "file": file.pk}
    ):
        file.pages.all().delete()
        ReportPage.objects.bulk_create(
            [ReportPage(file=file, number=n, text=text) for n, text in enumerate(texts, 1)]
        )
        ReportFile.objects.filter(pk=file.pk).update(
            n_pages=len(texts), has_text=any(text.strip() for text in texts)
        )


def _page_texts(file: ReportFile) -> list[str]:
    try:
        with file.file.open("rb") as stream:
            pages = PdfReader(stream).pages
            return [page.extract_text().replace("\x00", "") for page in pages]
    except PyPdfError as error:
        raise ValidationError(
            f"The text of {file.name} cannot be read ({error}). The PDF can still be viewed."
        ) from error


def differences(review: Review):
    """Compare the stored retrieval states with the ledger."""
    rows = Event.objects.filter(review=review, kind=RetrievalChanged.kind).order_by("seq")
    expected = {row.payload["report"]: row.payload["state"] for row in rows}
    for report in Report.objects.filter(review=review):
        if report.retrieval != expected.get(report.pk, State.SOUGHT):
            yield f"report {report.pk} is {report.retrieval}, the ledger says otherwise"
