"""What a title says a record is: erratum, reply, protocol ...; and the numbers in it."""

import re
from collections.abc import Sequence

#: A word in brackets that says what the record is; any other is taken for a language.
_NO_LANGUAGE = (
    r"(?!(?:errat(?:um|a)|corrigend(?:um|a)|addend(?:um|a)|corrections?|retraction|withdrawal|"
    r"protocol|reply|response|rejoinder|commentary|abstract)\b)"
)
#: What databases hang on titles: "[Review]", "[88 refs]", "[Chinese]", "[Erratum appears in ...]".
_SUFFIX = re.compile(
    rf"\s*(?:\[(?:(?:review|letter|editorial|comment|note|\d+ refs?\.?|{_NO_LANGUAGE}[a-z]+(?: language)?)"
    r"(?:[;,] ?\w+)*|(?:published )?(?:erratum|corrected|corrections?|comments?|retraction|update)"
    r"\b[^\]]*\bin\b[^\]]*|see comments?[^\]]*)\]|\((?:review|letter|[a-z]+ language|author.?s transl)\)"
    r"|\(retracted article[^()]*\))\.?\s*$",
    re.I,
)
_RETRACTED = re.compile(
    r"^\W*(?:retracted(?: article)?|withdrawn|article retracted)\b[\s:.\-–—]+", re.I
)
#: The announcement of an erratum goes to the end of the title; often its bracket is not closed.
_ANNOUNCED = re.compile(
    r"[\s.]*[\[(](?:published )?(?:erratum|corrected|corrections?|comments?|retraction|update)"
    r"\b[^\])]{0,30}\bin\b.*$",
    re.I | re.S,
)
_START = r"^\W*(?:the )?"
_MARKS = {
    "erratum": re.compile(
        rf"\b(?:erratum|errata|corrigendum|corrigenda|addendum|expression of concern)\b|"
        rf"{_START}(?:(?:author|publisher)'?s? )?corrections?\s*(?:to\b|:|\.|-|$)|"
        r"[(\[:\-–—] ?corrections?\W*$|\(vol\.? ?[^()]{1,30}, ?(?:pgs?|pp?|page|art)\b[^()]*\)",
        re.I,
    ),
    "reply": re.compile(
        rf"{_START}(?:in )?(?:re|reply|response|author'?s'? (?:reply|response))\s*(?:to\b|:|-|$)|"
        r"\bauthor'?s?'? (?:reply|response)\b|[(\[:\-–—.?] ?(?:a )?(?:reply|response|rejoinder)\b(?! (?:of|rate))|"
        rf"{_START}rejoinder\b|\breply\W*$",
        re.I,
    ),
    "comment": re.compile(
        rf"{_START}(?:invited |editorial )?(?:comments?|commentary|discussion|letter)\s*"
        r"(?:on\b|to\b|:|-|of\b|$)|[(\[:\-–—.?] ?(?:a |an |invited |editorial )?(?:comments?|commentary)\b|"
        r"\bcomment(?:s|ary)? on\b|^editorial\b *[:.\-]",
        re.I,
    ),
    "retraction": re.compile(
        rf"{_START}(?:notice of )?(?:retraction|withdrawal)\b\s*(?:of\b|notice|note|to\b|:|-|$)|"
        r"\(retraction of\b|[\[(:\-–—] ?retraction\W*$|retraction notice",
        re.I,
    ),
    "protocol": re.compile(r"\bprotocols?\b(?! (?:deviation|violation))|\brationale and design\b", re.I),
    "abstract": re.compile(
        r"^\W*(?:meeting |conference |poster )?abstracts?\b[^:]{0,20}[:.]|"
        r"[\[(](?:meeting |conference |poster )?abstract\W*$",
        re.I,
    ),
}  # fmt: skip
_WITH_ITS_PROTOCOL = ("erratum", "reply", "comment", "retraction")
_GENERIC = re.compile(
    r"^(?:(?:guest |an )?(?:editorials?|editoriale|editorial[ei]s?|editors?)(?: s)?"
    r"(?: (?:board|comments?|introduction|note|comment|overview))?|"
    r"vorwort|geleitwort|einleitung|einfuhrung|avant propos|introduzione|introduccion|introducao|"
    r"prefacio|prefazione|presentacion|(?:image|picture|case|quiz|paper|photo) of the (?:month|week|year|issue)|"
    r"(?:presidents?|chair(?:mans?|s)?|directors?) (?:message|letter|column|page|address)|in memoriam|"
    r"(?:list of|thanks to|thank you to)(?: our| the)? (?:reviewers|referees)|reviewers|instructions (?:for|to) authors|"
    r"introduction|(?:special )?(?:issue )?introduction(?: to (?:(?:the|this) )?(?:special )?(?:issue|section|volume))?|"
    r"preface|foreword|forward|prologue|letters? to (?:the )?editors?|letters?|in this issue|news|"
    r"news and (?:views|notes)|book reviews?|correspondence|abstracts?|(?:subject |author )?index|"
    r"(?:table of )?contents|(?:remarks from .{1,40} )?editors? s?(?:comments?|notes?|introduction|corner|page|choice)|"
    r"(?:notes?|remarks|message|letter|word|comments?) from the editors?(?: in chief)?|from the editors?|"
    r"authors? (?:s )?(?:reply|response)|reply|response|obituary|errat(?:um|a)|corrigend(?:um|a)|"
    r"corrections?|comments?|commentary|discussion|panel discussion|about (?:this issue|the authors?)|untitled|no title|"
    r"annual report|conclusions?|summary|overview|perspectives?|highlights|announcements?|"
    r"acknowledge?ments?|conference (?:report|proceedings)|proceedings|calendar|retraction|"
    r"(?:literature|journal) (?:watch|club|review)|research (?:notes?|highlights)|case reports?)$"
)
_ROMAN = {
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11",
    "xii": "12", "xiii": "13", "first": "1", "second": "2", "third": "3", "fourth": "4",
}  # fmt: skip
#: Words after which a lone letter numbers something: "part I", "type A".
_COUNTED = frozenset(
    [
        "part",
        "parts",
        "section",
        "chapter",
        "phase",
        "type",
        "stage",
        "class",
        "factor",
        "grade",
        "level",
        "group",
        "series",
        "hepatitis",
        "vitamin",
        "influenza",
        "volume",
        "study",
        "paper",
        "note",
        "experiment",
        "report",
    ]
)
_DIGITS = re.compile(r"\d+")


