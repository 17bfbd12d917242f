from django.apps import AppConfig


class ReviewtoolConfig(AppConfig):
    """The house itself: base templates, the design system, overview and activity pages."""

    name = "reviewtool"
    verbose_name = "reviewtool"
