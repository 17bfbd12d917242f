"""The records list, what it exports, and one record with everything known about it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership, Stage
from reviewtool.reviews.permissions import Permission
from screening.forms.imports import ReasonForm, RecordForm
from screening.forms.records import FilterForm
from screening.models import Record, Screening, Search
from screening.services import (
    decisions,
    duplicates,
    explanations,
    groups,
    record_export,
    record_filters,
    record_history,
    records,
)

PAGE = 50


@require_GET
@review_view(Permission.READ)
def list_records(request: HttpRequest, member: Membership) -> HttpResponse:
    """Find records; pages go by id, so that the last one is as quick as the first."""
    form = _filter_form(request, member)
    found = record_filters.find(member, record_filters.Filters(**form.asked()))
    context = _page(request, found) | {
        "form": form,
        "n_found": found.count(),
        "formats": record_export.FORMATS,
        "filtered": any(form.cleaned_data.values()),
        "query": _query_without_place(request),
        "may_judge": member.may(Permission.JUDGE_DUPLICATES),
    }
    context["rows"] = _rows(context["page"], member)
    return render(request, "screening/records/list.html", context)


@require_GET
@review_view(Permission.EXPORT)
def export(request: HttpRequest, member: Membership, format: str) -> HttpResponseBase:
    """Download exactly the records the filters show, with what is known of their screening."""
    if format not in record_export.FORMATS:
        raise Http404("There is no such format.")
    asked = _filter_form(request, member).asked()
    found = record_filters.find(member, record_filters.Filters(**asked))
    how = record_export.FORMATS[format]
    response = StreamingHttpResponse(how.write(member, found), content_type=how.content_type)
    name = record_export.file_name(member, how)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_GET
@review_view(Permission.READ)
def show(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """One record: its fields, its sources, its duplicates, what happened to it."""
    return _record_page(request, member, _record(member, pk))


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Permission.IMPORT)
def correct(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Correct what the source got wrong."""
    record = _record(member, pk)
    form = RecordForm.of(record, request.POST or None)
    if form.is_valid():
        try:
            records.correct_record(record, by=member, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "The record was corrected; its raw text is kept.")
            return redirect(record)
    context = {"form": form, "record": record, "search": record.search}
    status = 422 if form.is_bound else 200
    return render(request, "screening/imports/record_form.html", context, status=status)


@require_POST
@review_view(Permission.REMOVE_RECORDS)
def remove(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Remove a record before screening, with a reason."""
    record = _record(member, pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            records.remove_record(record, by=member, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "The record was removed before screening.")
            return redirect(record)
    return _record_page(request, member, record, form=form)


@require_POST
@review_view(Permission.REMOVE_RECORDS)
def restore(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Take the removal back."""
    record = _record(member, pk)
    try:
        records.restore_record(record, by=member)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, "The record takes part again.")
    return redirect(record)


# ---------------------------------------------------------------- what pages show


def _filter_form(request: HttpRequest, member: Membership) -> FilterForm:
    return FilterForm(
        request.GET,
        searches=Search.objects.filter(review=member.review),
        outcomes=record_filters.outcome_choices(member),
    )


def _record(member: Membership, pk: int) -> Record:
    records_of_review = Record.objects.filter(review=member.review).exclude(entered_seq=None)
    return get_object_or_404(records_of_review.select_related("search", "file", "review"), pk=pk)


def _record_page(
    request: HttpRequest, member: Membership, record: Record, *, form: ReasonForm | None = None
) -> HttpResponse:
    members = list(groups.group_of(record).select_related("search__review", "file", "review"))
    decisions.expose_verdicts(record, by=member)
    screenings = Screening.objects.filter(record=record.canonical_id)
    words = record_filters.outcome_words(member)
    context = {
        "record": record,
        "group": members,
        "others": [other for other in members if other.pk != record.pk],
        "best": duplicates.best_of(members) if len(members) > 1 else [],
        "retraction": duplicates.retraction_of(record),
        "why_stages": _why_stages(record, member),
        "outcomes": [(row.get_stage_display(), words[row.outcome]) for row in screenings],
        "judgements": duplicates.judgements_about(record),
        "history": record_history.of(record, member),
        "form": form or ReasonForm(),
        "may_correct": member.may(Permission.IMPORT),
        "may_remove": member.may(Permission.REMOVE_RECORDS),
        "may_judge": member.may(Permission.JUDGE_DUPLICATES),
    }
    status = 422 if form is not None else 200
    return render(request, "screening/records/record.html", context, status=status)


def _why_stages(record: Record, member: Membership) -> list[Stage]:
    """The stages at which the member may see why the record stands where it stands."""
    if not (member.may(Permission.SCREEN) or member.may(Permission.SEE_RANKING)):
        return []
    reached = Screening.objects.filter(record=record.canonical_id).values_list("stage", flat=True)
    return [
        Stage(stage)
        for stage in reached
        if explanations.may_see_why(record, member=member, stage=stage)
    ]


def _page(request: HttpRequest, found: QuerySet[Record]) -> dict[str, Any]:
    """Return one page by its place: behind an id, or before one."""
    lean = found.select_related("search", "review").defer(
        "raw", "raw_text", "search_text", "keys", "abstract"
    )
    before, after = _number(request, "before"), _number(request, "after")
    if before:
        rows = list(lean.filter(pk__lt=before).order_by("-pk")[: PAGE + 1])
        more_before, more_after = len(rows) > PAGE, True
        rows = rows[:PAGE][::-1]
    else:
        rows = list(lean.filter(pk__gt=after)[: PAGE + 1])
        more_before, more_after = bool(after), len(rows) > PAGE
        rows = rows[:PAGE]
    return {
        "page": rows,
        "before": rows[0].pk if rows and more_before else None,
        "after": rows[-1].pk if rows and more_after else None,
    }


def _rows(page: list[Record], member: Membership) -> list[dict[str, Any]]:
    canonicals = {record.canonical_id for record in page}
    copies = dict(
        Record.objects.visible()
        .filter(canonical__in=canonicals)
        .order_by()
        .values_list("canonical")
        .annotate(Count("pk"))
    )
    outcomes: dict[tuple[int | None, str], str] = {
        (row.record_id, row.stage): row.outcome
        for row in Screening.objects.filter(record__in=canonicals)
    }
    words = record_filters.outcome_words(member)
    return [
        {
            "record": record,
            "n_copies": copies.get(record.canonical_id, 1),
            "outcomes": [
                words.get(outcomes.get((record.canonical_id, stage), ""), "")
                for stage in Stage.values
            ],
        }
        for record in page
    ]


def _query_without_place(request: HttpRequest) -> str:
    asked = request.GET.copy()
    for name in ("before", "after"):
        asked.pop(name, None)
    return asked.urlencode()


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0
