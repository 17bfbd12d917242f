"""Publishing codebooks; a published version never changes (rule V17)."""

from functools import lru_cache

from django.core.exceptions import ValidationError
from django.db import transaction

from extraction.codebook import Codebook, CodebookError, load
from extraction.events import CodebookPublished
from extraction.models import CodebookVersion
from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Membership, Review
from reviewtool.reviews.permissions import Permission, require


@transaction.atomic
def publish(
    by: Membership, *, definition: dict, vocabularies: dict, note: str = ""
) -> CodebookVersion:
    """Publish the next version of the review's codebook; faults are refused in sentences."""
    require(by, Permission.CHANGE_CODEBOOK)
    ledger.lock(by.review)
    try:
        codebook = load(definition, vocabularies)
    except CodebookError as error:
        raise ValidationError(str(error)) from error
    last = current(by.review)
    if last is not None and not note.strip():
        raise ValidationError({"note": "Say what changed since the last version, and why."})
    version = CodebookVersion.objects.create(
        review=by.review,
        version=last.version + 1 if last else 1,
        name=codebook.name,
        definition=definition,
        vocabularies=vocabularies,
        note=note.strip(),
        published_by=by,
    )
    events.record(by.review, CodebookPublished(version.version, version.name, note), by=by)
    return version


def current(review: Review) -> CodebookVersion | None:
    """The version new extractions use."""
    return review.codebooks.order_by("-version").first()


def loaded(version: CodebookVersion) -> Codebook:
    """The codebook as the engine reads it; published versions never change, so it is kept."""
    return _loaded(version.pk)


@lru_cache(maxsize=16)
def _loaded(pk: int) -> Codebook:
    version = CodebookVersion.objects.get(pk=pk)
    return load(version.definition, version.vocabularies)
