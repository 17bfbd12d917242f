"""The door: who stands before it is settled before any view begins."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.permissions import SAFE_METHODS, BasePermission

from reviewtool.reviews.models import Membership, Token, User
from reviewtool.reviews.permissions import Permission, require

View = Callable[..., HttpResponseBase]


def member_of(user: User, slug: str) -> Membership:
    """Return the user's membership of the review, or 404: a stranger learns nothing."""
    try:
        member = (
            Membership.objects.active()
            .select_related("review", "user")
            .get(review__slug=slug, user=user)
        )
    except Membership.DoesNotExist:
        raise Http404("There is no such review.") from None
    member.review.remember_protocol()
    return member


def review_view(*needed: Permission) -> Callable[[View], View]:
    """Turn the slug in the URL into the caller's Membership (404) with the permissions (403).

    Use as `@review_view(Permission.READ)`; the view receives `(request, member, ...)`. Strangers
    are sent to the login page. With several permissions any one of them opens the door.
    """

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def opened(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            member = member_of(cast(User, request.user), slug)
            request.member = member
            if not any(member.may(permission) for permission in needed):
                require(member, needed[0])
            return view(request, member, *args, **kwargs)

        return opened

    return decorate


class IsMember(BasePermission):
    """Settle API access: a member of the review in the URL, with the view's permission.

    A view names `read_permission` and `write_permission` (default: read the review); a token
    with read scope never writes. The membership is left on `request.member`.
    """

    message = "Your roles do not allow this."

    def has_permission(self, request, view) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        slug = view.kwargs.get("slug")
        if slug is None:
            return True
        member = member_of(request.user, slug)
        request.member = member
        needed = getattr(view, "read_permission", Permission.READ)
        if request.method not in SAFE_METHODS:
            needed = getattr(view, "write_permission", needed)
            token = request.auth
            if isinstance(token, Token) and token.scope != Token.Scope.WRITE:
                self.message = "This token may only read. Make one with the scope “read and write”."
                return False
        if not member.may(needed):
            self.message = f"Your roles do not allow you to {needed.value}."
            return False
        return True
