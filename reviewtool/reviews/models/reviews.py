from django.conf import settings
from django.db import models
from django.urls import reverse


class ReviewQuerySet(models.QuerySet):
    def of(self, user):
        """Reviews the user is a member of today."""
        return self.filter(memberships__user=user, memberships__left_at=None)


class Review(models.Model):
    """One systematic review: everything else belongs to exactly one."""

    title = models.CharField(max_length=300)
    slug = models.SlugField(max_length=60, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.RESTRICT, related_name="reviews_created"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    banner = models.CharField(
        max_length=300, blank=True, help_text="A notice shown on every page of the review."
    )

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("overview", args=[self.slug])

    @property
    def protocol(self):
        """The protocol version in force."""
        return self.protocols.order_by("-version").first()
