"""The search log of a review (PRISMA-S): what it says of its searches, and what is counted."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

import reviewtool
from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Event, Membership, Review
from reviewtool.reviews.permissions import Permission, require
from screening.events.imports import SearchCorrected, SearchRegistered
from screening.events.search_log import SearchLogCorrected
from screening.models import Record, Search
from screening.prisma.flow import Flow
from screening.prisma.search_log import Deduplication, LoggedSearch, SearchLog
from screening.prisma.search_log_items import ANSWER_KEYS, ITEMS, LONGEST_ANSWER
from screening.services import duplicates, imports
from screening.services.prisma import flow_of


def log_of(review: Review) -> SearchLog:
    """Write the log from the searches, the review's answers and the flow's counts of today."""
    flow = flow_of(review)
    return SearchLog(
        review=review.title,
        on=timezone.localdate(ledger.now()),
        searches=_logged(review, flow),
        answers=answers_of(review),
        deduplication=Deduplication(
            f"reviewtool {reviewtool.__version__}",
            by_rule=flow.duplicates_by_rule,
            by_person=flow.duplicates_by_person,
            n_open=duplicates.open_questions(review).count(),
        ),
    )


def answers_of(review: Review) -> dict[str, str]:
    """Return what the review says of the items of PRISMA-S, in their order; read from the ledger."""
    found: dict[str, str] = {}
    for payload in _entries(review).values_list("payload", flat=True):
        found |= payload["after"]
    return {key: found[key] for key in ANSWER_KEYS if found.get(key)}


def version_of(review: Review) -> int:
    """Return the ledger entry that last changed the answers; 0 before there is one."""
    return _entries(review).values_list("seq", flat=True).last() or 0


@transaction.atomic
def correct_log(by: Membership, *, base: int | None = None, **answers: str) -> dict[str, str]:
    """Write answers to items of PRISMA-S; an empty one takes an answer back.

    `base` is the `version_of` the answers that were edited: if somebody changed them since,
    nothing is written. Returns all answers that hold now.
    """
    require(by, Permission.IMPORT)
    ledger.lock(by.review)
    _check(answers)
    if base is not None and base != version_of(by.review):
        raise ValidationError(
            "Somebody changed the search log while you edited it. Open it again in another tab, "
            "compare, and save again; saving again replaces what they wrote."
        )
    before = answers_of(by.review)
    after = {key: text.strip() for key, text in answers.items()}
    after = {key: text for key, text in after.items() if text != before.get(key, "")}
    if after:
        stood = {key: before.get(key, "") for key in after}
        events.record(by.review, SearchLogCorrected(before=stood, after=after), by=by)
    return answers_of(by.review)


def differences(review: Review) -> Iterable[str]:
    """Compare every search with what the ledger says was registered and corrected."""
    expected = _expected(review)
    for search in Search.objects.filter(review=review):
        if search.pk not in expected:
            yield f"search {search.pk} was registered by no ledger entry"
        for name, value in expected.get(search.pk, {}).items():
            stored = imports.plain(search, (name,))[name]
            if stored != value:
                yield f"search {search.pk}: {name} is {stored!r}, the ledger says {value!r}"


# ---------------------------------------------------------------- shared


def _entries(review: Review):
    return Event.objects.filter(review=review, kind=SearchLogCorrected.kind).order_by("seq")


def _check(answers: dict[str, str]) -> None:
    unknown = sorted(set(answers) - set(ANSWER_KEYS))
    if unknown:
        raise TypeError(f"The search log has no {', '.join(unknown)}.")
    names = {item.key: item.name for item in ITEMS}
    for key, text in answers.items():
        if len(text) > LONGEST_ANSWER:
            raise ValidationError(
                {key: f"“{names[key]}” may have {LONGEST_ANSWER:,} characters, not {len(text):,}."}
            )
        if "\0" in text:
            raise ValidationError({key: f"“{names[key]}” has a null character: remove it."})


def _logged(review: Review, flow: Flow) -> tuple[LoggedSearch, ...]:
    brought, copies = _counted(review, flow)
    searches = Search.objects.filter(review=review)
    return tuple(
        LoggedSearch(
            id=search.pk, number=number, source=search.source, kind=search.kind,
            platform=search.platform, query=search.query, searched_on=search.searched_on,
            n_shown=search.n_shown, n_records=brought[search.pk], n_duplicates=copies[search.pk],
            details=search.details, note=search.note,
        )
        for number, search in enumerate(searches, 1)
    )  # fmt: skip


def _counted(review: Review, flow: Flow) -> tuple[Counter[int], Counter[int]]:
    """Count by search its records, and those of them the flow removes as duplicates."""
    records = Record.objects.filter(review=review).visible()
    search_of = dict(records.values_list("pk", "search_id"))
    copies = flow.members.get("duplicates", ())
    return Counter(search_of.values()), Counter(search_of[pk] for pk in copies)


def _expected(review: Review) -> dict[int, dict[str, Any]]:
    """Fold what was registered and corrected, search by search."""
    kinds = (SearchRegistered.kind, SearchCorrected.kind)
    found: dict[int, dict[str, Any]] = {}
    for event in Event.objects.filter(review=review, kind__in=kinds).order_by("seq"):
        happening = events.read(event)
        if isinstance(happening, SearchRegistered):
            found.setdefault(happening.search, {}).update(happening.fields)
        elif isinstance(happening, SearchCorrected):
            found.setdefault(happening.search, {}).update(happening.after)
    return found
