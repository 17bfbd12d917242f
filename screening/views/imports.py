"""Searches and imports: register, upload, look at what was read, import, take back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission
from screening.forms.imports import MappingForm, ReadingForm, RecordForm, SearchForm, UploadForm
from screening.models import ColumnMapping, ImportedFile, ImportProblem, Record, Search
from screening.services import imports, mappings, previews, pubmed, reading, records, rereading

require_get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_GET
@review_view(Permission.READ)
def searches(request: HttpRequest, member: Membership) -> HttpResponse:
    """Every search with what it brought; records without title and abstract are offered."""
    listed = Search.objects.filter(review=member.review).select_related("review").with_counts()
    context = {
        "searches": listed,
        "total": sum(search.n_records for search in listed),
        "empty": records.without_text(member.review)[:50],
        "n_empty": records.without_text(member.review).count(),
        "may_import": member.may(Permission.IMPORT),
        "saved_mappings": ColumnMapping.objects.filter(review=member.review),
        "may_remove": member.may(Permission.REMOVE_RECORDS),
    }
    return render(request, "screening/imports/searches.html", context)


@require_get_or_post
@review_view(Permission.IMPORT)
def register(request: HttpRequest, member: Membership) -> HttpResponse:
    """Register a search; its page, where files are uploaded, comes next."""
    form = SearchForm(request.POST or None)
    if form.is_valid():
        entered = _tried(form, lambda: imports.register_search(member, **form.cleaned_data))
        if entered:
            return redirect(entered)
    return _form_page(request, form, "screening/imports/search_form.html")


@require_get_or_post
@review_view(Permission.IMPORT)
def correct(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    search = _search(member, pk)
    form = SearchForm(request.POST or None, instance=search)
    if form.is_valid():
        fresh = _search(member, pk)
        changes = form.cleaned_data
        if _tried(form, lambda: imports.correct_search(fresh, by=member, **changes)):
            messages.success(
                request, "The search was corrected; the ledger keeps what stood before."
            )
            return redirect(search)
    return _form_page(request, form, "screening/imports/search_form.html", search=search)


@require_GET
@review_view(Permission.READ)
def search(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """One search: what it found, its files, and where more files are dropped."""
    found = get_object_or_404(Search.objects.with_counts(), pk=pk, review=member.review)
    page = _search_page(member, found)
    report = page["report"]
    if "HX-Request" not in request.headers or report is None:
        return render(request, "screening/imports/search.html", page)
    response = render(request, "screening/pubmed/_report.html", page)
    if not report.is_open:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@review_view(Permission.IMPORT)
def upload(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Take one file or many; each is recognised or refused with its own sentence."""
    found = get_object_or_404(Search.objects.with_counts(), pk=pk, review=member.review)
    form = UploadForm(request.POST, request.FILES)
    taken: list[ImportedFile] = []
    refused: list[str] = []
    for stream in form.cleaned_data["upload"] if form.is_valid() else []:
        try:
            taken.append(
                imports.upload_file(found, by=member, name=stream.name, stream=stream.file)
            )
        except ValidationError as error:
            refused += error.messages
    if taken and not refused:
        return redirect(taken[0] if len(taken) == 1 else found)
    context = _search_page(member, found) | {"form": form, "refused": refused, "taken": taken}
    return render(request, "screening/imports/search.html", context, status=422)


