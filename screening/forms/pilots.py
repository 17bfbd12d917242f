"""Opening and closing a pilot round."""

from typing import Any

from django import forms

from screening.agreement import FEWEST_IN_ROUND, MOST_IN_ROUND, PilotGate


class PilotForm(forms.Form):
    """How many records, and what agreement must reach; the thresholds are convention."""

    n = forms.IntegerField(
        label="Records in the round",
        min_value=FEWEST_IN_ROUND,
        max_value=MOST_IN_ROUND,
        initial=50,
        help_text="Drawn at random from what nobody was shown yet.",
    )
    kappa = forms.FloatField(label="Kappa at least", min_value=0, max_value=1, initial=0.60)
    ac1 = forms.FloatField(label="or AC1 at least", min_value=0, max_value=1, initial=0.80)
    positive = forms.FloatField(
        label="and positive agreement at least", min_value=0, max_value=1, initial=0.60
    )
    n_includes = forms.IntegerField(
        label="Records that somebody included, at least",
        min_value=0,
        max_value=MOST_IN_ROUND,
        initial=10,
    )

    def gate(self) -> PilotGate:
        """Return what was chosen."""
        chosen: dict[str, Any] = dict(self.cleaned_data)
        n = chosen.pop("n")
        return PilotGate(n_records=n, **chosen)


class CloseForm(forms.Form):
    """What the team agreed on."""

    note = forms.CharField(
        label="What was agreed, or why the round ends early",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what the team agreed on, or why the round ends early."},
    )
