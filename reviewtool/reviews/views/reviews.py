"""The reviews home, a new review, deleting one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.simple_forms import ProtocolForm, ReviewForm, TypedForm
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission
from reviewtool.reviews.services import reviews


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """List my reviews with my roles and when something last happened."""
    memberships = (
        Membership.objects.active()
        .filter(user=request.user)
        .select_related("review__ledger_head")
        .order_by("-review__ledger_head__recorded_at")
    )
    return render(request, "reviews/home.html", {"memberships": memberships})


@require_http_methods(["GET", "POST"])
@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Make a review with its protocol."""
    form, protocol_form = ReviewForm(request.POST or None), ProtocolForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and protocol_form.is_valid():
        try:
            member = reviews.create_review(
                by=request.user,
                title=form.cleaned_data["title"],
                roles=form.roles(),
                **protocol_form.protocol_fields(),
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "The review is made. Register its first search.")
            return redirect(member.review)
    status = 422 if form.errors or protocol_form.errors else 200
    context = {"form": form, "protocol_form": protocol_form}
    return render(request, "reviews/create.html", context, status=status)


@require_http_methods(["GET", "POST"])
@review_view(Permission.DELETE_REVIEW)
def delete(request: HttpRequest, member: Membership) -> HttpResponse:
    """Delete the review after a preview in numbers and its name typed."""
    form = TypedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reviews.delete_review(member, typed_title=form.cleaned_data["typed"])
        except ValidationError as error:
            form.add_error("typed", " ".join(error.messages))
        else:
            messages.success(request, "The review is deleted.")
            return redirect("reviews:home")
    context = {"form": form, "contents": reviews.deletion_preview(member.review).items()}
    return render(request, "reviews/delete.html", context, status=422 if form.errors else 200)
