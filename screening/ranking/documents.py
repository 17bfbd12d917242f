"""What the models read of a record."""

from collections.abc import Iterable
from typing import NamedTuple

#: An abstract shorter than this says nothing ("No abstract available").
SHORTEST_ABSTRACT = 30


def text_of(title: str, abstract: str = "", keywords: Iterable[str] = ()) -> str:
    """Return the text of a record that the model reads."""
    return " ".join(filter(None, [title, abstract, *keywords]))


class Document(NamedTuple):
    """Title, abstract and keywords (MeSH terms among them) of a record."""

    title: str
    abstract: str = ""
    keywords: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return text_of(*self)

    @property
    def has_abstract(self) -> bool:
        return len(self.abstract.strip()) >= SHORTEST_ABSTRACT
