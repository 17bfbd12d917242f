"""Turn rows of attributes into abstracts: a row's own words in sentences from shared banks.

A bank is a list of wordings for one slot (`banks.json`). They are drawn without regard to the
truth, so that each turns up among relevant and irrelevant records and none gives one away; what
tells them apart is what they are about. The same seed always gives the same text.
"""

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from seeds.extramedullary_all.latent import FOLDER, Row, label, rows

SEED = 20190417
SECONDARY_DESIGNS = ("review", "case")
HEADINGS = (
    ("BACKGROUND", "METHODS", "RESULTS", "CONCLUSIONS"),
    ("Objective", "Materials and methods", "Results", "Conclusion"),
    ("Introduction", "Patients and methods", "Findings", "Interpretation"),
    ("PURPOSE", "EXPERIMENTAL DESIGN", "RESULTS", "CONCLUSION"),
    (),
    (),
)
AMERICAN = {
    "leukaemi": "leukemi",
    "tumour": "tumor",
    "paediatric": "pediatric",
    "haematolog": "hematolog",
    "haematopoi": "hematopoi",
    "haemoglobin": "hemoglobin",
    "anaemi": "anemi",
    "bacteraemi": "bacteremi",
    "oxidised": "oxidized",
    "hypothesised": "hypothesized",
    "normalised": "normalized",
    "localisation": "localization",
    "mobilised": "mobilized",
    "mobilisation": "mobilization",
    "colonised": "colonized",
    "colonisation": "colonization",
    "stabilised": "stabilized",
    "stabiliser": "stabilizer",
    "summarised": "summarized",
    "criticised": "criticized",
    "individualisation": "individualization",
    "randomised": "randomized",
    "sensitises": "sensitizes",
    "neutralising": "neutralizing",
    "analysed": "analyzed",
    "labelled": "labeled",
    "tunnelling": "tunneling",
    "signalling": "signaling",
    "remodelling": "remodeling",
    "behaviour": "behavior",
    "favour": "favor",
    "oedema": "edema",
    "centred": "centered",
    "centre": "center",
    "fibre": "fiber",
    "millilitre": "milliliter",
    "centimetre": "centimeter",
    "licence": "license",
}
SITE_WORDS = re.compile(
    r"\b(CNS\b|CSF\b|central nervous|mening|cerebr|choroid|brain|testi|ovar|ocular|eye|retina|kidney"
    r"|renal|liver|hepatic|adipose|extramedull|sanctuar|spleen|gonad|intrathecal|neurolog)"
    r"|cerebrospinal|leptomening",
    re.IGNORECASE,
)
_AMERICAN = re.compile("|".join(AMERICAN), re.IGNORECASE)


@dataclass(frozen=True)
class Abstract:
    """An abstract and the wordings it was made of, slot by slot."""

    text: str
    wordings: tuple[tuple[str, str], ...] = ()


@cache
def banks() -> dict[str, list[str]]:
    return json.loads((FOLDER / "banks.json").read_text(encoding="utf-8"))


@cache
def phrases() -> dict:
    return json.loads((FOLDER / "phrases.json").read_text(encoding="utf-8"))


@cache
def abstracts() -> dict[str, Abstract]:
    """The abstract of every report, by key."""
    return {row.key: _abstract(row) for row in rows()}


def is_american(row: Row) -> bool:
    """Half of the invented journals spell the American way; a register always does."""
    return row.design == "trial" or random.Random(f"{SEED} spelling {row.key}").random() < 0.5


def localise(text: str, row: Row) -> str:
    """Spell a text as the journal of the row does."""
    return _AMERICAN.sub(_respell, text) if is_american(row) else text


def title_of(row: Row) -> str:
    return localise(row.title, row)


def sentence(row: Row, slot: str, what: str) -> str:
    """A further sentence about the row, for use outside its abstract; `what` keeps draws apart."""
    wording = random.Random(f"{SEED} {what} {slot} {row.key}").choice(banks()[slot])
    return localise(wording.format(**_fillers(row)), row)


def _respell(match: re.Match) -> str:
    found = match[0]
    spelled = AMERICAN[found.lower()]
    return spelled.capitalize() if found[0].isupper() else spelled


def _abstract(row: Row) -> Abstract:
    if not row.core:
        return Abstract("")
    if _is_plain(row):
        return Abstract(localise(row.core, row))
    fillers = _fillers(row)
    used: list[tuple[str, str]] = []
    parts: dict[str, list[str]] = defaultdict(list)
    for part, slot in _layout(row):
        if slot == "core":
            parts[part].append(row.core)
            continue
        wording = _wording(row, slot)
        used.append((slot, wording))
        parts[part].append(wording.format(**fillers))
    return Abstract(localise(_joined(row, parts), row), tuple(used))


@cache
def _covering() -> dict[tuple[str, str], str]:
    """Wordings dealt so that each occurs among the relevant and among the other records.

    A few records of either side get one wording each; all others draw freely (`_wording`), for
    an evenly dealt deck would itself be a pattern.
    """
    rng = random.Random(f"{SEED} covering")
    users: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows():
        if row.core and not hides_site_of(row) and not _is_plain(row):
            for _, slot in _layout(row):
                users[slot, label(row.attributes).ta_label].append(row.key)
    dealt = {}
    for (slot, _), keys in sorted(users.items()):
        wordings = banks().get(slot, [])
        chosen = rng.sample(keys, min(len(keys), len(wordings)))
        dealt.update({(key, slot): one for key, one in zip(chosen, wordings, strict=False)})
    return dealt


