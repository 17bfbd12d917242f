"""Decisions that another tool left in an export: looked at, assigned to people, entered."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership, Stage
from reviewtool.reviews.permissions import Permission
from screening.forms.imports import PriorDecisionsForm
from screening.models import ImportedFile
from screening.services import prior_decisions
from screening.services.prior_decisions import Found


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Permission.IMPORT)
def assign(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Say whose decisions a file carries, and have them entered."""
    files = ImportedFile.objects.select_related("search__review")
    file = get_object_or_404(files, pk=pk, search__review=member.review)
    found = prior_decisions.found_in(file)
    form = _form(member, found, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return redirect(prior_decisions.bring_in(file, by=member, **form.cleaned_data))
        except ValidationError as error:
            form.add_error(None, error)
    context = {
        "file": file,
        "search": file.search,
        "form": form,
        "rows": list(zip(found.voices.items(), form.voice_fields, strict=True)),
    }
    status = 422 if form.is_bound else 200
    return render(request, "screening/imports/prior_decisions.html", context, status=status)


def _form(member: Membership, found: Found, data: Any) -> PriorDecisionsForm:
    review = member.review
    reasons = [reason for stage in Stage.values for reason in review.protocol.reasons_at(stage)]
    return PriorDecisionsForm(
        data,
        voices={voice.key: f"Decisions of {voice}" for voice in found.voices},
        members=[(each.pk, str(each)) for each in prior_decisions.reviewers_of(review)],
        reasons=found.reasons,
        codes=list({reason["code"]: reason["label"] for reason in reasons}.items()),
    )
