"""What evidence pages and the API read: a projection of the submitted revisions."""

from django.db import models


class Entry(models.Model):
    """One entity (a model system, an evidence item ...) of a submitted revision.

    `answers` and `missing` are keyed by field; computed fields are among the answers.
    `revision_seq` is the submitting ledger entry. Only an extraction's last revision has entries.
    """

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="entries")
    extraction = models.ForeignKey("extraction.Extraction", models.CASCADE, related_name="entries")
    study = models.ForeignKey("screening.Study", models.CASCADE, related_name="entries")
    revision_seq = models.BigIntegerField()
    entity = models.CharField(max_length=60)
    key = models.CharField(max_length=60)
    position = models.PositiveIntegerField(default=0)
    answers = models.JSONField(default=dict)
    missing = models.JSONField(default=dict)

    class Meta:
        ordering = ["study", "extraction", "entity", "position"]
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["extraction", "entity", "key"], name="entry_once")
        ]
        indexes = [models.Index(fields=["review", "entity"], name="entry_by_entity")]

    def __str__(self) -> str:
        return f"{self.study}: {self.entity} {self.key}"


class EntryTerm(models.Model):
    """Term index: which vocabulary term an entry's field holds, for filtering in SQL."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="terms")
    field = models.CharField(max_length=60)
    term = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(fields=["field", "term"], name="entryterm_by_term")]

    def __str__(self) -> str:
        return f"{self.field} = {self.term}"


class Quote(models.Model):
    """A verbatim passage that supports an entry (W3C Web Annotation TextQuoteSelector)."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="quotes")
    report = models.ForeignKey("screening.Report", models.RESTRICT, related_name="quotes")
    exact = models.TextField()
    prefix = models.CharField(max_length=200, blank=True)
    suffix = models.CharField(max_length=200, blank=True)
    locator_type = models.CharField(max_length=30, blank=True)
    locator = models.CharField(max_length=100, blank=True)
    page = models.PositiveIntegerField(null=True)
    is_verified = models.BooleanField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.exact[:60]
