from django.db import models
from django.db.models import Q
from django.urls import reverse


class JobQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])


class Job(models.Model):
    """One piece of long work. The row is the truth; Celery's message is only a doorbell.

    `fence` grows with every claim: a worker whose fence is old writes nothing any more.
    `cursor` is what the work itself needs to go on after a kill.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Set aside"
        CANCELLED = "cancelled", "Cancelled"

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    params = models.JSONField(default=dict)
    requested_by = models.ForeignKey("reviews.Membership", models.RESTRICT, related_name="jobs")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    message = models.CharField(max_length=500, blank=True)
    cursor = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    trace = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "kind", "key"],
                condition=Q(state="queued"),
                name="job_one_queued",
            ),
            models.UniqueConstraint(
                fields=["review", "kind", "key"],
                condition=Q(state="running"),
                name="job_one_running",
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="job_by_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}".strip()

    def get_absolute_url(self) -> str:
        return reverse("jobs:job", args=[self.review.slug, self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def per_cent(self) -> int | None:
        return min(100, 100 * self.done // self.total) if self.total else None