@require_get_or_post
@review_view(Permission.IMPORT)
def add_record(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Enter one record by hand."""
    found = _search(member, pk)
    form = RecordForm(request.POST or None)
    if form.is_valid():
        record = _tried(form, lambda: imports.add_record(found, by=member, **form.cleaned_data))
        if record:
            messages.success(request, f"Record {record.pk} was added.")
            return redirect(record)
    return _form_page(request, form, "screening/imports/record_form.html", search=found)


@require_GET
@review_view(Permission.READ)
def file(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """What was read: a preview before importing, progress while it runs, problems after."""
    return _file_page(request, member, _file(member, pk))


@require_POST
@review_view(Permission.IMPORT)
def choose_reading(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Read the file in another format or encoding."""
    found = _file(member, pk)
    form = _reading_form(found, request.POST)
    if form.is_valid() and _tried(
        form, lambda: imports.choose_reading(found, by=member, **form.cleaned_data)
    ):
        return redirect(found)
    return _file_page(request, member, found, reading_form=form, status=422)


@require_POST
@review_view(Permission.IMPORT)
def choose_mapping(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Say which field each column of a table fills."""
    found = _file(member, pk)
    form = _mapping_form(found, request.POST)
    if form is None:
        return redirect(found)
    if form.is_valid() and _tried(form, lambda: _read_as(found, member, **form.cleaned_data)):
        return redirect(found)
    return _file_page(request, member, found, mapping_form=form, status=422)


def _read_as(
    found: ImportedFile, member: Membership, *, mapping: dict[str, str], save_as: str
) -> ImportedFile:
    """Read a table by a mapping, and remember it if it was given a name."""
    read = imports.choose_reading(found, by=member, mapping=mapping)
    if save_as:
        mappings.save_mapping(read, by=member, name=save_as)
    return read


@require_POST
@review_view(Permission.IMPORT)
def use_mapping(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Read the file's columns as a saved mapping says."""
    found = _file(member, pk)
    chosen = request.POST.get("saved", "")
    saved = next((s for s in mappings.saved_for(member) if str(s.pk) == chosen), None)
    if saved is None:
        messages.error(request, "Choose one of the saved mappings.")
        return redirect(found)
    done = f"The columns are read as “{saved}” says."
    _said(
        request,
        lambda: imports.choose_reading(found, by=member, mapping=mappings.fitted(saved, found)),
        done,
    )
    return redirect(found)


@require_POST
@review_view(Permission.IMPORT)
def forget_mapping(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Drop a saved mapping."""
    saved = get_object_or_404(ColumnMapping, pk=pk, review=member.review)
    done = f"“{saved}” was dropped. Files that were read with it stay as they are."
    _said(request, lambda: mappings.forget_mapping(saved, by=member), done)
    return redirect("screening:searches", member.review.slug)


@require_POST
@review_view(Permission.IMPORT)
def read_again(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Read an imported file once more, a table with the columns that were chosen."""
    found = _file(member, pk)
    form = _mapping_form(found, request.POST)
    if form is not None and not form.is_valid():
        return _file_page(request, member, found, mapping_form=form, status=422)
    mapping = form.cleaned_data["mapping"] if form is not None else None
    _said(request, lambda: rereading.read_again(found, by=member, mapping=mapping))
    return redirect(found)


@require_POST
@review_view(Permission.IMPORT)
def commit(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Start the import as a job."""
    found = _file(member, pk)
    _said(request, lambda: imports.commit_file(found, by=member))
    return redirect(found)


@require_POST
@review_view(Permission.IMPORT)
def discard(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Throw away an upload that was not imported."""
    found = _file(member, pk)
    _said(request, lambda: imports.discard_file(found, by=member), f"“{found}” was discarded.")
    return redirect(found.search)


@require_get_or_post
@review_view(Permission.IMPORT)
def undo(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Show what undoing an import changes, and do it once confirmed."""
    found = _file(member, pk)
    if request.method == "POST":
        keep = request.POST.get("keep_decided") == "yes"
        done = f"The import of “{found}” was undone. Its bytes are kept."
        if keep:
            done = f"The undecided records of “{found}” were withdrawn; the decided ones stay."
        _said(request, lambda: imports.undo_import(found, by=member, keep_decided=keep), done)
        return redirect(found.search)
    context = {"file": found, "effects": imports.undo_effects(found)}
    return render(request, "screening/imports/undo.html", context)


@require_GET
@review_view(Permission.EXPORT)
def original(request: HttpRequest, member: Membership, pk: int) -> HttpResponseBase:
    """The bytes as they were uploaded; never shown by the browser, only saved."""
    found = _file(member, pk)
    return FileResponse(
        found.file.open("rb"),
        as_attachment=True,
        filename=found.name,
        content_type="application/octet-stream",
    )


@require_GET
@review_view(Permission.EXPORT)
def rejects(request: HttpRequest, member: Membership, pk: int) -> HttpResponseBase:
    """The raw text of what could not be read: repair it and upload it as another file."""
    found = _file(member, pk)
    rows = found.problems.filter(severity=ImportProblem.Severity.ERROR)
    response = StreamingHttpResponse(
        (row.raw_text.rstrip("\n") + "\n\n" for row in rows.iterator()),
        content_type="text/plain; charset=utf-8",
    )
    name = f"rejected from {found.name}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_POST
@review_view(Permission.REMOVE_RECORDS)
def remove_empty(request: HttpRequest, member: Membership) -> HttpResponse:
    """Remove the chosen records that have neither title nor abstract before screening."""
    chosen = Record.objects.filter(
        review=member.review, pk__in=[pk for pk in request.POST.getlist("record") if pk.isdigit()]
    )
    reason = request.POST.get("reason", "")
    n = chosen.count()
    done = f"{n} records were removed before screening." if n != 1 else "1 record was removed."
    _said(request, lambda: records.remove_records(chosen, by=member, reason=reason), done)
    return redirect("screening:searches", member.review.slug)


# ---------------------------------------------------------------- pages


def _search_page(member: Membership, found: Search) -> dict[str, Any]:
    return {
        "search": found,
        "files": found.files.select_related("uploaded_by__user", "search__review").with_counts(),
        "form": UploadForm(),
        "may_import": member.may(Permission.IMPORT),
        "report": pubmed.report_on(found),
    }


def _file_page(
    request: HttpRequest,
    member: Membership,
    found: ImportedFile,
    *,
    reading_form: ReadingForm | None = None,
    mapping_form: MappingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    job = imports.last_job_of(found)
    is_open = found.state in (ImportedFile.State.UPLOADED, ImportedFile.State.IMPORTING)
    problems = Paginator(found.problems.all(), 100).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "file": found,
        "search": found.search,
        "job": job,
        "is_waiting": job is not None and job.is_open,
        "problems": problems,
        "n_rejected": found.problems.filter(severity=ImportProblem.Severity.ERROR).count(),
        "may_import": member.may(Permission.IMPORT),
    }
    if is_open and not context["is_waiting"]:
        context |= {
            **_looked_at(found),
            "reading_form": reading_form or _reading_form(found),
            "mapping_form": mapping_form or _mapping_form(found),
            "saved_mappings": mappings.saved_for(member),
        }
    fragment = "HX-Request" in request.headers and status == 200
    template = "_progress.html" if fragment and context["is_waiting"] else "file.html"
    if found.state == ImportedFile.State.COMMITTED and not context["is_waiting"]:
        context["again_form"] = mapping_form or _mapping_form(found)
    response = render(request, f"screening/imports/{template}", context, status=status)
    if fragment and not context["is_waiting"]:
        response["HX-Refresh"] = "true"
    return response


def _looked_at(found: ImportedFile) -> dict[str, Any]:
    """The preview, or the sentence that says why the file cannot be read."""
    try:
        return {"preview": previews.preview(found)}
    except ValidationError as error:
        return {"unreadable": error.messages}


def _reading_form(found: ImportedFile, data: Any = None) -> ReadingForm:
    return ReadingForm(
        data,
        formats=reading.formats(),
        encodings=reading.encodings(),
        initial={"format": found.format, "encoding": found.encoding},
    )


def _mapping_form(found: ImportedFile, data: Any = None) -> MappingForm | None:
    """The columns of a table with what they are taken for; None for other formats."""
    columns = reading.columns_of(found)
    if columns is None:
        return None
    return MappingForm(
        data,
        columns=columns.names,
        choices=reading.column_choices(),
        mapping=found.mapping,
        examples=columns.examples,
    )


def _form_page(request: HttpRequest, form: Any, template: str, **context: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, template, context | {"form": form}, status=status)


def _search(member: Membership, pk: int) -> Search:
    return get_object_or_404(Search, pk=pk, review=member.review)


def _file(member: Membership, pk: int) -> ImportedFile:
    files = ImportedFile.objects.select_related("search__review", "uploaded_by__user")
    return get_object_or_404(files, pk=pk, search__review=member.review)


def _tried(form: Any, act: Callable[[], Any]) -> Any:
    """Return what a service gave; its objections go onto the form."""
    try:
        return act()
    except ValidationError as error:
        known = hasattr(error, "error_dict") and set(error.error_dict) <= set(form.fields)
        form.add_error(None, error if known else error.messages)
        return None


def _said(request: HttpRequest, act: Callable[[], Any], done: str = "") -> None:
    """Do it and say so, or say why not."""
    try:
        act()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if done:
            messages.success(request, done)
