from django.db import models
from django.urls import reverse


class CodebookVersion(models.Model):
    """One published version of a review's extraction form; immutable (rule V17)."""

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="codebooks")
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    definition = models.JSONField()
    vocabularies = models.JSONField()
    note = models.CharField("what changed", max_length=1000, blank=True)
    published_by = models.ForeignKey("reviews.Membership", models.RESTRICT, related_name="+")
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["review", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["review", "version"], name="codebook_version_is_unique")
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("A published codebook is immutable: publish the next version.")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("extraction:codebook", args=[self.review.slug, self.version])
