from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    """Import, dedupe, rank, stop, screen, full text, PRISMA."""

    name = "screening"

    def ready(self):
        """Tell the lower floors what rests on them."""
        from screening import floor

        floor.announce()
