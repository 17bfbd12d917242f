"""The places of a review (its left rail). Upper floors announce theirs in AppConfig.ready()."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission

SECTIONS = ("", "Collect", "Screen", "Evidence", "Report")


@dataclass(frozen=True)
class Place:
    """One entry of the rail; `waiting` counts what waits there for this member."""

    label: str
    url_name: str
    section: str
    order: int
    permissions: tuple[Permission, ...] = (Permission.READ,)
    waiting: Callable[[Membership], int] | None = None
    url_args: tuple[str, ...] = ()

    def url(self, member: Membership) -> str:
        return reverse(self.url_name, args=[member.review.slug, *self.url_args])


_places: list[Place] = []


def register(*places: Place) -> None:
    for place in places:
        if place not in _places:
            _places.append(place)


def places_for(member: Membership) -> list[Place]:
    """Places the member may enter, in the order of the rail."""
    open_to = [place for place in _places if any(map(member.may, place.permissions))]
    return sorted(open_to, key=lambda place: (SECTIONS.index(place.section), place.order))


def rail(request: HttpRequest, member: Membership) -> list[dict]:
    """Return the rail as base templates show it: sections with items, the current one marked."""
    shown = places_for(member)
    sections: list[dict] = [
        {
            "heading": section,
            "items": [_item(request, member, place) for place in shown if place.section == section],
        }
        for section in SECTIONS
    ]
    items = [item for section in sections for item in section["items"]]
    _mark_current(request, items, root=member.review.get_absolute_url())
    return [section for section in sections if section["items"]]


def _item(request: HttpRequest, member: Membership, place: Place) -> dict:
    waiting = place.waiting(member) if place.waiting else None
    url = place.url(member)
    return {"label": place.label, "url": url, "waiting": waiting or None, "current": False}


def _mark_current(request: HttpRequest, items: Iterable[dict], *, root: str) -> None:
    """The longest URL that begins the request's path is where one stands.

    The review's root begins every path, so it counts only when one stands there exactly.
    """
    begun = [item for item in items if request.path.startswith(item["url"])]
    within = [item for item in begun if item["url"] != root or request.path == root]
    if within:
        max(within, key=lambda item: len(item["url"]))["current"] = True
