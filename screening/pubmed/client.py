"""A polite client of PubMed's E-utilities: esearch on the history server, efetch in batches.

Formats and limits: NCBI, Entrez Programming Utilities Help (NBK25499): three requests a second,
ten with an API key; for PubMed a search gives at most its first 9,999 records, so a larger one
is cut into stretches of time by the day its records entered (datetype edat).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

import requests
import urllib3
from urllib3.util.retry import Retry

from screening.pubmed.answers import (
    LATER,
    Batch,
    Found,
    NoAnswer,
    Slice,
    Unavailable,
    batch_in,
    found_in,
    ids_in,
)
from screening.pubmed.pace import Pace

URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
MOST_AT_ONCE = 9_999
FIRST_DAY = date(1780, 1, 1)
"""Older than anything in PubMed."""

INTERVAL, INTERVAL_WITH_KEY = 0.4, 0.125
"""Seconds between two requests: a little more than 1/3 and 1/10, since the line delays some."""

LONGEST_WAIT = 120.0
"""A server that wants to be left alone for longer (seconds) is left to the person who asked."""

MOST_BYTES = 256 * 1024 * 1024
"""More is no batch of records."""

_UNREACHABLE = (
    "PubMed could not be reached. Check this server's way to the internet, or search PubMed in the "
    f"browser, save the results in PubMed format, and upload the file. {LATER}"
)
T = TypeVar("T")


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to ask, and how long to wait for a connection, a sign of life, the whole answer.

    Times are in seconds.
    """

    attempts: int
    connect: float
    read: float
    whole: float


FOR_A_PAGE = Patience(attempts=2, connect=4, read=10, whole=10)
"""Somebody sits before the screen."""

FOR_A_JOB = Patience(attempts=6, connect=10, read=60, whole=600)


