"""Reviews: created with their protocol, deleted with everything in them."""

import logging
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, router, transaction
from django.db.models.deletion import Collector
from django.db.models.fields.files import FieldFile
from django.utils.text import slugify

from reviewtool.reviews import ledger
from reviewtool.reviews.events import MemberJoined, ProtocolChanged, ReviewCreated, as_row
from reviewtool.reviews.models import Membership, Review, User
from reviewtool.reviews.permissions import Permission, Role, require
from reviewtool.reviews.services import protocols
from reviewtool.reviews.services.members import in_order

logger = logging.getLogger("reviewtool.reviews")
LONGEST_SLUG = 60
#: Words that stand in the place of a slug in our own addresses.
RESERVED = ("new",)


@transaction.atomic
def create_review(
    *,
    by: User,
    title: str,
    slug: str = "",
    banner: str = "",
    roles: Collection[str] = (Role.LEAD,),
    **protocol_fields: Any,
) -> Membership:
    """Begin a review with version 1 of its protocol; its creator leads it.

    Without a slug one is made from the title.
    """
    roles = in_order(roles)
    if Role.LEAD not in roles:
        raise ValidationError({"roles": "Whoever creates a review leads it."})
    review = _new_review(by, title.strip(), slug.strip(), banner.strip())
    ledger.open_ledger(review)
    member = Membership.objects.create(review=review, user=by, roles=roles)
    protocol = protocols.first_protocol(review, protocol_fields)
    happenings = (
        ReviewCreated(review.title),
        MemberJoined(member.pk, roles),
        ProtocolChanged(protocol.version),
    )
    ledger.append(review, [as_row(happening) for happening in happenings], by=member)
    return member


def _new_review(by: User, title: str, slug: str, banner: str) -> Review:
    review = Review(title=title, slug=slug or free_slug(title), banner=banner, created_by=by)
    if slug in RESERVED:
        raise ValidationError({"slug": f"“{slug}” is used by the program itself. Choose another."})
    review.full_clean()
    review.save()
    return review


def free_slug(title: str) -> str:
    """Return a short name for the address that no review has yet."""
    stem = slugify(title)[: LONGEST_SLUG - 6].strip("-") or "review"
    taken = set(Review.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    taken.update(RESERVED)
    slug, n = stem, 1
    while slug in taken:
        n += 1
        slug = f"{stem}-{n}"
    return slug


def deletion_preview(review: Review) -> dict[str, int]:
    """Count what would go with the review, by what it is called; empty kinds are left out."""
    counts: dict[str, int] = {}
    for field in Review._meta.get_fields(include_hidden=True):
        if field.one_to_many and isinstance(field.related_model, type):
            n = field.related_model._base_manager.filter(review=review).count()
            meta = field.related_model._meta
            counts[str(meta.verbose_name if n == 1 else meta.verbose_name_plural)] = n
    return {name: n for name, n in counts.items() if n}


@transaction.atomic
def delete_review(member: Membership, *, typed_title: str) -> None:
    """Delete the review for good, with its ledger and its files: the only way out of a ledger."""
    require(member, Permission.DELETE_REVIEW)
    review = member.review
    if " ".join(typed_title.split()) != " ".join(review.title.split()):
        raise ValidationError(
            {"typed": "This is not the title of the review. Nothing was deleted."}
        )
    ledger.lock(review)
    collector = Collector(using=router.db_for_write(Review), origin=review)
    collector.collect([review])
    files = _files_of(collector)
    collector.delete()
    transaction.on_commit(lambda: _delete_files(files))
    logger.warning("user %s deleted the review %s", member.user_id, review.slug)


def _files_of(collector: Collector) -> list[FieldFile]:
    """Return every stored file of the rows about to go."""
    found: list[FieldFile] = []
    gathered = [*collector.data.items(), *((rows.model, rows) for rows in collector.fast_deletes)]
    for model, rows in gathered:
        names = [f.attname for f in model._meta.concrete_fields if isinstance(f, models.FileField)]
        found += [getattr(row, name) for row in (rows if names else ()) for name in names]
    return [file for file in found if file]


def _delete_files(files: list[FieldFile]) -> None:
    for file in files:
        file.storage.delete(str(file.name))
