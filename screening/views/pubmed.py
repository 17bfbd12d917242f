"""PubMed searched directly: count first, then fetch; saved searches run again."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from reviewtool.jobs.models import Job
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission
from screening.forms.pubmed import PubMedForm
from screening.models import SavedSearch, Search
from screening.pubmed.client import MOST_AT_ONCE
from screening.services import pubmed


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Permission.IMPORT)
def search(request: HttpRequest, member: Membership) -> HttpResponse:
    """Look at a query, and run it once it was looked at."""
    form = PubMedForm(request.POST or None)
    found = None
    if form.is_valid():
        try:
            if "run" in request.POST and _was_looked_at(request):
                return _to_run(pubmed.save_and_run(member, **form.cleaned_data), member)
            found = pubmed.look(form.cleaned_data["query"], by=member)
        except ValidationError as error:
            form.add_error(None, error.messages)
    context: dict[str, Any] = {
        "form": form,
        "found": found,
        "most": pubmed.MOST_RECORDS,
        "most_at_once": MOST_AT_ONCE,
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
        return _to_run(pubmed.run_search(saved, by=member), member)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("screening:pubmed", member.review.slug)


def _was_looked_at(request: HttpRequest) -> bool:
    """Tell whether the query is still the one whose count was shown."""
    query, looked = (request.POST.get(name, "").split() for name in ("query", "looked"))
    return query == looked


def _to_run(job: Job, member: Membership) -> HttpResponse:
    """Go to the search that the job fetches: its page shows how far it is."""
    return redirect("screening:search", member.review.slug, job.params["search"])


def _saved(member: Membership) -> Any:
    runs = Prefetch("runs", queryset=Search.objects.with_counts().order_by("-pk"))
    return SavedSearch.objects.filter(review=member.review).prefetch_related(runs)
