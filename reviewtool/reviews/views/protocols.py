"""The protocol: what is in force, its versions, a change with its effect previewed."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.simple_forms import ProtocolForm
from reviewtool.reviews.models import Membership, Protocol, Stage
from reviewtool.reviews.permissions import Permission
from reviewtool.reviews.services import protocols


@require_safe
@review_view(Permission.READ)
def show(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show the version in force and the history."""
    return _shown(request, member, member.review.protocol)


@require_safe
@review_view(Permission.READ)
def show_version(request: HttpRequest, member: Membership, version: int) -> HttpResponse:
    return _shown(
        request, member, get_object_or_404(Protocol, review=member.review, version=version)
    )


def _shown(request: HttpRequest, member: Membership, protocol: Protocol) -> HttpResponse:
    versions = list(member.review.protocols.order_by("-version"))
    before = next((one for one in versions if one.version == protocol.version - 1), None)
    context = {
        "protocol": protocol,
        "versions": versions,
        "changes": differences(before, protocol) if before else [],
        "reasons": [(stage.label, protocol.reasons_at(stage)) for stage in Stage],
        "may_change": member.may(Permission.CHANGE_PROTOCOL),
    }
    return render(request, "reviews/protocol.html", context)


@require_http_methods(["GET", "POST"])
@review_view(Permission.CHANGE_PROTOCOL)
def edit(request: HttpRequest, member: Membership) -> HttpResponse:
    """Change the protocol: first the effect in numbers, then "put in force"."""
    form = ProtocolForm(request.POST or None, instance=member.review.protocol)
    context: dict[str, Any] = {
        "form": form,
        "note": request.POST.get("note", ""),
        "include_settled": "include_settled" in request.POST,
    }
    if request.method == "POST" and form.is_valid():
        fields = form.protocol_fields()
        if "confirm" in request.POST:
            try:
                version = protocols.change_protocol(
                    member,
                    note=context["note"][:1000],
                    include_settled=context["include_settled"],
                    **fields,
                )
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(request, f"{version} is in force.")
                return redirect("reviews:protocol", member.review.slug)
        context |= _preview(member, fields, include_settled=context["include_settled"])
    status = 422 if form.errors else 200
    return render(request, "reviews/edit_protocol.html", context, status=status)


def _preview(
    member: Membership, fields: dict[str, Any], *, include_settled: bool
) -> dict[str, Any]:
    effects = protocols.effects(member.review, fields, include_settled=include_settled)
    now = member.review.protocol
    after = Protocol(**{name: getattr(now, name) for name in protocols.FIELDS} | fields)
    return {"is_previewed": True, "changes": differences(now, after), "effects": effects}


def differences(before: Protocol, after: Protocol) -> list[tuple[str, Any, Any]]:
    """Return (label, before, after) of every field that differs between two versions."""
    return [
        (
            str(Protocol._meta.get_field(name).verbose_name),
            getattr(before, name),
            getattr(after, name),
        )
        for name in protocols.FIELDS
        if getattr(before, name) != getattr(after, name)
    ]
