from django.apps import AppConfig


class SeedsConfig(AppConfig):
    """The demo review and the command that plays it."""

    name = "seeds"

    def ready(self):
        """Register the demo's kind of event."""
        from seeds import events

        _ = events
