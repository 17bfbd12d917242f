import re

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

_RETRACTED = re.compile(
    r"\W*(?:retracted(?: article)?|withdrawn|article retracted)\b\s?[:.\-–—\])]", re.I
)
_RETRACTED_TYPE = re.compile(r"retracted (?:publication|article|paper)", re.I)


class RecordQuerySet(models.QuerySet):
    def visible(self, seq: int | None = None):
        """Records whose import has closed and was not undone, now or at a sequence number."""
        if seq is None:
            return self.filter(entered_seq__isnull=False, withdrawn_seq=None)
        return self.filter(entered_seq__lte=seq).filter(
            Q(withdrawn_seq=None) | Q(withdrawn_seq__gt=seq)
        )

    def canonical(self):
        """One record of every group of duplicates: the one that stands for the report."""
        return self.visible().filter(canonical_id=F("pk"))

    def in_play(self):
        """Canonical records that were not removed before screening."""
        return self.canonical().filter(removed_seq=None)


class Record(models.Model):
    """One citation as one search returned it; never merged, never deleted, raw text kept.

    `canonical`, `removed_seq` and `withdrawn_seq` are projections of the ledger: the record that
    stands for the group of duplicates (itself for a unique record), the removal before
    screening (kept on the canonical record) and the undoing of the import.
    """

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="records")
    search = models.ForeignKey("screening.Search", models.CASCADE, related_name="records")
    file = models.ForeignKey(
        "screening.ImportedFile", models.CASCADE, null=True, blank=True, related_name="records"
    )
    position = models.PositiveIntegerField("place in the file", default=0)
    line = models.PositiveIntegerField(default=0)

    title = models.TextField(blank=True)
    authors = models.JSONField(default=list, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    journal = models.TextField(blank=True)
    volume = models.TextField(blank=True)
    number = models.TextField(blank=True)
    pages = models.TextField(blank=True)
    doi = models.TextField("DOI", blank=True)
    pmid = models.TextField("PubMed id", blank=True)
    abstract = models.TextField(blank=True)
    keywords = models.JSONField(default=list, blank=True)
    language = models.TextField(blank=True)
    type = models.TextField("type of publication", blank=True)
    registry_id = models.TextField("registration", blank=True)
    url = models.TextField("link", blank=True)
    accession = models.TextField("accession number in the source", blank=True)
    note = models.TextField(blank=True)
    raw = models.JSONField("every tag as read", default=list, blank=True)
    raw_text = models.TextField(blank=True)
    raw_sha256 = models.CharField(max_length=64)
    search_text = models.TextField(editable=False, blank=True)
    keys = models.JSONField("blocking keys", default=list, blank=True, editable=False)

    entered_seq = models.BigIntegerField(null=True, db_index=True)
    withdrawn_seq = models.BigIntegerField(null=True)
    removed_seq = models.BigIntegerField(null=True)
    canonical = models.ForeignKey(
        "self", models.CASCADE, null=True, related_name="members", db_index=True
    )

    objects = RecordQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["search", "raw_sha256"],
                condition=Q(entered_seq__isnull=False, withdrawn_seq=None),
                name="record_once_per_search",
                violation_error_message="This record is already in this search.",
            )
        ]
        indexes = [models.Index(fields=["review", "canonical"], name="record_by_canonical")]

    def __str__(self) -> str:
        return self.title or f"Record {self.pk} without a title"

    def get_absolute_url(self) -> str:
        return reverse("screening:record", args=[self.review.slug, self.pk])

    @property
    def group_id(self) -> int:
        """The record that stands for this one's group of duplicates; itself when it is alone."""
        return self.canonical_id or self.pk

    @property
    def is_canonical(self) -> bool:
        return self.canonical_id == self.pk

    @property
    def is_visible(self) -> bool:
        return self.entered_seq is not None and self.withdrawn_seq is None

    @property
    def is_retracted(self) -> bool:
        """Whether the source says that the report was retracted (in its title or its type)."""
        return bool(_RETRACTED.match(self.title) or _RETRACTED_TYPE.search(self.type))

    @property
    def short_authors(self) -> str:
        """First author and "et al." as tables show them."""
        if not self.authors:
            return ""
        first = self.authors[0].split(",")[0]
        return first if len(self.authors) == 1 else f"{first} et al."

    @property
    def doi_url(self) -> str:
        return f"https://doi.org/{self.doi}" if self.doi else ""

    @property
    def pubmed_url(self) -> str:
        return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/" if self.pmid else ""
