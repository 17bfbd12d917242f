from django.conf import settings
from django.db import models
from django.utils import timezone


class InvitationQuerySet(models.QuerySet):
    def open(self):
        """Invitations that can still be accepted."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A link that lets its bearer join a review with the given roles, once.

    Only the hash of the link's secret is stored, so the link can be shown once only.
    """

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="invitations")
    secret_hash = models.CharField(max_length=64, unique=True)
    roles = models.JSONField(default=list)
    note = models.CharField("for whom", max_length=200, blank=True)
    created_by = models.ForeignKey("reviews.Membership", models.RESTRICT, related_name="invited")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.RESTRICT, null=True, blank=True, related_name="accepted"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Invitation as {', '.join(self.roles)}"
