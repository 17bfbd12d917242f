"""The search log: read by every member, written by leads, downloaded for an appendix."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission
from screening.forms.search_log import SearchLogForm
from screening.models import Search
from screening.prisma import search_log as pure
from screening.prisma.search_log_docx import to_docx
from screening.services import search_log


@dataclass(frozen=True)
class Download:
    """One way to write the log out."""

    label: str
    content_type: str
    write: Callable[[pure.SearchLog], str | bytes]


FORMATS = {
    "docx": Download(
        "Word",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        to_docx,
    ),
    "csv": Download("CSV", "text/csv; charset=utf-8", pure.to_csv),
}


@require_safe
@review_view(Permission.READ)
def show(request: HttpRequest, member: Membership) -> HttpResponse:
    """The table of searches, the checklist, and what is still missing."""
    log = search_log.log_of(member.review)
    addresses = Search.objects.filter(review=member.review)
    context = {
        "log": log,
        "rows": list(zip(log.searches, addresses, strict=True)),
        "items": pure.checklist(log),
        "gaps": pure.gaps(log),
        "formats": FORMATS,
        "may_import": member.may(Permission.IMPORT),
        "may_export": member.may(Permission.EXPORT),
    }
    return render(request, "screening/search_log/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Permission.IMPORT)
def edit(request: HttpRequest, member: Membership) -> HttpResponse:
    """Write what the log tells about all searches."""
    form = SearchLogForm(request.POST or None, instance=search_log.notes_of(member.review))
    if form.is_valid():
        search_log.write_notes(member, **form.cleaned_data)
        messages.success(request, "The search log was written; the ledger keeps what stood before.")
        return redirect("screening:search_log", member.review.slug)
    return render(request, "screening/search_log/form.html", {"form": form})


@require_safe
@review_view(Permission.EXPORT)
def download(request: HttpRequest, member: Membership, format: str) -> HttpResponse:
    """Download the log for the appendix."""
    if format not in FORMATS:
        raise Http404("There is no such format.")
    how = FORMATS[format]
    response = HttpResponse(
        how.write(search_log.log_of(member.review)), content_type=how.content_type
    )
    name = f"{member.review.slug}-search-log.{format}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
