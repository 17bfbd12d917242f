"""What the columns of a table mean, remembered for the next file of the same kind."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from reviewtool.reviews import events
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission, require
from screening.events.imports import MappingForgotten, MappingSaved
from screening.models import ColumnMapping, ImportedFile
from screening.services import reading


def saved_for(member: Membership) -> list[ColumnMapping]:
    """Return the mappings of this review, and of the others the member imports in."""
    mine = member.user.memberships.active().holding(Permission.IMPORT)
    reviews = {each.review_id for each in mine} | {member.review_id}
    found = ColumnMapping.objects.filter(review__in=reviews).select_related("review")
    return sorted(found, key=lambda each: (each.review_id != member.review_id, each.name))


def remembered(member: Membership, columns: Sequence[str]) -> ColumnMapping | None:
    """Return the saved mapping of a table with exactly these columns, in whatever order."""
    wanted = set(columns)
    if not wanted:
        return None
    return next((each for each in saved_for(member) if set(each.columns) == wanted), None)


@transaction.atomic
def save_mapping(file: ImportedFile, *, by: Membership, name: str) -> ColumnMapping:
    """Keep how a file's columns are read; a mapping of the same name is replaced."""
    require(by, Permission.IMPORT)
    if file.search.review_id != by.review_id:
        raise PermissionDenied("The file belongs to another review.")
    name = " ".join(name.split())
    if not name:
        raise ValidationError({"name": "Give the mapping a name."})
    columns = reading.columns_of(file)
    if columns is None or not file.mapping:
        raise ValidationError("Only tables have columns whose meaning could be saved.")
    saved = ColumnMapping.objects.filter(review=by.review, name=name).first()
    saved = saved or ColumnMapping(review=by.review, name=name)
    saved.columns, saved.mapping, saved.saved_by = columns.names, file.mapping, by
    saved.full_clean()
    saved.save()
    events.record(by.review, MappingSaved(name=name, mapping=file.mapping), by=by)
    return saved


@transaction.atomic
def forget_mapping(saved: ColumnMapping, *, by: Membership) -> None:
    """Drop a saved mapping; files that were read with it stay as they are."""
    require(by, Permission.IMPORT)
    if saved.review_id != by.review_id:
        raise PermissionDenied("The mapping belongs to another review.")
    events.record(by.review, MappingForgotten(name=saved.name), by=by)
    saved.delete()


def fitted(saved: ColumnMapping, file: ImportedFile) -> dict[str, str]:
    """Return a saved mapping for a file that may have other columns; the rest is guessed."""
    columns = reading.columns_of(file)
    if columns is None:
        raise ValidationError("This file is no table; it has no columns.")
    known = set(saved.columns)
    guessed = {c: field for c, field in columns.guessed.items() if c not in known}
    kept = {c: field for c, field in saved.mapping.items() if c in set(columns.names)}
    if not kept:
        raise ValidationError(f"The file has none of the columns that “{saved}” knows.")
    return guessed | kept
