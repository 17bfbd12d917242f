"""The search log (PRISMA-S): what was searched where, when and how, and what came of it."""

from django.db import transaction

from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Membership, Review
from reviewtool.reviews.permissions import Permission, require
from screening.events.imports import SearchLogNoted
from screening.models import Search, SearchLogNotes
from screening.prisma.search_log import NOTES, SearchEntry, SearchLog
from screening.services import prisma


def log_of(review: Review) -> SearchLog:
    """Return the review's log; every count in it comes from the ledger."""
    flow = prisma.flow_of(review)
    notes = notes_of(review)
    searches = Search.objects.filter(review=review).with_counts()
    entries = tuple(_entry(number, search) for number, search in enumerate(searches, 1))
    return SearchLog(
        review=review.title,
        searches=entries,
        notes={name: getattr(notes, name) for name in NOTES},
        n_records=sum(entry.n_records for entry in entries),
        n_by_rule=flow.duplicates_by_rule,
        n_by_person=flow.duplicates_by_person,
    )


def notes_of(review: Review) -> SearchLogNotes:
    """Return what is noted about all searches; unsaved and empty where nothing is."""
    found = SearchLogNotes.objects.filter(review=review).first()
    return found or SearchLogNotes(review=review)


@transaction.atomic
def write_notes(by: Membership, **changes: str) -> SearchLogNotes:
    """Write what the log tells about all searches; the ledger keeps what stood before."""
    require(by, Permission.IMPORT)
    ledger.lock(by.review)
    notes = notes_of(by.review)
    after = {
        name: text.strip()
        for name, text in changes.items()
        if name in NOTES and getattr(notes, name) != text.strip()
    }
    if not after:
        return notes
    before = {name: getattr(notes, name) for name in after}
    for name, text in after.items():
        setattr(notes, name, text)
    notes.full_clean()
    notes.save()
    events.record(by.review, SearchLogNoted(before=before, after=after), by=by)
    return notes


def _entry(number: int, search: Search) -> SearchEntry:
    return SearchEntry(
        number=number,
        kind=search.kind,
        source=search.source,
        searched_on=search.searched_on,
        platform=search.platform,
        query=search.query,
        n_shown=search.n_shown,
        n_records=getattr(search, "n_records", 0),
        details=search.details,
        note=search.note,
    )
