"""The PRISMA page: the diagram of any instant, every box a link to what is in it."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from reviewtool.reviews import ledger
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import LedgerHead, Membership
from reviewtool.reviews.permissions import Permission
from screening.models import Record, Study
from screening.prisma import check_identities, diagram, tables, text
from screening.prisma.flow import Flow
from screening.services.prisma import flow_for

FORMATS = {"svg": "SVG", "csv": "CSV for R", "json": "JSON", "text": "Methods text"}
_TYPES = {
    "svg": ("image/svg+xml", "svg"),
    "csv": ("text/csv; charset=utf-8", "csv"),
    "json": ("application/json", "json"),
    "text": ("text/plain; charset=utf-8", "txt"),
}


@require_safe
@review_view(Permission.READ)
def show(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show the diagram, its identities, and what is pending, now or at a past instant."""
    as_of = _as_of(request)
    flow = flow_for(member, as_of=as_of)
    context = {
        "flow": flow,
        "svg": mark_safe(_drawn(flow, member, request)),  # nosec - our own SVG, texts escaped
        "identities": check_identities(flow),
        "formats": FORMATS,
        "as_of": as_of,
        "as_of_query": urlencode({"as_of": as_of.isoformat()}) if as_of else "",
        "slider": _slider(member, as_of),
        "results": text.results_text(flow),
        "methods": text.methods_text(flow),
        "r_call": tables.r_call(flow),
        "n_entries": LedgerHead.objects.get(review=member.review).seq,
        "protocol": member.review.protocol,
    }
    return render(request, "screening/prisma/page.html", context)


def _drawn(flow: Flow, member: Membership, request: HttpRequest) -> str:
    url = reverse("screening:prisma_box", args=[member.review.slug])
    as_of = request.GET.get("as_of", "")
    links = {
        key: f"{url}?{urlencode({'box': key} | ({'as_of': as_of} if as_of else {}))}"
        for key in flow.counts()
    }
    return diagram.to_svg(flow, links=links, themed=True)


def _slider(member: Membership, as_of: datetime | None) -> dict[str, Any]:
    """From the review's first day to today, in whole days."""
    first = timezone.localdate(member.review.created_at)
    entry = ledger.tables()[0]._default_manager.filter(review=member.review).order_by("seq").first()
    if entry is not None:
        first = min(first, timezone.localdate(entry.recorded_at))
    last = max(timezone.localdate(), first)
    shown = timezone.localdate(as_of) if as_of else last
    return {"first": first, "last": last, "shown": shown}


@require_safe
@review_view(Permission.READ)
def show_box(request: HttpRequest, member: Membership) -> HttpResponse:
    """List what is in one box of the diagram."""
    box = request.GET.get("box", "")
    flow = flow_for(member, as_of=_as_of(request))
    if box not in flow.counts() and box not in flow.members:
        raise Http404("The diagram has no such box.")
    ids = flow.members.get(box, ())
    if box == "studies":
        things: QuerySet[Any] = Study.objects.filter(review=member.review, pk__in=ids)
    else:
        things = Record.objects.filter(review=member.review, pk__in=ids).select_related("search")
    name, _, line = box.partition(":")
    context = {
        "box": line or name.replace("_", " "),
        "kind": name.replace("_", " "),
        "things": things[:2000],
        "n": len(ids),
        "is_study": box == "studies",
    }
    return render(request, "screening/prisma/box.html", context)


@require_safe
@review_view(Permission.EXPORT)
def download(request: HttpRequest, member: Membership, format: str) -> HttpResponse:
    """Download the flow in a format; a provisional one says so in its name."""
    if format not in FORMATS:
        raise Http404("There is no such format.")
    flow = flow_for(member, as_of=_as_of(request))
    content_type, ending = _TYPES[format]
    state = "-provisional" if flow.is_provisional else ""
    response = HttpResponse(_content(flow, format), content_type=content_type)
    name = f"{member.review.slug}-prisma{state}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _content(flow: Flow, format: str) -> str:
    if format == "svg":
        return diagram.to_svg(flow)
    if format == "csv":
        return tables.to_r_csv(flow)
    if format == "json":
        return json.dumps(tables.to_json(flow), indent=2, ensure_ascii=False)
    return f"{text.methods_text(flow)}\n\n{text.results_text(flow)}\n\nR: {tables.r_call(flow)}\n"


def _as_of(request: HttpRequest) -> datetime | None:
    """Read `as_of` (an instant) or `day` (its end); what cannot be read is said and left out."""
    instant, day = request.GET.get("as_of", ""), request.GET.get("day", "")
    try:
        if instant:
            found = datetime.fromisoformat(instant.replace(" ", "+").replace("Z", "+00:00"))
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        if day:
            midnight = datetime.fromisoformat(f"{day}T23:59:59")
            found = timezone.make_aware(midnight)
            return None if found >= timezone.now() else found
    except (ValueError, ValidationError):
        messages.error(request, "Write the day like 2026-03-01. The present is shown instead.")
    return None
