from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Q
from django.urls import reverse

_VISIBLE = Q(records__entered_seq__isnull=False, records__withdrawn_seq=None)


class SearchQuerySet(models.QuerySet):
    def with_counts(self):
        """Add `n_records`: what the search brought in and nobody took back."""
        return self.annotate(n_records=Count("records", filter=_VISIBLE))


class Search(models.Model):
    """One query run in one source on one day (PRISMA-S); records come in through it."""

    class Kind(models.TextChoices):
        DATABASE = "database", "Database"
        REGISTER = "register", "Register"
        WEBSITE = "website", "Website"
        ORGANISATION = "organisation", "Organisation"
        CITATION_SEARCHING = "citation_searching", "Citation searching"
        OTHER = "other", "Other"

    #: Kinds that form the left column of the PRISMA 2020 diagram.
    LEFT_COLUMN = (Kind.DATABASE, Kind.REGISTER)

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="searches")
    kind = models.CharField("kind of source", max_length=20, choices=Kind.choices)
    source = models.CharField(
        max_length=120, help_text="For example PubMed, Embase, ClinicalTrials.gov."
    )
    platform = models.CharField(max_length=120, blank=True, help_text="For example Ovid, EBSCO.")
    query = models.TextField("search string as run", blank=True)
    searched_on = models.DateField("date of the search")
    n_shown = models.PositiveIntegerField(
        "number of results the database showed", null=True, blank=True
    )
    saved = models.ForeignKey(
        "screening.SavedSearch", models.RESTRICT, null=True, blank=True, related_name="runs"
    )
    details = models.JSONField("PRISMA-S details", default=dict, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SearchQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "searches"

    def __str__(self) -> str:
        return f"{self.source}, {self.searched_on:%-d %B %Y}"

    def get_absolute_url(self) -> str:
        return reverse("screening:search", args=[self.review.slug, self.pk])

    def clean(self) -> None:
        texts = self.details.values() if isinstance(self.details, dict) else [None]
        if not all(isinstance(text, str) and "\0" not in text for text in texts):
            raise ValidationError(
                {"details": "Write the PRISMA-S details as an object whose values are texts."}
            )

    @property
    def is_left_column(self) -> bool:
        return self.kind in self.LEFT_COLUMN


class SavedSearch(models.Model):
    """A query of PubMed that is run again and again; every run is a search of its own."""

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=120)
    query = models.TextField()
    saved_by = models.ForeignKey("reviews.Membership", models.RESTRICT, related_name="+")
    saved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "saved searches"
        constraints = [
            models.UniqueConstraint(
                fields=["review", "name"],
                name="savedsearch_once_per_name",
                violation_error_message="A search of this name is already saved; run it again, or choose another name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ImportedFileQuerySet(models.QuerySet):
    def with_counts(self):
        """Add `n_records`: how many of the file's records are in the review."""
        return self.annotate(n_records=Count("records", filter=_VISIBLE))


class ImportedFile(models.Model):
    """One uploaded export of a search: its bytes are kept, and what reading them gave."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "Uploaded, not yet imported"
        IMPORTING = "importing", "Being imported"
        COMMITTED = "committed", "Imported"
        UNDONE = "undone", "Undone"

    search = models.ForeignKey(Search, models.CASCADE, related_name="files")
    name = models.CharField(max_length=255)
    file = models.FileField(upload_to="imports/%Y/%m/", max_length=300)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=30, blank=True)
    encoding = models.CharField(max_length=30, blank=True)
    description = models.CharField(max_length=300, blank=True)
    mapping = models.JSONField("column mapping", default=dict, blank=True)
    summary = models.JSONField("what reading it gave", default=dict, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.UPLOADED)
    uploaded_by = models.ForeignKey("reviews.Membership", models.RESTRICT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    objects = ImportedFileQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["search", "sha256"],
                condition=~models.Q(state="undone"),
                name="importedfile_once_per_search",
                violation_error_message="This file was already uploaded for this search.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("screening:file", args=[self.search.review.slug, self.pk])


class ImportProblem(models.Model):
    """Something the reader wants a person to know about one place of a file."""

    class Severity(models.TextChoices):
        INFO = "info", "Note"
        WARNING = "warning", "Warning"
        ERROR = "error", "Not imported"

    file = models.ForeignKey(ImportedFile, models.CASCADE, related_name="problems")
    line = models.PositiveIntegerField()
    severity = models.CharField(max_length=7, choices=Severity.choices)
    message = models.CharField(max_length=500)
    raw_text = models.TextField(blank=True)

    class Meta:
        ordering = ["line", "pk"]

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"
