"""The search log: what PRISMA-S asks, what is reported, what is missing; to read and to take."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission
from screening.forms.search_log import SearchLogForm
from screening.prisma.search_log import GUIDELINE, SearchLog, missing, report
from screening.prisma.search_log_docx import to_docx
from screening.prisma.search_log_tables import to_csv
from screening.services import search_log

CSV = "text/csv; charset=utf-8"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FORMATS: dict[str, tuple[str, Callable[[SearchLog], str | bytes]]] = {
    "docx": (DOCX, to_docx),
    "csv": (CSV, to_csv),
}


@require_safe
@review_view(Permission.READ)
def show(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show the log: what is missing first, then the searches, then the 16 items."""
    log = search_log.log_of(member.review)
    reported = report(log)
    context = {
        "log": log,
        "reported": reported,
        "missing": missing(log),
        "n_incomplete": sum(bool(each.missing) for each in reported),
        "guideline": GUIDELINE,
        "may_import": member.may(Permission.IMPORT),
        "may_export": member.may(Permission.EXPORT),
    }
    return render(request, "screening/search_log/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Permission.IMPORT)
def edit(request: HttpRequest, member: Membership) -> HttpResponse:
    """Write what holds for all searches together."""
    review = member.review
    initial = {"base": search_log.version_of(review), **search_log.answers_of(review)}
    typed = request.POST.copy() if request.method == "POST" else None
    form = SearchLogForm(typed, initial=initial)
    if typed is not None and form.is_valid():
        try:
            search_log.correct_log(member, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
            typed["base"] = str(initial["base"])
        else:
            messages.success(request, "The search log was saved; the ledger keeps what stood.")
            return redirect("screening:search_log", review.slug)
    status = 422 if form.is_bound else 200
    return render(request, "screening/search_log/edit.html", {"form": form}, status=status)


@require_safe
@review_view(Permission.EXPORT)
def download(request: HttpRequest, member: Membership, format: str) -> HttpResponse:
    """Download the log; one that is incomplete says so in its name."""
    if format not in FORMATS:
        raise Http404("There is no such format.")
    log = search_log.log_of(member.review)
    content_type, write = FORMATS[format]
    response = HttpResponse(write(log), content_type=content_type)
    state = "-incomplete" if missing(log) else ""
    name = f"{member.review.slug}-search-log{state}.{format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
