from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """People, reviews, roles, every access rule, and the base of the ledger."""

    name = "reviewtool.reviews"
    label = "reviews"

    def ready(self):
        """Put this floor's own places on the rail."""
        from reviewtool.reviews import floor

        floor.announce()