def without_suffixes(title: str) -> str:
    """The title without what a database hung on it, however many of them."""
    title = _ANNOUNCED.sub("", _RETRACTED.sub("", title.strip()))
    shorter = _SUFFIX.sub("", title)
    while shorter and shorter != title:
        title, shorter = shorter, _SUFFIX.sub("", shorter)
    return title


def marks_of(title: str, words: str) -> frozenset[str]:
    """What the record is by its own title; `words` is the title in plain words."""
    told = without_suffixes(title)
    found = {name for name, pattern in _MARKS.items() if pattern.search(told)}
    if found.intersection(_WITH_ITS_PROTOCOL):
        found.discard("protocol")
    if _GENERIC.match(words):
        found.add("generic")
    return frozenset(found)


def numbers_of(words: str) -> tuple[str, ...]:
    """Numbers and roman numerals of a title, sorted: they tell part I from part II.

    A lone letter counts where it numbers something or ends the title.
    """
    found = [number.lstrip("0") or "0" for number in _DIGITS.findall(words)]
    listed = words.split()
    for place, word in enumerate(listed):
        if word in _ROMAN:
            found.append(_ROMAN[word])
        elif len(word) == 1 and word.isalpha() and _counts(listed, place):
            found.append({"i": "1", "v": "5", "x": "10"}.get(word, word))
    return tuple(sorted(found))


def _counts(words: Sequence[str], place: int) -> bool:
    is_last = place == len(words) - 1
    ends = is_last and words[place] != "a"
    return place > 0 and (ends or words[place - 1] in _COUNTED)
