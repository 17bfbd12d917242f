"""Reviews: one's own, a new one, and the end of one."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.forms.errors import tried
from reviewtool.reviews.forms.protocols import NewReviewForm
from reviewtool.reviews.forms.reviews import DeleteReviewForm
from reviewtool.reviews.models import Membership, User
from reviewtool.reviews.permissions import Permission
from reviewtool.reviews.services import reviews
from reviewtool.reviews.services.protocols import Effect
from reviewtool.reviews.views.accounts import require_get_or_post


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """My reviews, the one with the latest activity first."""
    mine = cast(User, request.user).memberships.active()
    mine = mine.select_related("review__ledger_head").order_by("-review__ledger_head__recorded_at")
    return render(request, "reviews/home.html", {"memberships": mine})


@require_get_or_post
@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Begin a review with its protocol."""
    form = NewReviewForm(request.POST or None)
    user = cast(User, request.user)
    if form.is_valid():
        member = tried(form, lambda: _create(form, user))
        if member:
            messages.success(
                request, "The review is there. Register a search, or invite colleagues."
            )
            return redirect(member.review)
    status = 422 if form.is_bound else 200
    return render(request, "reviews/new.html", {"form": form}, status=status)


def _create(form: NewReviewForm, user: User) -> Membership:
    return reviews.create_review(
        by=user,
        title=form.cleaned_data["title"],
        slug=form.cleaned_data["slug"],
        roles=form.roles(),
        **form.protocol_fields(),
    )


@require_get_or_post
@review_view(Permission.DELETE_REVIEW)
def delete(request: HttpRequest, member: Membership) -> HttpResponse:
    """Delete the review, after showing what goes and after its title was typed."""
    form = DeleteReviewForm(request.POST or None, review=member.review)
    if form.is_valid() and tried(form, lambda: _deleted(member, form.cleaned_data["typed"])):
        messages.success(request, f"The review “{member.review.title}” is deleted.")
        return redirect("reviews:home")
    counts = reviews.deletion_preview(member.review)
    effects = [Effect(n, name) for name, n in sorted(counts.items(), key=lambda one: -one[1])]
    status = 422 if form.is_bound else 200
    context = {"form": form, "effects": effects}
    return render(request, "reviews/delete.html", context, status=status)


def _deleted(member: Membership, typed: str) -> bool:
    reviews.delete_review(member, typed_title=typed)
    return True
