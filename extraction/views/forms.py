"""Extracting: the list of studies, the form entity by entity, submitting, reconciling."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from extraction import forms
from extraction.agreement import differences
from extraction.codebook import Section
from extraction.models import Extraction
from extraction.services import codebooks, extractions
from extraction.services.titles import titles
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission
from screening.models import ReportFile, Study

WORKING = (Permission.EXTRACT, Permission.RECONCILE)


@require_safe
@review_view(*WORKING)
def list_studies(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the studies with what is mine to do in each."""
    studies = Study.objects.filter(review=member.review).standing().prefetch_related("extractions")
    waiting = {study.pk for study in extractions.to_reconcile(member.review)}
    rows = [_row(study, member, study.pk in waiting) for study in studies]
    context = {
        "rows": rows,
        "codebook": codebooks.current(member.review),
        "may_extract": member.may(Permission.EXTRACT),
        "may_reconcile": member.may(Permission.RECONCILE),
        "needed": member.review.protocol.extractors,
    }
    return render(request, "extraction/list.html", context)


def _row(study: Study, member: Membership, is_waiting: bool) -> dict[str, Any]:
    all_of_it = list(study.extractions.all())
    return {
        "study": study,
        "mine": next((e for e in all_of_it if e.extractor_id == member.pk), None),
        "consensus": next((e for e in all_of_it if e.is_consensus), None),
        "n_submitted": sum(1 for e in all_of_it if e.is_submitted and not e.is_consensus),
        "is_waiting": is_waiting,
    }


@require_POST
@review_view(*WORKING)
def start(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Begin one's own extraction of a study, or the team's consensus."""
    study = get_object_or_404(Study, pk=pk, review=member.review)
    begin = extractions.start_consensus if "consensus" in request.POST else extractions.start
    try:
        extraction = begin(study, by=member)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("extraction:extract", member.review.slug)
    return redirect(extraction)


@require_safe
@review_view(*WORKING)
def show(
    request: HttpRequest, member: Membership, pk: int, entity: str = "", key: str = ""
) -> HttpResponse:
    """Show the form of one entity beside the study's full texts."""
    extraction = _extraction(member, pk)
    return render(request, "extraction/form.html", _page(extraction, member, entity, key))


@require_POST
@review_view(*WORKING)
def save(request: HttpRequest, member: Membership, pk: int, entity: str, key: str) -> HttpResponse:
    """Save one entity of the draft, and do what the pressed button says."""
    extraction = _extraction(member, pk)
    extractions.check_owner(extraction, member)
    section = _section(extraction, entity)
    one = forms.read_entity(section, key, request.POST)
    action, _, what = request.POST.get("do", "").partition(":")
    _edit_rows(section, one, action, what)
    answers = forms.with_entity(extraction.draft, entity, one)
    version = int(request.POST.get("draft_version", "-1"))
    try:
        unread = extractions.save_draft(
            extraction, by=member, answers=answers, draft_version=version
        )
        place = _act(extraction, member, section, key, action, what)
    except ValidationError as error:
        return _not_saved(request, extraction, member, entity, key, error)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse(_saved(extraction, unread))
    return redirect("extraction:entity", member.review.slug, pk, *place)


def _edit_rows(section: Section, one: dict, action: str, what: str) -> None:
    group = section.by_key.get(what.partition(".")[0])
    if action == "add-row" and group is not None:
        forms.add_row(group, one)
    elif action == "drop-row" and group is not None:
        row = what.partition(".")[2]
        rows = one["answers"].get(group.key, [])
        one["answers"][group.key] = [other for other in rows if other["key"] != row]


def _act(
    extraction: Extraction, member: Membership, section: Section, key: str, action: str, what: str
) -> tuple[str, str]:
    """Add, copy or remove an entity; return where to stand next."""
    draft = extraction.draft
    if action == "add":
        section = _section(extraction, what)
        return _put(extraction, member, section, forms.new_entity(section, draft))
    if action == "copy":
        copied = forms.copy_entity(section, draft, key)
        return _put(extraction, member, section, copied) if copied else (section.entity, key)
    if action == "remove":
        answers = forms.without_entity(draft, section.entity, key)
        _keep(extraction, member, answers)
        left = answers["entities"][section.entity]
        return (section.entity, left[-1]["key"]) if left else _first(extraction)
    if action == "go":
        entity, _, other = what.partition("/")
        return entity, other
    return section.entity, key


def _put(
    extraction: Extraction, member: Membership, section: Section, one: dict
) -> tuple[str, str]:
    _keep(extraction, member, forms.with_entity(extraction.draft, section.entity, one))
    return section.entity, one["key"]


def _keep(extraction: Extraction, member: Membership, answers: dict) -> None:
    extractions.save_draft(
        extraction, by=member, answers=answers, draft_version=extraction.draft_version
    )


def _saved(extraction: Extraction, unread: Any) -> dict[str, Any]:
    return {
        "draft_version": extraction.draft_version,
        "saved_at": timezone.localtime(extraction.draft_saved_at).strftime("%H:%M:%S"),
        "unread": [finding.message for finding in unread],
    }


def _not_saved(
    request: HttpRequest,
    extraction: Extraction,
    member: Membership,
    entity: str,
    key: str,
    error: ValidationError,
) -> HttpResponse:
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"errors": error.messages}, status=409)
    messages.error(request, " ".join(error.messages))
    extraction.refresh_from_db()
    context = _page(extraction, member, entity, key)
    return render(request, "extraction/form.html", context, status=409)


