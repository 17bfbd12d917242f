"""Records: corrected, removed before screening, restored."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet

from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Membership, Review
from reviewtool.reviews.permissions import Permission, require
from screening.events.imports import RecordCorrected, RecordRemoved, RecordRestored
from screening.models import Decision, Record
from screening.services import dedupe, groups, screenings
from screening.services.conversion import index

#: What a person may correct; where a record came from is never changed.
CORRECTABLE = (
    "title", "authors", "year", "journal", "volume", "number", "pages", "doi", "pmid",
    "abstract", "keywords", "language", "type", "registry_id", "url", "accession", "note",
)  # fmt: skip


@transaction.atomic
def correct_record(record: Record, *, by: Membership, **changes: Any) -> Record:
    """Correct what a source got wrong; the raw text and the values before stay in the ledger."""
    require(by, Permission.IMPORT)
    record = _locked(record, by)
    before, after = _differences(record, changes)
    if not after:
        return record
    for name, value in after.items():
        setattr(record, name, value)
    check(record)
    index(record)
    record.save()
    happening = RecordCorrected(record=record.pk, before=before, after=after)
    events.record(record.review, happening, by=by)
    dedupe.request_dedupe(record.review, by=by)
    return record


@transaction.atomic
def remove_record(record: Record, *, by: Membership, reason: str) -> Record:
    """Remove a record (with its duplicates) before screening, for a reason that is printed.

    Raises ValidationError once anybody has decided on it: then excluding it is screening.
    """
    require(by, Permission.REMOVE_RECORDS)
    record = _locked(record, by)
    if not reason.strip():
        raise ValidationError({"reason": "Say why this record is removed before screening."})
    if record.removed_seq is not None:
        raise ValidationError("This record has already been removed.")
    if _carries_decision(record):
        raise ValidationError(
            "Somebody has decided on this record, so it can no longer be removed before screening."
        )
    happening = RecordRemoved(record=record.pk, reason=reason.strip()[:500])
    _enter(record.pk, happening, by)
    record.refresh_from_db()
    return record


@transaction.atomic
def remove_records(records: Iterable[Record], *, by: Membership, reason: str) -> int:
    """Remove several records for one reason, all of them or none; return how many."""
    return len([remove_record(record, by=by, reason=reason) for record in records])


@transaction.atomic
def restore_record(record: Record, *, by: Membership) -> Record:
    """Take back the removal of a record, or of whichever record of its group was removed."""
    require(by, Permission.REMOVE_RECORDS)
    record = _locked(record, by)
    if record.removed_seq is None:
        raise ValidationError("This record has not been removed.")
    members = set(groups.group_of(record).values_list("pk", flat=True))
    for removed in sorted(groups.removals(record.review, records=members)):
        _enter(removed, RecordRestored(record=removed), by)
    record.refresh_from_db()
    return record


def without_text(review: Review) -> QuerySet[Record]:
    """Records with neither title nor abstract: nobody can screen them, nothing drops them."""
    records = Record.objects.filter(review=review, title="", abstract="").in_play()
    return records.select_related("search", "review")


def check(record: Record) -> None:
    """Raise ValidationError for fields that could not be kept as they are."""
    record.authors = [name.strip() for name in record.authors if name.strip()]
    record.keywords = [word.strip() for word in record.keywords if word.strip()]
    others = {field.name for field in record._meta.fields} - set(CORRECTABLE)
    record.clean_fields(exclude=others)


def _locked(record: Record, by: Membership) -> Record:
    """Return a fresh copy of a record of this review; nobody else writes until the end."""
    ledger.lock(by.review)
    fresh = Record.objects.select_related("review", "search").get(pk=record.pk)
    if fresh.review_id != by.review_id:
        raise PermissionDenied("The record belongs to another review.")
    if not fresh.is_visible:
        raise ValidationError("The import of this record was undone.")
    return fresh


def _differences(
    record: Record, changes: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    unknown = set(changes) - set(CORRECTABLE)
    if unknown:
        raise ValidationError(f"These fields cannot be corrected: {', '.join(sorted(unknown))}.")
    after = {name: new for name, new in changes.items() if getattr(record, name) != new}
    return {name: getattr(record, name) for name in after}, after


def _carries_decision(record: Record) -> bool:
    members = groups.group_of(record)
    return Decision.objects.current().filter(record__in=members).exists()


def _enter(record_id: int, happening: events.Happening, by: Membership) -> None:
    """Enter a removal or its end, and let the group and its screenings follow."""
    events.record(by.review, happening, by=by)
    around = groups.regroup(by.review, record_ids=[record_id])
    screenings.refresh(by.review, record_ids=around)
