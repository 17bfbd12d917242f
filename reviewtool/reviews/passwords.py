"""Demo passwords never pass where work is real."""

from django.conf import settings
from django.core.exceptions import ValidationError

DEMO_PASSWORD = "demo-niche-2019"  # nosec B105 - published, and refused where work is real


class NoDemoPasswordValidator:
    """Refuse the published demo password in production settings."""

    def validate(self, password: str, user=None) -> None:
        if settings.PRODUCTION and password == DEMO_PASSWORD:
            raise ValidationError("This is the published demo password. Choose another one.")

    def get_help_text(self) -> str:
        return "The published demo password cannot be used in production."
