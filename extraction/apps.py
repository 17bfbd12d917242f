from django.apps import AppConfig


class ExtractionConfig(AppConfig):
    """Codebooks, forms, quotes, evidence, exports."""

    name = "extraction"
