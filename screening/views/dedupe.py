"""Duplicates: what rules joined, what needs an eye, what was kept apart, and taking it back."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewtool.jobs.models import Job
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission
from screening.forms.dedupe import JudgementForm
from screening.models import DuplicateJudgement, DuplicateQuestion, Record
from screening.services import dedupe, duplicates, record_history
from screening.side_by_side import Row, row

PAGE = 50
FIELDS = (
    ("Title", "title"), ("Authors", "authors"), ("Journal", "journal"), ("Year", "year"),
    ("Volume", "volume"), ("Issue", "number"), ("Pages", "pages"), ("DOI", "doi"),
    ("PubMed id", "pmid"), ("Registration", "registry_id"), ("Type", "type"),
    ("Language", "language"), ("Abstract", "abstract"),
)  # fmt: skip


@require_GET
@review_view(Permission.READ)
def ask(request: HttpRequest, member: Membership) -> HttpResponse:
    """The next pair that needs a person's eye, side by side."""
    reason = request.GET.get("reason", "")
    open_pairs = duplicates.open_questions(member.review)
    wanted = open_pairs.filter(reason=reason) if reason else open_pairs
    question = wanted.select_related("first__search", "second__search").first()
    context = _bands(member) | {
        "band": "ask",
        "reason": reason,
        "reasons": open_pairs.order_by().values("reason").annotate(n=Count("pk")).order_by("-n"),
        "n_wanted": wanted.count(),
        "question": question,
        "last": duplicates.last_by(member),
    }
    if question is not None:
        context |= _side_by_side(question.first, question.second)
        context |= {"evidence_for": question.evidence_for, "why": question.reason}
        context |= {"evidence_against": question.evidence_against}
    return _page(request, member, "ask.html", context)


@require_GET
@review_view(Permission.READ)
def pair(request: HttpRequest, member: Membership, first: int, second: int) -> HttpResponse:
    """Any two records side by side, with what was judged of them."""
    return _pair_page(request, member, *_pair(member, first, second))


@require_GET
@review_view(Permission.READ)
def joined(request: HttpRequest, member: Membership) -> HttpResponse:
    """The groups of duplicates, with what joined them."""
    ids = (
        Record.objects.filter(review=member.review)
        .visible()
        .order_by()
        .values_list("canonical")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
        .order_by("canonical")
    )
    groups = Paginator(ids, PAGE).get_page(request.GET.get("page"))
    shown = duplicates.groups_with_reasons([canonical for canonical, _ in groups])
    context = _bands(member) | {"band": "joined", "page": groups, "groups": shown}
    return _page(request, member, "joined.html", context)


@require_GET
@review_view(Permission.READ)
def apart(request: HttpRequest, member: Membership) -> HttpResponse:
    """Pairs that look alike and were kept apart, linked, or left unsure."""
    rows = duplicates.standing_judgements(member.review, DuplicateJudgement.Verdict.DIFFERENT)
    return _judgements(request, member, "apart", rows)


@require_GET
@review_view(Permission.READ)
def history(request: HttpRequest, member: Membership) -> HttpResponse:
    """Every judgement, newest first."""
    rows = DuplicateJudgement.objects.filter(review=member.review).order_by("-seq")
    return _judgements(request, member, "history", rows)


@require_POST
@review_view(Permission.JUDGE_DUPLICATES)
def judge(request: HttpRequest, member: Membership) -> HttpResponse:
    """Enter a person's word and go to the next pair."""
    form = JudgementForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, " ".join(str(error) for errors in form.errors.values() for error in errors)
        )
        return redirect("screening:duplicates", member.review.slug)
    word = form.cleaned_data
    first, second = _pair(member, word["first"], word["second"])
    try:
        dedupe.judge_pair(
            first, second, by=member, verdict=word["verdict"], relation=word["relation"],
            key=word["key"],
        )  # fmt: skip
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _pair_page(request, member, first, second, status=422)
    return _next(member, word["reason"])


@require_POST
@review_view(Permission.JUDGE_DUPLICATES)
def join(request: HttpRequest, member: Membership) -> HttpResponse:
    """Join the records picked from the list."""
    chosen = [int(pk) for pk in request.POST.getlist("record") if pk.isdecimal()]
    picked = list(Record.objects.filter(review=member.review, pk__in=chosen).visible())
    try:
        dedupe.join(picked, by=member)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("screening:records", member.review.slug)
    messages.success(request, f"{len(picked)} records are one report now.")
    return redirect(picked[0])


@require_POST
@review_view(Permission.JUDGE_DUPLICATES)
def answer_all(request: HttpRequest, member: Membership) -> HttpResponse:
    """Give one answer to all pairs that are asked for the same reason."""
    reason, verdict = request.POST.get("reason", ""), request.POST.get("verdict", "")
    try:
        n = dedupe.answer_all(member, reason=reason, verdict=verdict)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        word = "joined" if verdict == DuplicateJudgement.Verdict.SAME else "kept apart"
        messages.success(
            request, f"{n} pairs were {word}. Take the last judgement back to undo all of them."
        )
    return redirect("screening:duplicates", member.review.slug)


