"""The style guide: every component once, with made-up content. Only there when DEBUG is on."""

from types import SimpleNamespace

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviewtool.jobs.models import Job

PLACES: dict[str, dict[str, int | None]] = {
    "": {"Overview": None, "Protocol": None},
    "Collect": {"Searches & imports": None, "Duplicates": 3},
    "Screen": {
        "Title & abstract": 113,
        "Conflicts": 5,
        "Full texts": 2,
        "Full-text screening": None,
    },
    "Evidence": {"Studies": None, "Extract": 4, "Evidence": None},
    "Report": {"PRISMA": None, "Records": None, "Team": None, "Activity": None},
}
CURRENT = "Title & abstract"
ICONS = ("check", "cross", "question", "clock", "undo", "note", "search", "download", "upload",
         "file", "link", "external", "plus", "minus", "trash", "edit", "copy", "menu", "user",
         "sun", "moon", "monitor", "alert", "info", "lock", "history", "filter", "chart", "play",
         "stop", "chevron", "arrow-right", "keyboard", "quote")  # fmt: skip


class ExampleForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(help_text="As it will stand in the report.")
    summary = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    searched_on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(choices=[("database", "Database"), ("register", "Register")])
    reviewers = forms.ChoiceField(
        choices=[("1", "One"), ("2", "Two, blind"), ("3", "Three")], widget=forms.RadioSelect
    )
    maybe_counts = forms.BooleanField(label="“Maybe” lets a record through", required=False)


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component; `?frame=review` shows them beside the rail, `?card` the card."""
    review = SimpleNamespace(
        title="Where leukaemia hides: extramedullary niches",
        banner="A demo: records and people are made up.",
    )
    in_review = request.GET.get("frame") == "review"
    form = ExampleForm({"title": "", "searched_on": "soon", "reviewers": "2"})
    context = {
        "frame": "review_base.html" if in_review else "base.html",
        "review": review if in_review else None,
        "rail": _rail(),
        "form": form,
        "page": Paginator(range(1240), 50).page(2),
        "jobs": _jobs(),
        "effects": [
            {"n": 1204, "text": "records leave the review"},
            {"n": 37, "text": "decisions on them stay in the ledger, but no longer count"},
            {"n": 0, "text": "reports at full text are touched"},
        ],
        "bars": _bars(),
        "stacked": _stacked(),
        "legend": [{"tone": tone, "label": tone} for tone in ("include", "maybe", "exclude")],
        "head": [{"label": "Source"}, {"label": "Searched on"}, {"label": "Records", "number": 1}],
        "rows": [
            [{"text": "PubMed", "url": "#"}, "3 May 2026", {"text": 1204, "number": 1}],
            [{"text": "Embase", "url": "#"}, "4 May 2026", {"text": 2310, "number": 1}],
        ],
        "outcomes": ("included", "excluded", "conflict", "pending", "withdrawn", "not_screened"),
        "icons": ICONS,
    }
    template = "styleguide_card.html" if "card" in request.GET else "styleguide.html"
    return render(request, template, context)


def _rail() -> list[dict]:
    return [
        {
            "heading": heading,
            "items": [
                {"label": label, "url": "#", "waiting": waiting, "current": label == CURRENT}
                for label, waiting in items.items()
            ],
        }
        for heading, items in PLACES.items()
    ]


def _jobs() -> list[SimpleNamespace]:
    """Jobs as the page sees them; none polls, for none is real."""
    shared = {"get_absolute_url": "#", "is_open": False, "per_cent": None}
    running = shared | {
        "pk": 1,
        "state": Job.State.RUNNING,
        "message": "Reading embase.ris",
        "done": 1204,
        "total": 3400,
        "per_cent": 35,
    }
    failed = shared | {
        "pk": 2,
        "state": Job.State.FAILED,
        "get_state_display": "Set aside",
        "message": "The file ends in the middle of a record (line 10,412).",
        "attempts": 3,
    }
    return [SimpleNamespace(**running), SimpleNamespace(**failed)]


def _bars() -> list[dict]:
    counts = {"Alice": 182, "Bob": 141, "Ada": 60}
    return [
        {"label": name, "n": n, "per_cent": round(100 * n / 182, 1)} for name, n in counts.items()
    ]


def _stacked() -> list[dict]:
    parts = [
        {"start": 0, "per_cent": 12, "tone": "include", "label": "included", "n": 22},
        {"start": 12, "per_cent": 8, "tone": "maybe", "label": "maybe", "n": 14},
        {"start": 20, "per_cent": 60, "tone": "exclude", "label": "excluded", "n": 110},
    ]
    return [{"label": "Title and abstract", "n": 182, "parts": parts}]
