"""What PubMed answers, and what only looks like an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

LATER = "Nothing is lost; try again later."


class Unavailable(Exception):
    """PubMed did not answer, or not with what was asked for: a sentence for people."""


class HistoryGone(Exception):
    """The history server no longer knows the search; it must be run again."""


class NoAnswer(Exception):
    """An answer that another attempt may mend; its text is the sentence for when none did.

    `wait`: the seconds the server asked for; `is_busy`: everybody here should leave it alone.
    """

    def __init__(self, said: str, *, wait: float = 0.0, is_busy: bool = False):
        super().__init__(said)
        self.wait, self.is_busy = wait, is_busy


@dataclass(frozen=True, slots=True)
class Slice:
    """The records of a search that entered PubMed in a stretch of days, both ends included.

    Without days it is the whole search.
    """

    first: date | None
    last: date | None
    n: int


@dataclass(frozen=True, slots=True)
class Found:
    """What PubMed says of a search before anything is fetched."""

    n: int
    translation: str = ""
    """How PubMed understood the query."""
    warnings: tuple[str, ...] = ()
    web_env: str = ""
    query_key: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records as XML without its frame, their PubMed ids, and the ids PubMed did not give."""

    articles: bytes
    pmids: tuple[str, ...]
    missing: tuple[str, ...] = ()


# ---------------------------------------------------------------- esearch


def found_in(answer: bytes) -> Found:
    """Read the answer of esearch, with everything PubMed objects to as a warning.

    Raises Unavailable with PubMed's own words when it refuses the query.
    """
    result = _result(answer)
    if said := result.get("ERROR"):
        _refuse(str(said))
    if not str(result.get("count", "")).isdigit():
        raise NoAnswer(f"PubMed did not say how many records it finds. {LATER}")
    found = Found(
        n=int(result["count"]),
        translation=str(result.get("querytranslation", "")),
        warnings=tuple(_warnings(result)),
        web_env=str(result.get("webenv", "")),
        query_key=str(result.get("querykey", "")),
    )
    if found.n and not (found.web_env and found.query_key):
        raise NoAnswer(f"PubMed did not keep the search on its history server. {LATER}")
    return found


def _result(answer: bytes) -> dict[str, Any]:
    """NCBI puts raw line ends into the texts of its JSON, hence not `strict`."""
    try:
        data = json.loads(answer.decode("utf-8", "replace"), strict=False)
    except ValueError:
        raise NoAnswer(_not_with("a search result", answer)) from None
    if isinstance(data, dict) and isinstance(data.get("error"), str):
        _refuse(data["error"])
    result = data.get("esearchresult") if isinstance(data, dict) else None
    if not isinstance(result, dict):
        raise NoAnswer(_not_with("a search result", answer))
    return result


def _refuse(said: str) -> None:
    """Tell what is the query's fault from what will be well in a moment."""
    said = " ".join(said.split()).rstrip(".")
    if "rate limit" in said.lower():
        raise NoAnswer(f"PubMed says: {said}. {LATER}", is_busy=True)
    if "backend failed" in said.lower():
        raise NoAnswer(f"PubMed could not run the query: {said}. {LATER}")
    raise Unavailable(f"PubMed refused the search: {said}.")


_SAID = {
    "phrasesnotfound": "Not found, and left out by PubMed: ",
    "fieldsnotfound": "No such search field: ",
    "phrasesignored": "Ignored by PubMed: ",
    "quotedphrasesnotfound": "Quoted phrase not found: ",
    "outputmessages": "",
}


def _warnings(result: dict[str, Any]) -> Iterator[str]:
    for name in ("errorlist", "warninglist"):
        for kind, texts in (result.get(name) or {}).items():
            for text in texts if isinstance(texts, list) else []:
                yield f"{_SAID.get(kind, '')}{text}".rstrip(".") + "."


# ---------------------------------------------------------------- efetch

_SET = re.compile(rb"<PubmedArticleSet\b[^>]*?(/?)>")
_CLOSE = b"</PubmedArticleSet>"
_OPENS = re.compile(rb"<Pubmed(?:Book)?Article[\s>]")
_CLOSES = re.compile(rb"</Pubmed(?:Book)?Article\s*>")
_PMID = re.compile(rb"<PMID\b[^>]*>\s*(\d+)\s*</PMID>")
_GONE = re.compile(rb"obtain query|webenv|query_key|from history|history server", re.I)
_ERROR = re.compile(rb"<ERROR>(.*?)</ERROR>|\"error\"\s*:\s*\"(.*?)\"", re.S)


def batch_in(answer: bytes) -> Batch:
    """Read an answer of efetch; one that breaks off, or is no set of records, is no answer."""
    frame = _SET.search(answer)
    if frame is None:
        if _GONE.search(answer):
            raise HistoryGone
        raise NoAnswer(_not_with("records", answer))
    if frame[1]:
        return Batch(b"", ())
    end = answer.rfind(_CLOSE)
    inner = answer[frame.end() : end]
    starts = [opening.start() for opening in _OPENS.finditer(inner)]
    if end < frame.end() or len(starts) != len(_CLOSES.findall(inner)):
        raise NoAnswer(f"PubMed's answer broke off in the middle. {LATER}")
    return Batch(inner, tuple(_pmids(inner, starts)))


def _pmids(inner: bytes, starts: list[int]) -> Iterator[str]:
    """The first id of each record is its own; those of its references come later."""
    for start, end in pairwise([*starts, len(inner)]):
        if own := _PMID.search(inner, start, end):
            yield own[1].decode()


def ids_in(answer: bytes) -> tuple[str, ...]:
    """Read a list of PubMed ids, one a line."""
    if _GONE.search(answer):
        raise HistoryGone
    words = answer.decode("utf-8", "replace").split()
    if not all(word.isdigit() for word in words):
        raise NoAnswer(_not_with("a list of ids", answer))
    return tuple(words)


def _not_with(what: str, answer: bytes) -> str:
    error = _ERROR.search(answer)
    said = next(filter(None, error.groups()), b"") if error else answer[:80]
    begins = " ".join(said.decode("utf-8", "replace").split())
    verb = "it says" if error else "it begins with"
    told = f"{verb} “{begins}”" if begins else "it is empty"
    return f"PubMed answered, but not with {what}: {told}. {LATER}"