@require_GET
@review_view(Permission.JUDGE_DUPLICATES)
def one_reason(request: HttpRequest, member: Membership) -> HttpResponse:
    """A sample of the pairs that are asked for one reason, and one answer for all of them."""
    reason = request.GET.get("reason", "")
    context = _bands(member) | {
        "band": "ask",
        "reason": reason,
        "n_wanted": duplicates.open_questions(member.review).filter(reason=reason).count(),
        "sample": duplicates.sample_of(member.review, reason=reason),
        "answers": (
            (DuplicateJudgement.Verdict.SAME, "All are the same report"),
            (DuplicateJudgement.Verdict.DIFFERENT, "All are different reports"),
        ),
    }
    return _page(request, member, "one_reason.html", context)


@require_POST
@review_view(Permission.JUDGE_DUPLICATES)
def undo_last(request: HttpRequest, member: Membership) -> HttpResponse:
    """Take the member's own last word back, and show that pair again."""
    last = duplicates.last_by(member)
    if last is None:
        messages.error(request, "There is no judgement of yours to take back.")
        return redirect("screening:duplicates", member.review.slug)
    return _undone(request, member, last)


@require_http_methods(["GET", "HEAD", "POST"])
@review_view(Permission.JUDGE_DUPLICATES)
def undo(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Show what taking a judgement back would change, and do it once confirmed."""
    rows = DuplicateJudgement.objects.select_related("first", "second", "review", "actor__user")
    judgement = get_object_or_404(rows, pk=pk, review=member.review)
    if request.method == "POST":
        return _undone(request, member, judgement)
    context = _bands(member) | _side_by_side(judgement.first, judgement.second)
    context |= {
        "band": "history",
        "judgement": judgement,
        "sentence": record_history.judgement_sentence(judgement),
        "effects": duplicates.effects_of_undo(judgement),
    }
    return _page(request, member, "undo.html", context)


@require_POST
@review_view(Permission.JUDGE_DUPLICATES)
def look_again(request: HttpRequest, member: Membership) -> HttpResponse:
    """Compare all records anew; what persons judged stays."""
    job = dedupe.request_dedupe(member.review, by=member, whole=True)
    return redirect(job)


# ---------------------------------------------------------------- what pages show


def _page(
    request: HttpRequest, member: Membership, template: str, context: dict[str, Any], status=200
) -> HttpResponse:
    jobs = Job.objects.open().filter(review=member.review, kind=dedupe.JOB)
    context |= {
        "may_judge": member.may(Permission.JUDGE_DUPLICATES),
        "relations": DuplicateJudgement.Relation.choices,
        "job": jobs.first(),
        "key": uuid.uuid4().hex,
    }
    return render(request, f"screening/dedupe/{template}", context, status=status)


def _bands(member: Membership) -> dict[str, Any]:
    return {
        "counts": duplicates.counts(member.review),
        "estimate": duplicates.estimate(member.review),
    }


def _pair(member: Membership, first: int, second: int) -> tuple[Record, Record]:
    """Return two different records of the review that were not taken back, or 404."""
    records = Record.objects.filter(review=member.review, pk__in=(first, second)).visible()
    found = list(records.select_related("search", "review").order_by("pk"))
    if len(found) != 2:
        raise Http404("There is no such pair of records.")
    return found[0], found[1]


def _pair_page(
    request: HttpRequest, member: Membership, first: Record, second: Record, status: int = 200
) -> HttpResponse:
    question = DuplicateQuestion.objects.filter(first=first, second=second).first()
    standing = duplicates.standing_between(first, second)
    known = standing or question
    context = _bands(member) | _side_by_side(first, second)
    context |= {
        "band": "pair",
        "standing": standing,
        "sentence": record_history.judgement_sentence(standing) if standing else "",
        "evidence_for": known.evidence_for if known else [],
        "evidence_against": known.evidence_against if known else [],
        "effects": duplicates.effects_of(member.review, {(first.pk, second.pk): "same"}),
    }
    return _page(request, member, "pair.html", context, status)


def _judgements(
    request: HttpRequest, member: Membership, band: str, rows: QuerySet[DuplicateJudgement]
) -> HttpResponse:
    listed = rows.select_related("first__search", "second__search", "actor__user")
    page = Paginator(listed, PAGE).get_page(request.GET.get("page"))
    context = _bands(member) | {"band": band, "page": page}
    context["entries"] = [(row, record_history.judgement_sentence(row)) for row in page]
    return _page(request, member, "judgements.html", context)


def _side_by_side(first: Record, second: Record) -> dict[str, Any]:
    rows = [row(label, _text(first, name), _text(second, name)) for label, name in FIELDS]
    return {"first": first, "second": second, "rows": _told(rows)}


def _told(rows: list[Row]) -> list[Row]:
    return [one for one in rows if not one.is_empty]


def _text(record: Record, name: str) -> str:
    value = getattr(record, name)
    if isinstance(value, list):
        return "; ".join(value)
    return "" if value is None else str(value)


def _next(member: Membership, reason: str) -> HttpResponse:
    url = reverse("screening:duplicates", args=[member.review.slug])
    return redirect(f"{url}?{urlencode({'reason': reason})}" if reason else url)


def _undone(
    request: HttpRequest, member: Membership, judgement: DuplicateJudgement
) -> HttpResponse:
    try:
        n = dedupe.undo_together(judgement, by=member)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        what = "The judgement was" if n == 1 else f"{n} judgements of one answer were"
        messages.success(request, f"{what} taken back; here is the pair again.")
    return redirect("screening:pair", member.review.slug, judgement.first_id, judgement.second_id)
