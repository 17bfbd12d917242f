from functools import cached_property

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from reviewtool.reviews.permissions import Permission, Role, granted


class MembershipQuerySet(models.QuerySet):
    def active(self):
        """Members who have not left."""
        return self.filter(left_at=None)

    def holding(self, permission: Permission):
        """Active members whose roles grant the permission, as a list."""
        return [member for member in self.active() if permission in member.permissions]


class Membership(models.Model):
    """A person in a review, with a set of roles; it ends, it never goes."""

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.RESTRICT, related_name="memberships")
    roles = models.JSONField(default=list)
    joined_at = models.DateTimeField(auto_now_add=True)
    left_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["joined_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["review", "user"], name="membership_once_per_person")
        ]

    def __str__(self) -> str:
        return str(self.user)

    def clean(self):
        unknown = set(self.roles) - set(Role)
        if unknown or not self.roles:
            raise ValidationError({"roles": "Choose at least one role."})

    @property
    def is_active(self) -> bool:
        return self.left_at is None

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        return granted(self.roles)

    def may(self, permission: Permission) -> bool:
        return self.is_active and permission in self.permissions
