"""The URL converter of stages: title-abstract, full-text."""

from django.urls import register_converter

from reviewtool.reviews.models import Stage


class StageConverter:
    regex = "|".join(stage.slug for stage in Stage)

    def to_python(self, value: str) -> Stage:
        return Stage(value.replace("-", "_"))

    def to_url(self, value: str) -> str:
        return Stage(value).slug


register_converter(StageConverter, "stage")
