"""A protocol's lists as people type them, one entry a line, and back. Pure."""

from collections.abc import Iterable, Mapping, Sequence

Reason = Mapping[str, str]
Highlight = Mapping[str, object]


class LineProblem(ValueError):
    """A line that cannot be read; the message is a sentence that names it."""


def lines_of(text: str) -> list[str]:
    """Return the lines that say something, without the spaces around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def reasons_from(text: str, *, longest_code: int) -> list[dict[str, str]]:
    """Read exclusion reasons, "code: label" on each line; codes differ."""
    reasons: list[dict[str, str]] = []
    for line in lines_of(text):
        code, colon, label = (part.strip() for part in line.partition(":"))
        if not (code and colon and label):
            raise LineProblem(f"Write a code, a colon and a label; this line has not: “{line}”.")
        if len(code) > longest_code:
            raise LineProblem(f"“{code}” is longer than the {longest_code} characters of a code.")
        if any(reason["code"] == code for reason in reasons):
            raise LineProblem(f"The code “{code}” occurs twice.")
        reasons.append({"code": code, "label": label})
    return reasons


def reasons_as_text(reasons: Iterable[Reason]) -> str:
    return "\n".join(f"{reason['code']}: {reason['label']}" for reason in reasons)


def highlights_from(text: str) -> list[dict[str, object]]:
    """Read words to highlight, "label: word, word" on each line; a line may do without label."""
    highlights: list[dict[str, object]] = []
    for line in lines_of(text):
        label, colon, words = line.partition(":")
        if not colon:
            label, words = f"Words {len(highlights) + 1}", line
        terms = [term.strip() for term in words.split(",") if term.strip()]
        if not terms:
            raise LineProblem(f"No word stands behind the colon: “{line}”.")
        highlights.append({"label": label.strip(), "terms": terms})
    return highlights


def highlights_as_text(highlights: Iterable[Mapping]) -> str:
    return "\n".join(f"{one['label']}: {', '.join(one['terms'])}" for one in highlights)


def framework_as_text(framework: Mapping[str, str]) -> str:
    return "\n".join(f"{part}: {text}" for part, text in framework.items())


def as_text(entries: Sequence[str]) -> str:
    return "\n".join(entries)
