"""Reading a codebook from JSON and writing it back.

    codebook = load(definition, vocabularies)
    load(to_json(codebook)) == codebook

`definition` is an object with the properties of `definition.Codebook`; `vocabularies` maps
names to lists of terms and is merged over the definition's own. Every fault is found before
the error is raised, so that whoever writes a codebook sees them all at once.
"""

from collections.abc import Mapping
from dataclasses import fields

from extraction.codebook import building, consistency
from extraction.codebook.definition import Codebook, Section, Term, Vocabulary
from extraction.codebook.outputs import Outputs

_TEXTS = ("name", "version", "language", "title", "missing_codes")
_KNOWN = frozenset(one.name for one in fields(Codebook))


class CodebookError(ValueError):
    """A definition that is not a codebook; `faults` has a full sentence for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = tuple(faults)


def load(definition: Mapping, vocabularies: Mapping | None = None) -> Codebook:
    """Make a Codebook, or raise CodebookError with every fault of the definition."""
    faults: building.Faults = []
    codebook = _built(definition, vocabularies or {}, faults)
    if not faults:
        faults.extend(consistency.faults_of(codebook))
    if faults:
        raise CodebookError(faults)
    return codebook


def to_json(codebook: Codebook) -> dict:
    """The definition, vocabularies included, from which `load` makes the same codebook."""
    terms = {name: building.plain(one.terms) for name, one in codebook.vocabularies.items()}
    return building.plain(codebook) | {"vocabularies": terms}


def _built(definition: Mapping, vocabularies: Mapping, faults: building.Faults) -> Codebook:
    if not isinstance(definition, Mapping):
        raise CodebookError(["A codebook is an object with sections, rules and derivations."])
    unknown = sorted(set(definition) - _KNOWN)
    faults.extend(f"The codebook has the unknown property “{key}”." for key in unknown)
    return Codebook(
        **_texts(definition, faults),
        external=_external(definition.get("external", []), faults),
        sections=building.build_all(Section, definition.get("sections"), "The sections", faults),
        vocabularies=_vocabularies(definition, vocabularies, faults),
        rules=_rules(definition.get("rules", []), faults),
        derivations=building.build_derivations(definition.get("derivations", []), faults),
        outputs=_outputs(definition.get("outputs"), faults),
    )


def _texts(definition: Mapping, faults: building.Faults) -> dict:
    texts = {key: definition[key] for key in _TEXTS if definition.get(key) is not None}
    for key in ("name", "version", "language"):
        if not texts.setdefault(key, ""):
            faults.append(f"The codebook lacks its “{key}”.")
    faults.extend(
        f"The codebook's “{key}” is not a text." for key in texts if not isinstance(texts[key], str)
    )
    return texts


def _external(raw: object, faults: building.Faults) -> tuple[str, ...]:
    if isinstance(raw, list) and all(isinstance(name, str) for name in raw):
        return tuple(raw)
    faults.append("The “external” entities are not a list of texts.")
    return ()


def _vocabularies(definition: Mapping, more: Mapping, faults: building.Faults) -> dict:
    own = definition.get("vocabularies", {})
    if not isinstance(own, Mapping) or not isinstance(more, Mapping):
        faults.append("The vocabularies are not an object of lists.")
        return {}
    lists = {**own, **more}
    return {
        name: Vocabulary(name, building.build_all(Term, terms, f"Vocabulary “{name}”", faults))
        for name, terms in lists.items()
    }


def _rules(raws: object, faults: building.Faults) -> tuple:
    if not isinstance(raws, list):
        faults.append("The rules are not a list.")
        return ()
    rules = [building.build_rule(raw, _rule_name(raw), faults) for raw in raws]
    return tuple(rule for rule in rules if rule is not None)


def _rule_name(raw: object) -> str:
    return f"Rule “{raw.get('id', '?')}”" if isinstance(raw, Mapping) else "A rule"


def _outputs(raw: object, faults: building.Faults) -> Outputs | None:
    return None if raw is None else building.build(Outputs, raw, "The outputs", faults)
