from django.apps import AppConfig


class ExtractionConfig(AppConfig):
    """Codebooks, forms, quotes, evidence, exports."""

    name = "extraction"

    def ready(self):
        """Tell the lower floors what rests on them."""
        from extraction import floor

        floor.announce()
