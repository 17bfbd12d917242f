"""The team: who belongs to it, invitations, roles, joining and leaving."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from reviewtool.reviews import ledger
from reviewtool.reviews.access import review_view
from reviewtool.reviews.forms.errors import tried
from reviewtool.reviews.forms.team import EXPLAINED, InviteForm, RolesForm
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission
from reviewtool.reviews.services import members
from reviewtool.reviews.views.accounts import require_get_or_post


@require_safe
@review_view(Permission.READ)
def team(request: HttpRequest, member: Membership) -> HttpResponse:
    """Members and their roles; for leads also who is invited."""
    return _team_page(request, member)


@never_cache
@require_POST
@review_view(Permission.MANAGE_TEAM)
def invite(request: HttpRequest, member: Membership) -> HttpResponse:
    """Make a link; the secret in it is on the answered page, and nowhere else, ever."""
    form = InviteForm(request.POST)
    made = (
        tried(form, lambda: members.invite(member, **form.cleaned_data))
        if form.is_valid()
        else None
    )
    if made is None:
        return _team_page(request, member, invite_form=form, status=422)
    invitation, secret = made
    link = _public(request, reverse("reviews:accept", args=[secret]))
    return _team_page(request, member, invitation=invitation, link=link)


def _public(request: HttpRequest, path: str) -> str:
    """Return an address colleagues can open; behind a proxy PUBLIC_URL knows it best."""
    base = settings.PUBLIC_URL.rstrip("/")
    return f"{base}{path}" if base else request.build_absolute_uri(path)


@require_POST
@review_view(Permission.MANAGE_TEAM)
def revoke_invitation(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    invitation = get_object_or_404(member.review.invitations, pk=pk)
    try:
        members.revoke(invitation, by=member)
        messages.success(request, "The invitation is taken back; its link opens nothing any more.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("reviews:team", member.review.slug)


def _team_page(
    request: HttpRequest, member: Membership, *, status: int = 200, **context
) -> HttpResponse:
    everybody = member.review.memberships.select_related("user")
    defaults = {
        "members": [one for one in everybody if one.is_active],
        "former": [one for one in everybody if not one.is_active],
        "explained": [(role.value, text) for role, text in EXPLAINED.items()],
        "may_manage": member.may(Permission.MANAGE_TEAM),
        "may_delete": member.may(Permission.DELETE_REVIEW),
    }
    if member.may(Permission.MANAGE_TEAM):
        defaults["invite_form"] = InviteForm()
        defaults["invitations"] = member.review.invitations.open()
        defaults["days"] = settings.INVITATION_DAYS
    return render(request, "reviews/team/page.html", defaults | context, status=status)


def _changed(form: RolesForm, other: Membership, member: Membership) -> bool:
    given = form.cleaned_data
    return tried(form, lambda: members.change_roles(other, by=member, **given)) is not None


@require_get_or_post
@review_view(Permission.MANAGE_TEAM)
def change_roles(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Choose another set of roles for a member."""
    other = _colleague(member, pk)
    form = RolesForm(request.POST or None, initial={"roles": other.roles})
    if request.method == "POST":
        form = RolesForm(request.POST, initial={"roles": other.roles})
    if form.is_valid() and _changed(form, other, member):
        messages.success(request, f"The roles of {other} were changed.")
        return redirect("reviews:team", member.review.slug)
    status = 422 if form.is_bound else 200
    context = {"form": form, "other": other}
    return render(request, "reviews/team/roles.html", context, status=status)


@require_get_or_post
@review_view(Permission.MANAGE_TEAM)
def remove(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """End somebody's membership, after saying what stays."""
    other = _colleague(member, pk)
    return _end(request, member, other, lambda: members.remove(other, by=member))


@require_get_or_post
@review_view(Permission.READ)
def leave(request: HttpRequest, member: Membership) -> HttpResponse:
    """End one's own membership."""
    return _end(request, member, member, lambda: members.leave(member))


def _end(
    request: HttpRequest, member: Membership, other: Membership, end: Callable[[], None]
) -> HttpResponse:
    problem = members.why_not_end(other, by=member)
    if request.method == "POST":
        try:
            end()
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            return _ended(request, member, other)
    context = {
        "other": other,
        "is_self": other == member,
        "problem": problem,
        "may_end": not problem,
        "n": _entries_of(other),
    }
    status = 422 if problem and request.method == "POST" else 200
    return render(request, "reviews/team/end.html", context, status=status)


def _ended(request: HttpRequest, member: Membership, other: Membership) -> HttpResponse:
    if other == member:
        messages.success(request, f"You left “{member.review}”.")
        return redirect("reviews:home")
    messages.success(request, f"{other} is no longer a member.")
    return redirect("reviews:team", member.review.slug)


def _entries_of(member: Membership) -> int:
    return sum(table._default_manager.filter(actor=member).count() for table in ledger.tables())


def _colleague(member: Membership, pk: int) -> Membership:
    colleagues = member.review.memberships.active().select_related("review", "user")
    return get_object_or_404(colleagues, pk=pk)


@never_cache
@require_get_or_post
def accept(request: HttpRequest, secret: str) -> HttpResponse:
    """Show what an invitation is for; signed in, one joins by a click."""
    invitation = members.open_invitation(secret)
    if invitation is None:
        return render(request, "reviews/join_spent.html", status=404)
    problem = ""
    if request.method == "POST" and request.user.is_authenticated:
        try:
            member = members.accept(secret, user=request.user)
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            messages.success(request, f"You are now a member: {', '.join(member.roles)}.")
            return redirect(member.review)
    context = {
        "invitation": invitation,
        "problem": problem,
        "roles": [(role, EXPLAINED[role]) for role in invitation.roles],
    }
    return render(request, "reviews/join.html", context, status=422 if problem else 200)
