"""A polite client of PubMed's E-utilities: esearch on the history server, efetch in batches.

Formats and limits: NCBI, Entrez Programming Utilities Help (NBK25499): three requests a second,
ten with an API key; for PubMed a search gives at most its first 9,999 records, so a larger one
is cut into stretches of time by the day its records entered (datetype edat).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
MOST_AT_ONCE = 9_999
FIRST_DAY = date(1780, 1, 1)
"""Older than anything in PubMed."""

ATTEMPTS = 4
"""How often an answer is asked for that is no answer: HTML, truncated XML, an error inside."""

_TIMEOUT = (10, 120)
_RETRY = Retry(
    total=4,
    backoff_factor=1,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,
    respect_retry_after_header=True,
)


class Unavailable(Exception):
    """PubMed did not answer, or not with what was asked for: a sentence for people."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The records of a search that entered PubMed in a stretch of days, both ends included."""

    first: date
    last: date
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


@dataclass(slots=True)
class Client:
    """Asks E-utilities, never faster than it is allowed to.

    `now` and `sleep` are the clock it keeps its pace by, in seconds.
    """

    url: str = URL
    api_key: str = ""
    email: str = ""
    tool: str = "reviewtool"
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    session: requests.Session = field(default_factory=requests.Session)
    last: float = float("-inf")

    def __post_init__(self) -> None:
        """Ask again by itself where a server or the line says "later"."""
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=_RETRY))

    def search(self, query: str, *, first: date | None = None, last: date | None = None) -> Found:
        """Run a query and keep its result on the history server.

        Raises Unavailable when PubMed cannot be reached or refuses the query.
        """
        asked = {"term": query, "usehistory": "y", "retmax": "0", "retmode": "json"}
        if first and last:
            days = {"mindate": f"{first:%Y/%m/%d}", "maxdate": f"{last:%Y/%m/%d}"}
            asked |= days | {"datetype": "edat"}
        return self._until_good("esearch.fcgi", asked, lambda answer: _found(_json(answer)))

    def slices(self, query: str, *, until: date) -> Iterator[Slice]:
        """Yield stretches of days that together hold all records, each with few enough."""
        yield from self._cut(query, FIRST_DAY, until)

    def _cut(self, query: str, first: date, last: date) -> Iterator[Slice]:
        n = self.search(query, first=first, last=last).n
        if n <= MOST_AT_ONCE:
            if n:
                yield Slice(first, last, n)
            return
        if first >= last:
            raise Unavailable(
                f"{n:,} records entered PubMed on {first:%d %B %Y} alone, more than it gives out. "
                "Narrow the query."
            )
        middle = first + (last - first) // 2
        yield from self._cut(query, first, middle)
        yield from self._cut(query, middle + timedelta(days=1), last)

    def fetch(self, found: Found, *, start: int, n: int) -> tuple[bytes, int]:
        """Return records `start` to `start + n` of a search as XML without its frame, and how many.

        PubMed may hold back a few (withdrawn meanwhile), so fewer than n can come.
        """
        asked = {
            "query_key": found.query_key, "WebEnv": found.web_env, "retstart": str(start),
            "retmax": str(n), "retmode": "xml", "rettype": "full",
        }  # fmt: skip
        return self._until_good("efetch.fcgi", asked, _articles)

    def _until_good(self, script: str, asked: dict[str, str], read: Callable[[bytes], Any]) -> Any:
        said = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self.sleep(2.0**attempt)
            try:
                return read(self._post(script, asked))
            except _NoAnswer as error:
                said = str(error)
        raise Unavailable(f"PubMed answered, but not with records: {said} Try again later.")

    def _post(self, script: str, asked: dict[str, str]) -> bytes:
        self._keep_pace()
        who = {"db": "pubmed", "tool": self.tool}
        who |= {"email": self.email} if self.email else {}
        who |= {"api_key": self.api_key} if self.api_key else {}
        try:
            answer = self.session.post(f"{self.url}/{script}", data=who | asked, timeout=_TIMEOUT)
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
            raise _NoAnswer("the answer broke off.") from None
        except requests.exceptions.RetryError:
            raise Unavailable(
                "PubMed is too busy or out of order at the moment. Nothing is lost; try again later."
            ) from None
        except requests.exceptions.RequestException:
            raise Unavailable(
                "PubMed could not be reached. Check the network of this server, or download the "
                "results from PubMed in the browser and upload the file."
            ) from None
        if answer.status_code == 400:
            return answer.content
        if answer.status_code != 200:
            raise Unavailable(f"PubMed refused the request (status {answer.status_code}).")
        return answer.content

    def _keep_pace(self) -> None:
        pause = self.last + (0.1 if self.api_key else 0.34) - self.now()
        if pause > 0:
            self.sleep(pause)
        self.last = self.now()


class _NoAnswer(Exception):
    """An answer that another attempt may mend."""


def _json(answer: bytes) -> dict[str, Any]:
    try:
        data = json.loads(answer.decode("utf-8", "replace"))
    except ValueError:
        raise _NoAnswer("it was no JSON.") from None
    if not isinstance(data, dict):
        raise _NoAnswer("it was no search result.")
    if isinstance(data.get("error"), str):
        raise Unavailable(f"PubMed refused the request: {data['error']}.")
    result = data.get("esearchresult")
    if not isinstance(result, dict):
        raise _NoAnswer("it was no search result.")
    return result


def _found(result: dict[str, Any]) -> Found:
    if said := result.get("ERROR"):
        raise Unavailable(f"PubMed could not run the query: {said}")
    if "count" not in result:
        raise _NoAnswer("it did not say how many records there are.")
    return Found(
        n=int(result["count"]),
        translation=str(result.get("querytranslation", "")),
        warnings=tuple(_warnings(result)),
        web_env=str(result.get("webenv", "")),
        query_key=str(result.get("querykey", "")),
    )


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


_OPEN, _CLOSE = b"<PubmedArticleSet>", b"</PubmedArticleSet>"


def _articles(answer: bytes) -> tuple[bytes, int]:
    """Return what stands inside the frame of an efetch answer, and how many records that is."""
    begin, end = answer.find(_OPEN), answer.rfind(_CLOSE)
    if begin < 0 or end < begin:
        start = answer[:80].decode("utf-8", "replace").strip()
        raise _NoAnswer(f"it began with “{start}” and holds no whole set of records.")
    inner = answer[begin + len(_OPEN) : end]
    n = inner.count(b"<PubmedArticle>") + inner.count(b"<PubmedBookArticle>")
    if n != inner.count(b"</PubmedArticle>") + inner.count(b"</PubmedBookArticle>"):
        raise _NoAnswer("a record in it breaks off.")
    return inner, n
