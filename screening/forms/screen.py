from django import forms

from screening.consensus import Verdict


class DecisionForm(forms.Form):
    """A decision as the card sends it: on the record that was shown, with its key."""

    record = forms.IntegerField(widget=forms.HiddenInput)
    offer = forms.IntegerField(required=False, widget=forms.HiddenInput)
    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    seconds = forms.FloatField(required=False, min_value=0, widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        choices=[(v.value, v.value.capitalize()) for v in Verdict],
        error_messages={"required": "Choose include, maybe or exclude."},
    )
    reason = forms.CharField(max_length=40, required=False)
    further_reasons = forms.CharField(max_length=400, required=False)
    note = forms.CharField(max_length=5000, required=False, widget=forms.Textarea)

    def clean_further_reasons(self) -> list[str]:
        return [code for code in self.cleaned_data["further_reasons"].split(",") if code]


class SettlementForm(forms.Form):
    """How a conflict is settled."""

    verdict = forms.ChoiceField(
        choices=[(Verdict.INCLUDE.value, "Include"), (Verdict.EXCLUDE.value, "Exclude")],
        error_messages={"required": "Choose include or exclude."},
    )
    reason = forms.CharField(max_length=40, required=False)
    note = forms.CharField(max_length=5000, required=False, widget=forms.Textarea)
    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)


class NoteForm(forms.Form):
    """One obligatory sentence."""

    note = forms.CharField(max_length=5000, widget=forms.Textarea)
