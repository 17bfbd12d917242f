"""The card: what a reviewer looks at for hours.

The page holds the open cards; a script shows the next one the moment a key is pressed and sends
the decision behind it. Without scripts every button is an ordinary form.
"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership, Stage
from reviewtool.reviews.permissions import Permission
from screening.forms.screen import DecisionForm
from screening.models import Decision, Offer, Record, Report
from screening.services import decisions, offers, ranking
from screening.services.progress import progress_of
from screening.services.stopping import standing_stop


@require_safe
@review_view(Permission.SCREEN)
def screen(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Show the member's open cards; reading never offers new ones."""
    return render(request, "screening/screen/page.html", _page(member, stage))


@require_POST
@review_view(Permission.SCREEN)
def ask_for_cards(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Offer cards ahead: the page's "Begin" button, and what the script asks for."""
    cards = offers.offer_ahead(member, stage=stage)
    if _wants_json(request):
        return JsonResponse(_fresh(request, member, stage, cards))
    return redirect("screening:screen", member.review.slug, stage)


@require_POST
@review_view(Permission.SCREEN)
def decide_record(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Enter the verdict on the record that was shown, and offer the next cards."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _refused(request, member, stage, form)
    answer = form.cleaned_data
    record = get_object_or_404(Record, pk=answer["record"], review=member.review)
    try:
        decision = decisions.decide(
            record,
            by=member,
            stage=stage,
            verdict=answer["verdict"],
            reason=answer["reason"],
            further_reasons=answer["further_reasons"],
            note=answer["note"],
            offer=_offer(member, answer["offer"]),
            key=answer["key"],
            attention_seconds=answer["seconds"],
        )
    except ValidationError as error:
        form.add_error(None, error.messages)
        return _refused(request, member, stage, form)
    cards = offers.offer_ahead(member, stage=stage)
    ranking.after_decision(decision, by=member)
    if _wants_json(request):
        return JsonResponse(_fresh(request, member, stage, cards) | _undo(member, decision))
    return redirect("screening:screen", member.review.slug, stage)


@require_POST
@review_view(Permission.SCREEN)
def put_off_record(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Put a card at the end of the member's queue."""
    record = get_object_or_404(Record, pk=request.POST.get("record"), review=member.review)
    decisions.put_off(record, by=member, stage=stage)
    cards = offers.offer_ahead(member, stage=stage)
    if _wants_json(request):
        return JsonResponse(_fresh(request, member, stage, cards))
    return redirect("screening:screen", member.review.slug, stage)


@require_POST
@review_view(Permission.SCREEN)
def retract_decision(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Take back one's own decision (the Z key)."""
    decision = get_object_or_404(Decision, pk=pk, review=member.review, actor=member)
    try:
        decisions.retract(decision, by=member, key=request.POST.get("key", "")[:64])
    except ValidationError as error:
        if _wants_json(request):
            return JsonResponse({"errors": error.messages}, status=422)
        messages.error(request, " ".join(error.messages))
    else:
        ranking.after_decision(decision, by=member)
        if _wants_json(request):
            stage = Stage(decision.stage)
            cards = offers.cards(member, stage=stage)
            return JsonResponse(_fresh(request, member, stage, cards))
    return redirect("screening:screen", member.review.slug, Stage(decision.stage))


def _page(member: Membership, stage: Stage, form: DecisionForm | None = None) -> dict[str, Any]:
    review, protocol = member.review, member.review.protocol
    return {
        "stage": stage,
        "protocol": protocol,
        "reasons": protocol.reasons_at(stage),
        "highlights": protocol.highlights,
        "progress": progress_of(member, stage),
        "stop": standing_stop(review, stage=stage),
        "last": _last(member, stage),
        "form": form or DecisionForm(),
        **_cards(offers.cards(member, stage=stage), stage),
    }


def _cards(cards: list[Offer], stage: Stage) -> dict[str, Any]:
    groups = [card.record.group_id for card in cards]
    sources, files = _sources(groups), {}
    if stage == Stage.FULL_TEXT:
        reports = Report.objects.filter(record__canonical__in=groups).prefetch_related("files")
        files = {report.record.canonical_id: report for report in reports.select_related("record")}
    for card in cards:
        # What only the page shows of a card.
        group = card.record.group_id
        vars(card).update(report=files.get(group), sources=sources[group])
    return {"cards": cards}


def _sources(groups: list[int]) -> dict[int, list[str]]:
    """In which searches each group was found."""
    members = Record.objects.visible().filter(canonical__in=groups).order_by("search")
    found: dict[int, list[str]] = {group: [] for group in groups}
    for group, source in members.values_list("canonical", "search__source"):
        if source not in found[group]:
            found[group].append(source)
    return found


def _fresh(
    request: HttpRequest, member: Membership, stage: Stage, cards: list[Offer]
) -> dict[str, Any]:
    """What the script needs after each step: the open cards as HTML, and the quiet numbers."""
    protocol = member.review.protocol
    context = _cards(cards, stage) | {
        "stage": stage,
        "member": member,
        "review": member.review,
        "highlights": protocol.highlights,
        "progress": progress_of(member, stage),
    }
    return {
        "cards": render_to_string("screening/screen/_cards.html", context, request),
        "progress": render_to_string("screening/screen/_progress.html", context, request),
    }


def _undo(member: Membership, decision: Decision) -> dict[str, Any]:
    url = reverse("screening:retract", args=[member.review.slug, decision.pk])
    return {"decision": decision.pk, "retract": url}


def _last(member: Membership, stage: Stage) -> Decision | None:
    """The member's latest standing decision, for the undo button."""
    mine = Decision.objects.filter(
        review=member.review, actor=member, stage=stage, is_adjudication=False
    )
    return mine.current().select_related("record").order_by("-seq").first()


def _offer(member: Membership, pk: int | None) -> Offer | None:
    return Offer.objects.filter(pk=pk, review=member.review, actor=member).first() if pk else None


def _refused(
    request: HttpRequest, member: Membership, stage: Stage, form: DecisionForm
) -> HttpResponse:
    if _wants_json(request):
        sentences = [sentence for errors in form.errors.values() for sentence in errors]
        return JsonResponse({"errors": sentences}, status=422)
    context = _page(member, stage, form)
    return render(request, "screening/screen/page.html", context, status=422)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")