@require_safe
@review_view(*WORKING)
def check(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Show everything that is wrong or doubtful, and the button that submits."""
    extraction = _extraction(member, pk)
    return render(request, "extraction/check.html", _check_page(extraction))


@require_POST
@review_view(*WORKING)
def submit(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Make the draft an immutable revision."""
    extraction = _extraction(member, pk)
    acknowledged = request.POST.getlist("acknowledged")
    try:
        extractions.submit(extraction, by=member, acknowledged=acknowledged)
    except ValidationError as error:
        messages.error(
            request, f"Not submitted: {len(error.messages)} point(s) below need your attention."
        )
        context = _check_page(extraction) | {"acknowledged": acknowledged}
        return render(request, "extraction/check.html", context, status=422)
    messages.success(request, f"{extraction.study} was submitted.")
    return redirect("extraction:extract", member.review.slug)


@require_safe
@review_view(Permission.RECONCILE)
def reconcile(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Two extractions side by side, what differs first."""
    study = get_object_or_404(Study, pk=pk, review=member.review)
    submitted = list(
        Extraction.objects.visible_to(member)
        .filter(study=study, extractor__isnull=False)
        .exclude(submitted_seq=None)
        .select_related("extractor__user", "codebook")
        .order_by("pk")
    )
    compared: list[Any] = []
    if len(submitted) >= 2:
        codebook = codebooks.loaded(submitted[0].codebook)
        left, right = (extractions.revision(one) for one in submitted[:2])
        compared = differences(codebook, left, right)
    context = {"study": study, "submitted": submitted, "compared": compared}
    return render(request, "extraction/reconcile.html", context)


def _extraction(member: Membership, pk: int) -> Extraction:
    found = (
        Extraction.objects.filter(pk=pk, review=member.review)
        .select_related("study", "codebook", "extractor__user")
        .first()
    )
    if found is None:
        raise Http404("There is no such extraction.")
    try:
        extractions.check_owner(found, member)
    except PermissionDenied:
        raise Http404("There is no such extraction.") from None
    return found


def _section(extraction: Extraction, entity: str) -> Section:
    codebook = codebooks.loaded(extraction.codebook)
    if entity not in codebook.by_entity:
        raise Http404("The form has no such part.")
    return codebook.by_entity[entity]


def _first(extraction: Extraction) -> tuple[str, str]:
    entities = extraction.draft.get("entities", {})
    codebook = codebooks.loaded(extraction.codebook)
    for section in codebook.sections:
        if entities.get(section.entity):
            return section.entity, entities[section.entity][0]["key"]
    return codebook.sections[0].entity, codebook.sections[0].entity


def _page(extraction: Extraction, member: Membership, entity: str, key: str) -> dict[str, Any]:
    codebook = codebooks.loaded(extraction.codebook)
    if not entity:
        entity, key = _first(extraction)
    section = _section(extraction, entity)
    findings = extractions.check(extraction)
    made = forms.questions(
        codebook,
        _with_place(extraction, section, key),
        entity=entity,
        key=key,
        references=_references(extraction),
        findings=findings,
    )
    if not made:
        raise Http404("The draft has no such entry.")
    return {
        "extraction": extraction,
        "study": extraction.study,
        "section": section,
        "entity": entity,
        "key": key,
        "questions": made,
        "quotes": codebook.outputs.quotes if codebook.outputs else None,
        "steps": _steps(extraction, findings, entity, key),
        "files": ReportFile.objects.filter(report__studies=extraction.study)
        .select_related("report__record")
        .prefetch_related("pages")
        .distinct(),
        "n_errors": sum(1 for finding in findings if finding.is_error),
    }


def _with_place(extraction: Extraction, section: Section, key: str) -> dict:
    """The draft, with a blank entity where a section filled once per thing has none yet."""
    entities = extraction.draft.get("entities", {})
    if any(one.get("key") == key for one in entities.get(section.entity, [])):
        return extraction.draft
    owners = {one.get("key") for one in entities.get(section.per or "", [])}
    if key in owners or not (section.repeat or section.per):
        blank = {"key": key, "answers": {}, "missing": {}}
        return forms.with_entity(extraction.draft, section.entity, blank)
    return extraction.draft


def _steps(extraction: Extraction, findings: Any, entity: str, key: str) -> list[dict[str, Any]]:
    """The sections with their entities, and how many findings each has."""
    codebook = codebooks.loaded(extraction.codebook)
    steps = []
    for section in codebook.sections:
        named = titles(codebook, extraction.draft, section)
        if section.per:
            owners = titles(codebook, extraction.draft, codebook.section(section.per))
            named = owners
        elif not section.repeat and not named:
            named = {section.entity: ""}
        headings = [
            forms.Heading(
                section.entity,
                one,
                title,
                n_errors=_n(findings, section.entity, one, is_error=True),
                n_warnings=_n(findings, section.entity, one, is_error=False),
                is_here=(section.entity, one) == (entity, key),
            )
            for one, title in named.items()
        ]
        here = section.entity == entity
        may_add = section.repeat and not section.per
        steps.append({"section": section, "headings": headings, "here": here, "add": may_add})
    return steps


def _n(findings: Any, entity: str, key: str, *, is_error: bool) -> int:
    return sum(
        1 for f in findings if (f.entity, f.entity_key) == (entity, key) and f.is_error == is_error
    )


def _references(extraction: Extraction) -> dict[str, list[forms.Option]]:
    """What references may point at: entities of the draft, rows of groups, the study's reports."""
    codebook = codebooks.loaded(extraction.codebook)
    found = {
        section.entity: [
            forms.Option(key, title)
            for key, title in titles(codebook, extraction.draft, section).items()
        ]
        for section in codebook.sections
    }
    for name, (section, group) in codebook.group_entities.items():
        found[name] = [
            forms.Option(row["key"], f"{one['key']}: {_snippet(row)}")
            for one in extraction.draft.get("entities", {}).get(section.entity, [])
            for row in one.get("answers", {}).get(group.key, [])
        ]
    found["report"] = [
        forms.Option(str(link.report_id), str(link.report.record)[:90])
        for link in extraction.study.links.select_related("report__record")
    ]
    return found


def _snippet(row: dict) -> str:
    texts = [str(value) for value in row.get("answers", {}).values() if isinstance(value, str)]
    return max(texts, key=len, default=row["key"])[:60]


def _check_page(extraction: Extraction) -> dict[str, Any]:
    codebook = codebooks.loaded(extraction.codebook)
    found = extractions.check(extraction)
    findings = [
        {
            "finding": finding,
            "key": extractions.finding_key(finding),
            "section": codebook.by_entity[finding.entity].label
            if finding.entity in codebook.by_entity
            else "",
        }
        for finding in found
    ]
    return {
        "extraction": extraction,
        "study": extraction.study,
        "errors": [row for row, one in zip(findings, found, strict=True) if one.is_error],
        "warnings": [row for row, one in zip(findings, found, strict=True) if not one.is_error],
        "acknowledged": [],
    }
