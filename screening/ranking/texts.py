"""The text of a record as the models read it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

#: An abstract of fewer characters is none: "[No abstract available]" has 23.
SHORTEST_ABSTRACT = 30
#: What sources write where an abstract is missing.
_PLACEHOLDER = re.compile(
    r"\W*(?:(?:there is )?no abstract|(?:the )?abstract (?:is )?(?:not|un)\s?-?available)\b.{0,60}",
    re.IGNORECASE | re.DOTALL,
)
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_WORD = re.compile(r"\b\w\w+\b")


@dataclass(frozen=True)
class RecordText:
    """What a record says, cleaned of ligatures, full-width letters and invisible characters.

    Plain ASCII text is left exactly as it is.
    """

    title: str
    abstract: str = ""
    keywords: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, [self.title, self.abstract, self.keywords]))

    @property
    def has_abstract(self) -> bool:
        """Say whether there is an abstract worth the name."""
        return len(self.abstract.strip()) >= SHORTEST_ABSTRACT


def text_of(title: str, abstract: str = "", keywords: Iterable[str] = ()) -> RecordText:
    """Return the text of a record that the models read; a placeholder is no abstract."""
    abstract = "" if _PLACEHOLDER.fullmatch(abstract) else abstract
    return RecordText(clean(title), clean(abstract), clean(" ".join(filter(None, keywords))))


def clean(text: str) -> str:
    """Return text in compatibility form without invisible characters."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text.translate(_INVISIBLE))


def words(text: str) -> list[str]:
    """Return the words of a text in order, as scikit-learn's vectorisers see them."""
    return _WORD.findall(text.lower())
