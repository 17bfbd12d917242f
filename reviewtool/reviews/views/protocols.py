"""The protocol: read, compared, changed after seeing what the change does."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.events import ProtocolChanged
from reviewtool.reviews.forms.errors import tried
from reviewtool.reviews.forms.protocols import NewVersionForm
from reviewtool.reviews.models import Event, Membership, Protocol, Review, Stage
from reviewtool.reviews.permissions import Permission
from reviewtool.reviews.services import protocols
from reviewtool.reviews.services.protocol_differences import differences, rules_of
from reviewtool.reviews.views.accounts import require_get_or_post


@require_safe
@review_view(Permission.READ)
def show(request: HttpRequest, member: Membership, version: int | None = None) -> HttpResponse:
    """A version of the protocol, the one in force by default, and how it came about."""
    review = member.review
    protocol = review.protocol if version is None else _version(review, version)
    context = {
        "protocol": protocol,
        "is_in_force": protocol == review.protocol,
        "reasons": [(stage.label, protocol.reasons_at(stage)) for stage in Stage],
        "recall_target": f"{100 * float(protocol.recall_target):g} %",
        "rules": list(rules_of(protocol)),
        "history": _history(review),
        "may_change": member.may(Permission.CHANGE_PROTOCOL),
    }
    return render(request, "reviews/protocol/page.html", context)


@require_safe
@review_view(Permission.READ)
def compare(request: HttpRequest, member: Membership) -> HttpResponse:
    """Two versions, field by field; without a choice the last two."""
    versions = list(member.review.protocols.values_list("version", flat=True))
    after = _version(member.review, _number(request.GET.get("to"), versions[-1]))
    before = _version(member.review, _number(request.GET.get("from"), max(1, after.version - 1)))
    context = {
        "before": before,
        "after": after,
        "versions": versions,
        "differences": differences(before, after),
    }
    return render(request, "reviews/protocol/compare.html", context)


@require_get_or_post
@review_view(Permission.CHANGE_PROTOCOL)
def edit(request: HttpRequest, member: Membership) -> HttpResponse:
    """Type a new version, look at what it does, confirm it.

    Nothing is kept between the steps but the page itself: `step` says what was pressed.
    """
    current = member.review.protocol
    data = request.POST.copy() if request.method == "POST" else None
    form = NewVersionForm(data, protocol=current)
    step = request.POST.get("step")
    if form.is_valid() and step != "edit":
        if step == "confirm" and tried(form, lambda: _change(form, member)) is not None:
            messages.success(request, f"Version {current.version + 1} is in force.")
            return redirect("reviews:protocol", member.review.slug)
        if form.is_valid() and _is_worth_a_look(form, current):
            return _preview(request, form, current)
    if data is not None and form.errors:
        data["base"] = str(current.version)
    status = 422 if form.errors else 200
    return render(request, "reviews/protocol/edit.html", {"form": form}, status=status)


def _change(form: NewVersionForm, member: Membership) -> Protocol:
    told = {name: form.cleaned_data[name] for name in ("note", "include_settled", "base")}
    return protocols.change_protocol(member, **told, **form.protocol_fields())


def _is_worth_a_look(form: NewVersionForm, current: Protocol) -> bool:
    """Check the proposal as the change itself will; sentences go into the form."""
    return bool(tried(form, lambda: _checked(form, current)))


def _checked(form: NewVersionForm, current: Protocol) -> bool:
    protocols.refuse_outdated(current, form.cleaned_data["base"])
    proposed = protocols.proposal(current, form.protocol_fields())
    if not differences(current, proposed):
        raise ValidationError(f"Nothing was changed, so version {current.version} stays.")
    protocols.check(proposed)
    return True


def _preview(request: HttpRequest, form: NewVersionForm, current: Protocol) -> HttpResponse:
    fields = form.protocol_fields()
    reaches_back = form.cleaned_data["include_settled"]
    context = {
        "form": form,
        "version": current.version + 1,
        "differences": differences(current, protocols.proposal(current, fields)),
        "effects": protocols.effects(current.review, fields, include_settled=reaches_back),
        "include_settled": reaches_back,
    }
    return render(request, "reviews/protocol/preview.html", context)


def _history(review: Review) -> list[dict]:
    """Every version with who put it in force, when and why, newest first."""
    changes = Event.objects.filter(review=review, kind=ProtocolChanged.kind)
    return [
        {"event": event, "change": ProtocolChanged(**event.payload)}
        for event in changes.select_related("actor__user").order_by("-seq")
    ]


def _version(review: Review, version: int) -> Protocol:
    return get_object_or_404(review.protocols, version=version)


def _number(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isdecimal() or len(text) > 6:
        raise Http404("There is no such version.")
    return int(text)
