"""PubMed searched directly: count first, then fetch; saved searches run again."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Max, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission
from screening.forms.pubmed import PubMedForm
from screening.models import SavedSearch, Search
from screening.services import pubmed


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Permission.IMPORT)
def search(request: HttpRequest, member: Membership) -> HttpResponse:
    """Look at a query, and run it once it was looked at."""
    form = PubMedForm(request.POST or None)
    found = None
    if form.is_valid():
        try:
            if "run" in request.POST:
                saved = pubmed.save_search(member, **form.cleaned_data)
                return redirect(pubmed.run_search(saved, by=member))
            found = pubmed.look(form.cleaned_data["query"], by=member)
        except ValidationError as error:
            form.add_error(None, error.messages)
    context: dict[str, Any] = {
        "form": form,
        "found": found,
        "most": pubmed.MOST_RECORDS,
        "saved_searches": _saved(member),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "screening/pubmed/page.html", context, status=status)


@require_POST
@review_view(Permission.IMPORT)
def run_again(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Run a saved search today."""
    saved = get_object_or_404(SavedSearch, pk=pk, review=member.review)
    try:
        return redirect(pubmed.run_search(saved, by=member))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("screening:pubmed", member.review.slug)


def _saved(member: Membership) -> Any:
    runs = Prefetch("runs", queryset=Search.objects.with_counts().order_by("-pk"))
    searches = SavedSearch.objects.filter(review=member.review).prefetch_related(runs)
    return searches.annotate(last_on=Max("runs__searched_on"))
