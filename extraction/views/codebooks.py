"""The codebook: what the form asks, in every published version; publishing the next."""

import json

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from extraction.models import CodebookVersion
from extraction.services import codebooks
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission

LARGEST = 5 * 2**20


@require_safe
@review_view(Permission.READ)
def show_current(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show the codebook in force, or say that there is none yet."""
    version = codebooks.current(member.review)
    return _shown(request, member, version)


@require_safe
@review_view(Permission.READ)
def show(request: HttpRequest, member: Membership, version: int) -> HttpResponse:
    """Show one version; `?format=json` downloads it as it was published."""
    found = get_object_or_404(CodebookVersion, review=member.review, version=version)
    if request.GET.get("format") == "json":
        body = {"definition": found.definition, "vocabularies": found.vocabularies}
        response = HttpResponse(
            json.dumps(body, indent=2, ensure_ascii=False), content_type="application/json"
        )
        name = f"{member.review.slug}-codebook-{version}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    return _shown(request, member, found)


def _shown(
    request: HttpRequest, member: Membership, version: CodebookVersion | None
) -> HttpResponse:
    context = {
        "version": version,
        "codebook": codebooks.loaded(version) if version else None,
        "versions": member.review.codebooks.select_related("published_by__user"),
        "may_publish": member.may(Permission.CHANGE_CODEBOOK),
    }
    return render(request, "extraction/codebook.html", context)


@require_POST
@review_view(Permission.CHANGE_CODEBOOK)
def publish(request: HttpRequest, member: Membership) -> HttpResponse:
    """Publish the next version from a JSON file of the form this page downloads."""
    try:
        body = _read(request)
        version = codebooks.publish(
            member,
            definition=body["definition"],
            vocabularies=body["vocabularies"],
            note=request.POST.get("note", "")[:1000],
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("extraction:codebooks", member.review.slug)
    messages.success(request, f"{version} is published; new extractions use it.")
    return redirect(version)


def _read(request: HttpRequest) -> dict:
    file = request.FILES.get("file")
    if file is None or (file.size or 0) > LARGEST:
        raise ValidationError("Choose a JSON file of at most 5 MB.")
    try:
        body = json.load(file)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValidationError(f"{file.name} is not JSON: {error}.") from error
    if not isinstance(body, dict) or not {"definition", "vocabularies"} <= set(body):
        raise ValidationError(
            f"{file.name} needs “definition” and “vocabularies”, as a downloaded codebook has."
        )
    return body
