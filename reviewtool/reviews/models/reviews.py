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

    #: Whether this instance serves one request, and so may read its protocol once.
    _is_of_a_request = False
    _remembered = None

    @property
    def protocol(self):
        """The protocol version in force.

        An instance fetched at the door of a request reads it once (`remember_protocol`) and again
        under each new lock of the ledger; every other instance reads it every time.
        """
        if self._remembered is None or not self._is_of_a_request:
            self._remembered = self.protocols.order_by("-version").first()
        return self._remembered

    def remember_protocol(self) -> None:
        """Read the protocol once from now on; only for an instance that one request uses."""
        self._is_of_a_request = True
        self.forget_protocol()

    def forget_protocol(self) -> None:
        """Read the protocol anew the next time it is asked for."""
        self._remembered = None
