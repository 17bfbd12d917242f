from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person with an account; may belong to many reviews.

    Deleting an account pseudonymises it: the ledger keeps pointing at the row, the name goes.
    """

    first_name = None  # type: ignore[assignment]  # None takes an inherited field away
    last_name = None  # type: ignore[assignment]
    name = models.CharField("name shown to colleagues", max_length=120, blank=True)
    email = models.EmailField("e-mail address", blank=True)
    pseudonymised_at = models.DateTimeField(null=True, blank=True)

    REQUIRED_FIELDS = ["email"]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=~models.Q(email=""),
                name="user_email_is_unique",
                violation_error_message="There is already an account with this e-mail address.",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)
