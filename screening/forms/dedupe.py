"""A person's word on two records."""

from typing import Any

from django import forms

from screening.models import DuplicateJudgement

Verdict = DuplicateJudgement.Verdict


class JudgementForm(forms.Form):
    """The buttons of the side-by-side page; `verdict` "related" may say how."""

    first = forms.IntegerField(min_value=1)
    second = forms.IntegerField(min_value=1)
    verdict = forms.ChoiceField(
        choices=[(v.value, v.label) for v in Verdict if v != Verdict.OPEN],
        error_messages={"required": "Choose same, different, related or unsure."},
    )
    relation = forms.ChoiceField(
        choices=[("", "related"), *DuplicateJudgement.Relation.choices], required=False
    )
    reason = forms.CharField(required=False, max_length=200)
    key = forms.CharField(required=False, max_length=64)

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        if cleaned.get("verdict") != Verdict.RELATED:
            cleaned["relation"] = ""
        return cleaned
