"""Full texts: what is sought, retrieved, not retrieved; upload and reading."""

from typing import BinaryIO, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission
from screening.models import Report, ReportFile
from screening.services import reports
from screening.services.matching import match

STATES = Report.Retrieval


@require_safe
@review_view(Permission.READ)
def list_reports(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the reports by where their retrieval stands."""
    found = list(reports.in_play(member.review).prefetch_related("files"))
    groups = [(state, [r for r in found if r.retrieval == state]) for state in STATES]
    context = {"groups": groups, "may_retrieve": member.may(Permission.RETRIEVE), "states": STATES}
    return render(request, "screening/reports/list.html", context)


@require_safe
@review_view(Permission.READ)
def show_report(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Show a report's full text (the PDF beside its text layer) and its retrieval."""
    report = get_object_or_404(Report.objects.select_related("record"), pk=pk, review=member.review)
    files = list(report.files.prefetch_related("pages"))
    wanted = request.GET.get("file", "")
    file = next((f for f in files if str(f.pk) == wanted), files[0] if files else None)
    context = {
        "report": report,
        "record": report.record,
        "files": files,
        "file": file,
        "states": STATES,
        "may_retrieve": member.may(Permission.RETRIEVE),
    }
    return render(request, "screening/reports/page.html", context)


@require_POST
@review_view(Permission.RETRIEVE)
def change_retrieval(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    report = get_object_or_404(Report, pk=pk, review=member.review)
    try:
        reports.set_retrieval(
            report,
            by=member,
            state=request.POST.get("state", ""),
            note=request.POST.get("note", "")[:300],
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return _back(request, member, report)


@require_POST
@review_view(Permission.RETRIEVE)
def upload(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Attach one full text to a report."""
    report = get_object_or_404(Report, pk=pk, review=member.review)
    for file in request.FILES.getlist("files"):
        try:
            reports.attach_file(
                report, by=member, name=file.name or "", stream=cast(BinaryIO, file)
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    if not request.FILES:
        messages.error(request, "Choose a PDF first.")
    return _back(request, member, report)


@require_POST
@review_view(Permission.RETRIEVE)
def upload_many(request: HttpRequest, member: Membership) -> HttpResponse:
    """Match many PDFs at once; what no clue is sure for is named and left out."""
    sought = list(reports.in_play(member.review))
    for file in request.FILES.getlist("files"):
        found = match(file.name or "", cast(BinaryIO, file), sought)
        if found is None:
            messages.warning(
                request,
                f"{file.name}: no report matches by DOI, PubMed id or title. Open the report and "
                "attach the file there.",
            )
            continue
        try:
            reports.attach_file(
                found.report, by=member, name=file.name or "", stream=cast(BinaryIO, file)
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, f"{file.name} → {found.report} (by {found.by})")
    return redirect("screening:fulltexts", member.review.slug)


@require_safe
@xframe_options_sameorigin
@review_view(Permission.READ)
def download(request: HttpRequest, member: Membership, pk: int, file: int) -> FileResponse:
    """Send the PDF itself, shown in the page."""
    found = get_object_or_404(ReportFile, pk=file, report=pk, report__review=member.review)
    response = FileResponse(found.file.open("rb"), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="report-{pk}-{file}.pdf"'
    return response


def _back(request: HttpRequest, member: Membership, report: Report) -> HttpResponse:
    if "to_list" in request.POST:
        return redirect("screening:fulltexts", member.review.slug)
    return redirect(report)
