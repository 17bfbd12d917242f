"""What every page of a review knows: the review, the member and the rail."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from reviewtool.reviews.places import rail


def review(request: HttpRequest) -> dict:
    known = {"sign_up_open": settings.SIGN_UP_OPEN, "debug": settings.DEBUG}
    member = getattr(request, "member", None)
    if member is None:
        return known
    return known | {
        "member": member,
        "review": member.review,
        "rail": SimpleLazyObject(partial(rail, request, member)),
    }
