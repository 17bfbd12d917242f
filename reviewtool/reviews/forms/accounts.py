"""Forms of one's own account."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html

from reviewtool.reviews.models import Token, User


class SignUpForm(forms.Form):
    """A new account."""

    username = forms.CharField(
        max_length=150,
        help_text="You sign in with it. Letters, digits and @ . + - _ only.",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    name = forms.CharField(
        label="Your name",
        max_length=120,
        help_text="Colleagues see it beside what you do.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label="E-mail address",
        help_text="Only for a new password, if you lose yours.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        strip=False,
        help_text=password_validators_help_text_html,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label="Password again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        repeated = cleaned.pop("repeated", None)
        if "password" in cleaned and repeated is not None and cleaned["password"] != repeated:
            self.add_error("repeated", "The two passwords differ. Type the same one twice.")
        return cleaned


class AccountForm(forms.Form):
    """What may change of an account."""

    name = forms.CharField(
        label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(
        label="What it is for", max_length=100, help_text="For example: R script on my laptop."
    )
    scope = forms.ChoiceField(
        label="It may",
        choices=[
            (Token.Scope.READ, "read what you may read"),
            (Token.Scope.WRITE, "read and write as you may"),
        ],
        initial=Token.Scope.READ,
        widget=forms.RadioSelect,
    )
    days = forms.IntegerField(
        label="Valid for how many days",
        required=False,
        min_value=1,
        max_value=3650,
        initial=365,
        help_text="Leave empty for no end.",
    )


class GiveUpForm(forms.Form):
    """The typed confirmation that an account goes."""

    typed = forms.CharField(label="Your username", widget=forms.TextInput({"autocomplete": "off"}))

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["typed"].label = f"Type {user.username} to confirm"

    def clean_typed(self) -> str:
        typed = self.cleaned_data["typed"].strip()
        if typed != self.user.username:
            raise forms.ValidationError("This is not your username. Nothing was deleted.")
        return typed