@dataclass(slots=True)
class Client:
    """Asks E-utilities, never faster than it is allowed to.

    `sleep` waits between attempts, in seconds.
    """

    pace: Pace
    url: str = URL
    api_key: str = ""
    email: str = ""
    tool: str = "reviewtool"
    patience: Patience = FOR_A_JOB
    sleep: Callable[[float], None] = _sleep
    session: requests.Session = field(default_factory=requests.Session)

    def search(self, query: str, *, first: date | None = None, last: date | None = None) -> Found:
        """Run a query and keep its result on the history server.

        Raises Unavailable when PubMed cannot be reached or refuses the query.
        """
        asked = {"term": query, "usehistory": "y", "retmax": "0", "retmode": "json"}
        if first and last:
            days = {"mindate": f"{first:%Y/%m/%d}", "maxdate": f"{last:%Y/%m/%d}"}
            asked |= days | {"datetype": "edat"}
        return self._until_good("esearch.fcgi", asked, found_in)

    def slices(self, query: str, n: int, *, until: date) -> Iterator[Slice]:
        """Yield stretches of days that together hold all `n` records, each with few enough."""
        if n <= MOST_AT_ONCE:
            yield Slice(None, None, n)
        else:
            yield from self.cut(query, FIRST_DAY, until)

    def cut(self, query: str, first: date, last: date) -> Iterator[Slice]:
        """Yield stretches of days from first to last, halved until PubMed gives out all of each."""
        n = self.search(query, first=first, last=last).n
        if n <= MOST_AT_ONCE:
            if n:
                yield Slice(first, last, n)
            return
        if first >= last:
            raise Unavailable(
                f"{n:,} records entered PubMed on {first.day} {first:%B %Y} alone; of one search "
                f"PubMed gives out {MOST_AT_ONCE:,} at most. Narrow the query."
            )
        middle = first + (last - first) // 2
        yield from self.cut(query, first, middle)
        yield from self.cut(query, middle + timedelta(days=1), last)

    def fetch(self, found: Found, *, start: int, n: int) -> Batch:
        """Return records `start` to `start + n` of a search.

        Where fewer come than were found, the others are asked for by their ids; what PubMed even
        then keeps to itself is told in `missing`. Raises HistoryGone when the search must be run
        again.
        """
        place = {
            "query_key": found.query_key, "WebEnv": found.web_env, "retstart": str(start),
            "retmax": str(n),
        }  # fmt: skip
        batch = self._articles(place)
        if len(batch.pmids) >= min(n, found.n - start):
            return batch
        listed = self._until_good(
            "efetch.fcgi", place | {"rettype": "uilist", "retmode": "text"}, ids_in
        )
        held_back = [pmid for pmid in listed if pmid not in batch.pmids]
        rest = self._articles({"id": ",".join(held_back)}) if held_back else Batch(b"", ())
        missing = tuple(pmid for pmid in held_back if pmid not in rest.pmids)
        return Batch(batch.articles + rest.articles, batch.pmids + rest.pmids, missing)

    def _articles(self, which: dict[str, str]) -> Batch:
        asked = which | {"retmode": "xml", "rettype": "full"}
        return self._until_good("efetch.fcgi", asked, batch_in)

    # ------------------------------------------------------------ asking

    def _until_good(self, script: str, asked: dict[str, str], read: Callable[[bytes], T]) -> T:
        """Ask until there is an answer, each time after twice the pause."""
        for attempt in range(1, self.patience.attempts + 1):
            try:
                return read(self._post(script, asked))
            except NoAnswer as error:
                if attempt == self.patience.attempts or error.wait > LONGEST_WAIT:
                    raise Unavailable(str(error)) from None
                pause = max(error.wait, 2.0 ** (attempt - 1))
                if error.is_busy:
                    self.pace.put_off(pause)
                else:
                    self.sleep(pause)
        raise AssertionError("at least one attempt")

    def _post(self, script: str, asked: dict[str, str]) -> bytes:
        self.pace.wait(INTERVAL_WITH_KEY if self.api_key else INTERVAL)
        who = {"db": "pubmed", "tool": self.tool}
        who |= {"email": self.email} if self.email else {}
        who |= {"api_key": self.api_key} if self.api_key else {}
        try:
            with self.session.post(
                f"{self.url}/{script}", data=who | asked, stream=True, allow_redirects=False,
                timeout=(self.patience.connect, self.patience.read),
            ) as answer:  # fmt: skip
                _check(answer)
                return self._body(answer)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            raise NoAnswer(_sentence_on(error)) from None

    def _body(self, answer: requests.Response) -> bytes:
        """Read an answer to its end; one that drips for ever is none."""
        until, body = time.monotonic() + self.patience.whole, bytearray()
        while block := answer.raw.read1(1 << 16, decode_content=True):
            body += block
            if time.monotonic() > until:
                raise NoAnswer(
                    f"PubMed's answer did not end in {self.patience.whole:.0f} s. {LATER}"
                )
            if len(body) > MOST_BYTES:
                raise Unavailable("PubMed's answer has no end. Ask for fewer records at once.")
        return bytes(body)


def _check(answer: requests.Response) -> None:
    """Tell an answer by its status; 400 carries PubMed's words and is read like any other."""
    status = answer.status_code
    if status in (200, 400):
        return
    if status == 429 or status >= 500:
        wait = _wait_of(answer)
        when = f"It asks to wait {wait / 60:.0f} minutes. " if wait > LONGEST_WAIT else ""
        raise NoAnswer(
            f"PubMed is too busy or out of order at the moment (status {status}). {when}{LATER}",
            wait=wait, is_busy=status == 429,
        )  # fmt: skip
    if 300 <= status < 400:
        raise Unavailable(
            "Something between this server and PubMed sends requests elsewhere, perhaps the login "
            "page of a proxy. Ask your administrator to let this server reach "
            "eutils.ncbi.nlm.nih.gov."
        )
    raise Unavailable(f"PubMed refused the request (status {status}). {LATER}")


def _wait_of(answer: requests.Response) -> float:
    """Return the seconds a server asks to wait; 0 when it does not say."""
    said = answer.headers.get("Retry-After")
    if not said:
        return 0.0
    try:
        return max(0.0, Retry().parse_retry_after(said))
    except urllib3.exceptions.InvalidHeader:
        return 0.0


def _sentence_on(error: Exception) -> str:
    broke_off = (
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
        urllib3.exceptions.ProtocolError,
        urllib3.exceptions.DecodeError,
    )
    if isinstance(error, broke_off):
        return f"PubMed's answer broke off in the middle. {LATER}"
    return _UNREACHABLE
