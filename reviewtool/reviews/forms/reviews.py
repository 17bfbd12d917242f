"""The typed confirmation that a review goes."""

from typing import Any

from django import forms

from reviewtool.reviews.models import Review


class DeleteReviewForm(forms.Form):
    typed = forms.CharField(widget=forms.TextInput({"autocomplete": "off"}))

    def __init__(self, *args: Any, review: Review, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["typed"].label = f"Type the title to confirm: {review.title}"
