"""What entities are called on the page: "Item 2: its site, its factor"."""

from extraction.codebook import Codebook, Section
from extraction.codebook.derivation import view

LONGEST = 60


def titles(codebook: Codebook, answers: dict, section: Section) -> dict[str, str]:
    """Map each entity's key to a short title made of its first chosen terms."""
    found = {}
    for number, scope in enumerate(view(codebook, answers).scopes(section.entity), 1):
        words = []
        path = section.title
        if path:
            asked = section.by_key.get(path)
            value = scope.value(path)
            words = [codebook.label_of(asked, value) if asked else str(value or "")]
        if not any(words):
            words = [
                codebook.label_of(asked, scope.value(asked.key))
                for asked in section.fields
                if asked.is_choice and asked.required and scope.value(asked.key)
            ][:3]
        said = ", ".join(filter(None, words))
        found[scope.key] = f"{number}. {said}"[:LONGEST] if said else f"{number}"
    return found
