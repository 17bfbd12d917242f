from django.db import models
from django.db.models import Q
from django.urls import reverse

from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission


class ExtractionQuerySet(models.QuerySet):
    def visible_to(self, member: Membership):
        """Own extractions, consensus, and colleagues' once one's own is submitted.

        Leads and adjudicators who do not extract the study see every submitted one.
        """
        mine = self.model._default_manager.filter(extractor=member, study=models.OuterRef("study"))
        submitted = Q(submitted_seq__isnull=False)
        own_open = models.Exists(mine.filter(submitted_seq=None))
        own = models.Exists(mine)
        seen = Q(extractor=member) | (Q(extractor=None) & submitted & ~own_open)
        if member.may(Permission.RECONCILE):
            return self.filter(review=member.review).filter(seen | (submitted & ~own_open))
        return self.filter(review=member.review).filter(seen | (submitted & own & ~own_open))


class Extraction(models.Model):
    """One person's filled form for one study, or (extractor None) the team's consensus.

    `draft` changes as its owner types, guarded by `draft_version`; each submission is an
    immutable revision in the ledger and `submitted_seq` points at the last one.
    """

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="extractions")
    study = models.ForeignKey("screening.Study", models.CASCADE, related_name="extractions")
    codebook = models.ForeignKey("extraction.CodebookVersion", models.RESTRICT, related_name="+")
    extractor = models.ForeignKey(
        "reviews.Membership", models.RESTRICT, null=True, blank=True, related_name="extractions"
    )
    draft = models.JSONField(default=dict)
    draft_version = models.PositiveIntegerField(default=0)
    draft_saved_at = models.DateTimeField(null=True, blank=True)
    submitted_seq = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ExtractionQuerySet.as_manager()

    class Meta:
        ordering = ["study", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "extractor"], name="extraction_once_per_person"
            ),
            models.UniqueConstraint(
                fields=["study"], condition=Q(extractor=None), name="extraction_one_consensus"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study}, {self.extractor or 'consensus'}"

    def get_absolute_url(self) -> str:
        return reverse("extraction:form", args=[self.review.slug, self.pk])

    @property
    def is_consensus(self) -> bool:
        return self.extractor_id is None

    @property
    def is_submitted(self) -> bool:
        return self.submitted_seq is not None
