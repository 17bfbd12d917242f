from django.db import models
from django.db.models import Q
from django.urls import reverse


class Report(models.Model):
    """The document behind one canonical record that reached full text.

    `retrieval` is a projection of the retrieval events.
    """

    class Retrieval(models.TextChoices):
        SOUGHT = "sought", "Sought"
        AWAITING = "awaiting", "Awaiting (requested)"
        RETRIEVED = "retrieved", "Retrieved"
        NOT_RETRIEVED = "not_retrieved", "Not retrieved"

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="reports")
    record = models.OneToOneField("screening.Record", models.CASCADE, related_name="report")
    retrieval = models.CharField(max_length=13, choices=Retrieval.choices, default=Retrieval.SOUGHT)
    retrieval_note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.record)

    def get_absolute_url(self) -> str:
        return reverse("screening:report", args=[self.review.slug, self.pk])


class ReportFile(models.Model):
    """An uploaded full text; its text layer is kept page by page for quoting."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="files")
    name = models.CharField(max_length=255)
    file = models.FileField(upload_to="reports/%Y/%m/", max_length=300)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=80, default="application/pdf")
    n_pages = models.PositiveIntegerField(null=True)
    has_text = models.BooleanField(null=True)
    added_by = models.ForeignKey("reviews.Membership", models.RESTRICT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "sha256"],
                name="reportfile_once_per_report",
                violation_error_message="This file is already attached to this report.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ReportPage(models.Model):
    """The text layer of one page."""

    file = models.ForeignKey(ReportFile, models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="reportpage_once")]

    def __str__(self) -> str:
        return f"{self.file}, page {self.number}"


class StudyQuerySet(models.QuerySet):
    def standing(self):
        """Studies that were not merged into another."""
        return self.filter(merged_into=None)


class Study(models.Model):
    """An investigation; groups the reports about it (many to many). A projection of events."""

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="studies")
    label = models.CharField(max_length=120)
    merged_into = models.ForeignKey("self", models.RESTRICT, null=True, related_name="merged")
    reports = models.ManyToManyField(Report, through="StudyReport", related_name="studies")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StudyQuerySet.as_manager()

    class Meta:
        ordering = ["label", "pk"]
        verbose_name_plural = "studies"
        constraints = [
            models.UniqueConstraint(
                fields=["review", "label"],
                condition=Q(merged_into=None),
                name="study_label_is_unique",
                violation_error_message="There is already a study with this label.",
            )
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("screening:study", args=[self.review.slug, self.pk])


class StudyReport(models.Model):
    """A report that supplies information about a study."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="links")
    report = models.ForeignKey(Report, models.CASCADE, related_name="links")
    is_main = models.BooleanField("main report", default=False)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["study", "report"], name="studyreport_once")]

    def __str__(self) -> str:
        return f"{self.report} in {self.study}"
