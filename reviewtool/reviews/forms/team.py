"""Forms of the team."""

from django import forms

from reviewtool.reviews.permissions import Role

#: What each role is for, in the words of the team page.
EXPLAINED = {
    Role.OBSERVER: "reads what is settled, exports it",
    Role.REVIEWER: "screens records and reports",
    Role.EXTRACTOR: "retrieves full texts, extracts evidence",
    Role.ADJUDICATOR: "settles conflicts, makes the consensus of extractions",
    Role.LEAD: "protocol, searches, duplicates, team, stopping; screens only if also a reviewer",
}


class RolesForm(forms.Form):
    """A set of roles."""

    roles = forms.MultipleChoiceField(
        choices=[(role.value, f"{role.value.capitalize()}: {EXPLAINED[role]}") for role in Role],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one role."},
    )


class InviteForm(RolesForm):
    """Whom a link is for."""

    note = forms.CharField(
        label="For whom",
        max_length=200,
        required=False,
        help_text="Only for the list of open invitations, so that you know which is whose.",
    )
    field_order = ["note", "roles"]
