"""The team: members and their roles, invitations by link, leaving."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.simple_forms import InvitationForm, RolesForm
from reviewtool.reviews.models import Invitation, Membership
from reviewtool.reviews.permissions import Permission
from reviewtool.reviews.services import members


@require_safe
@review_view(Permission.READ)
def show(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the members; a lead sees invitations and forms too."""
    return _team(request, member)


def _team(
    request: HttpRequest, member: Membership, *, status: int = 200, **changes
) -> HttpResponse:
    everybody = member.review.memberships.select_related("user")
    manages = member.may(Permission.MANAGE_TEAM)
    context = {
        "team": [
            (one, RolesForm(initial={"roles": one.roles}, prefix=f"m{one.pk}"))
            for one in everybody
            if one.is_active
        ],
        "former": [one for one in everybody if not one.is_active],
        "invitations": Invitation.objects.open().filter(review=member.review) if manages else [],
        "form": InvitationForm(),
        "manages": manages,
        "link": "",
    }
    return render(request, "reviews/team.html", context | changes, status=status)


@require_POST
@review_view(Permission.MANAGE_TEAM)
def invite(request: HttpRequest, member: Membership) -> HttpResponse:
    """Make an invitation and show its link, this once."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _team(request, member, form=form, status=422)
    _, secret = members.invite(member, **form.cleaned_data)
    link = request.build_absolute_uri(reverse("reviews:accept", args=[secret]))
    return _team(request, member, link=link)


@require_POST
@review_view(Permission.MANAGE_TEAM)
def revoke(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    members.revoke(get_object_or_404(Invitation, pk=pk, review=member.review), by=member)
    messages.success(request, "The invitation is taken back.")
    return redirect("reviews:team", member.review.slug)


@require_POST
@review_view(Permission.MANAGE_TEAM)
def change_roles(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    person = get_object_or_404(Membership, pk=pk, review=member.review)
    roles = request.POST.getlist(f"m{pk}-roles")
    return _doing(
        request,
        member,
        lambda: members.change_roles(person, by=member, roles=roles),
        f"{person}'s roles are changed.",
    )


@require_POST
@review_view(Permission.MANAGE_TEAM)
def remove(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    person = get_object_or_404(Membership, pk=pk, review=member.review)
    done = f"{person} has no access any more. Their decisions stay."
    return _doing(request, member, lambda: members.remove(person, by=member), done)


@require_POST
@review_view(Permission.READ)
def leave(request: HttpRequest, member: Membership) -> HttpResponse:
    """End one's own membership."""
    try:
        members.leave(member)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("reviews:team", member.review.slug)
    messages.success(request, f"You have left “{member.review}”.")
    return redirect("reviews:home")


def _doing(
    request: HttpRequest, member: Membership, act: Callable[[], object], done: str
) -> HttpResponse:
    try:
        act()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return redirect("reviews:team", member.review.slug)


@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """Show an invitation; accept it once signed in."""
    invitation = members.open_invitation(secret)
    if invitation is None:
        return render(request, "reviews/invitation_gone.html", status=404)
    if request.method == "POST":
        return _accept(request, secret)
    return render(request, "reviews/join.html", {"invitation": invitation})


@login_required
def _accept(request: HttpRequest, secret: str) -> HttpResponse:
    try:
        member = members.accept(secret, user=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("reviews:home")
    messages.success(request, f"Welcome to “{member.review}”.")
    return redirect(member.review)