def _wording(row: Row, slot: str) -> str:
    """One wording of the slot; none that names an organ if the record must not name one."""
    if (row.key, slot) in _covering():
        return _covering()[row.key, slot]
    wordings = banks()[slot]
    if hides_site_of(row):
        wordings = [one for one in wordings if not SITE_WORDS.search(one)]
    return random.Random(f"{SEED} {slot} {row.key}").choice(wordings)


def _is_plain(row: Row) -> bool:
    """Register entries and errata consist of their own words only."""
    return row.design == "trial" or row.attributes.publication == "erratum"


def _layout(row: Row) -> Iterator[tuple[str, str]]:
    """The slots of an abstract in order, each with the part of the abstract it belongs to."""
    is_clinical = row.design == "clinical"
    kind = "clinical" if is_clinical else "laboratory"
    has_methods = row.design not in SECONDARY_DESIGNS
    yield "background", "setting"
    yield "background", "gap" if _chance(row, "gap", 0.6) else "context"
    yield "background", "aim"
    if has_methods:
        yield "methods", f"methods_{row.design}"
        if is_clinical or len(row.core.split()) < 30 or _chance(row, "detail", 0.4):
            yield "methods", f"detail_{kind}"
    yield "methods" if has_methods else "background", "focus"
    if _has_aside(row):
        yield "methods" if has_methods else "background", "aside"
    yield "results", "core"
    is_short = len(row.core.split()) < 39
    if has_methods and (is_clinical or is_short or _chance(row, "second", 0.5)):
        yield "results", f"second_{kind}"
    yield "conclusion", "conclusion"
    if not has_methods or is_short or _chance(row, "outlook", 0.25):
        yield "conclusion", "outlook"


def _chance(row: Row, what: str, share: float) -> bool:
    return random.Random(f"{SEED} {what} {row.key}").random() < share


def _has_aside(row: Row) -> bool:
    """Near misses name niche, sanctuary or CXCR4 in passing, and so do some relevant records."""
    if row.hard:
        return True
    return _chance(row, "aside", 0.2)


def _joined(row: Row, parts: dict[str, list[str]]) -> str:
    fitting = [one for one in HEADINGS if row.design == "clinical" or not _names_patients(one)]
    headings = random.Random(f"{SEED} headings {row.key}").choice(fitting)
    if not headings or row.design in SECONDARY_DESIGNS:
        return " ".join(sentence for part in parts.values() for sentence in part)
    names = zip(("background", "methods", "results", "conclusion"), headings, strict=True)
    return " ".join(f"{heading}: {' '.join(parts[part])}" for part, heading in names)


def keywords_of(row: Row) -> tuple[str, ...]:
    """The authors' keywords and the index terms a database adds for what the record is about."""
    index = phrases()["index"]
    terms = (
        index["disease"].get(row.attributes.disease, [])
        + [term for site in _index_sites(row) for term in index["site"][site]]
        + index["focus"][_focus_key(row)]
        + index["design"].get(row.design, [])
    )
    return (*row.keywords, *terms) if row.core else row.keywords


def _index_sites(row: Row) -> tuple[str, ...]:
    return () if hides_site_of(row) else row.attributes.sites


def _names_patients(headings: tuple[str, ...]) -> bool:
    return any("Patients" in heading for heading in headings)


def hides_site_of(row: Row) -> bool:
    """A hard relevant record: its abstract does not name the organ."""
    return row.hard and label(row.attributes).ta_label == "include"


def _fillers(row: Row) -> dict[str, object]:
    """What the wordings leave open: phrases for the row's attributes and plausible numbers."""
    rng = random.Random(f"{SEED} fillers {row.key}")
    start = rng.randint(max(1970, row.year - 16), row.year - 5)
    words = {
        "subject": row.subject,
        "population": row.population,
        "disease": rng.choice(_disease_phrases(row)),
        "site": rng.choice(phrases()["site"][_site_key(row)]),
        "focus": rng.choice(phrases()["focus"][_focus_key(row)]),
        "disease_again": rng.choice(_disease_phrases(row)),
        "site_again": rng.choice(phrases()["site"][_site_key(row)]),
        "focus_again": rng.choice(phrases()["focus"][_focus_key(row)]),
    }
    return {
        **words,
        **{key.capitalize(): one[:1].upper() + one[1:] for key, one in words.items()},
        "n": rng.randint(6, 14),
        "k": rng.randint(3, 7),
        "day": rng.choice((14, 21, 28, 35)),
        "big": rng.randint(58, 940),
        "y1": start,
        "y2": rng.randint(start + 2, row.year - 1),
        **row.numbers,
    }


def _disease_phrases(row: Row) -> list[str]:
    by_lineage = phrases()["lineage"].get(row.attributes.lineage)
    is_all = row.attributes.disease == "all"
    return by_lineage if is_all and by_lineage else phrases()["disease"][row.attributes.disease]


def _site_key(row: Row) -> str:
    is_vague = row.hard or _chance(row, "vague", 0.08)
    if hides_site_of(row) or (is_vague and label(row.attributes).ta_label == "exclude"):
        return "hidden"
    return row.attributes.sites[0] if row.attributes.sites else "none"


def _focus_key(row: Row) -> str:
    if row.attributes.factor:
        return row.attributes.factor.partition(".")[0]
    if row.attributes.therapy_at_site:
        return "therapy"
    return row.topic if row.topic in phrases()["focus"] else "none"
