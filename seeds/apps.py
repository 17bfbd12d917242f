from django.apps import AppConfig


class SeedsConfig(AppConfig):
    """The demo review and the command that plays it."""

    name = "seeds"
