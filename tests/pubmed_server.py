"""A server on loopback that speaks E-utilities as PubMed does, with its bad days."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

ARTICLE = """<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid}</PMID>
<Article PubModel="Print"><Journal><ISSN IssnType="Print">1234-5678</ISSN><JournalIssue CitedMedium="Print">
<Volume>7</Volume><Issue>2</Issue><PubDate><Year>2021</Year></PubDate></JournalIssue><Title>Journal of Niches</Title>
<ISOAbbreviation>J Niches</ISOAbbreviation></Journal><ArticleTitle>Finding {pmid} beside Leydig cells.</ArticleTitle>
<Pagination><MedlinePgn>11-19</MedlinePgn></Pagination><ELocationID EIdType="doi" ValidYN="Y">10.5555/pm.{pmid}</ELocationID>
<Abstract><AbstractText>Blasts of experiment {pmid} were counted.</AbstractText></Abstract>
<AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Okafor</LastName><ForeName>Ngozi</ForeName><Initials>N</Initials></Author></AuthorList>
<Language>eng</Language><PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType></PublicationTypeList>
</Article><CommentsCorrectionsList><CommentsCorrections RefType="CommentIn"><RefSource>J Niches</RefSource><PMID Version="1">999</PMID></CommentsCorrections></CommentsCorrectionsList></MedlineCitation>
<PubmedData><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId></ArticleIdList></PubmedData></PubmedArticle>
"""
FRAME = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubmedArticle, 1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet>{articles}</PubmedArticleSet>"""
GONE = b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>"


@dataclass(frozen=True)
class Bad:
    """An answer that goes wrong in other ways than its status and its bytes."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    #: What goes wrong: "hang" (no answer), "drip" (a byte now and then, without end),
    #: "cut" (fewer bytes than announced), "reset" (the line is dropped).
    how: str = ""


Answer = tuple[int, bytes] | Bad
AS_EVER = Bad(how="as ever")
"""Stands among answers given instead for one that is as it should be."""


@dataclass
class PubMed:
    """What the server holds ({number: day it entered}) and how it behaves."""

    records: dict[int, date] = field(default_factory=dict)
    url: str = ""
    #: Answers given instead of the real one, first come first served, by script.
    instead: dict[str, list[Answer]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    #: Records found and never given.
    withdrawn: set[int] = field(default_factory=set)
    #: Records left out of batches, but given when asked for by their id.
    held_back: set[int] = field(default_factory=set)
    is_chunked: bool = False
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)
    histories: list[list[int]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def n_asked(self) -> Counter[str]:
        return Counter(script for script, _ in self.asked)

    def answer(self, script: str, asked: dict[str, str]) -> Answer:
        self.asked.append((script, asked))
        self.asked_at.append(time.monotonic())
        if self.instead.get(script):
            given = self.instead[script].pop(0)
            if given != AS_EVER:
                return given
        return self.esearch(asked) if script == "esearch.fcgi" else self.efetch(asked)

    def esearch(self, asked: dict[str, str]) -> Answer:
        found = sorted(self.records)
        if "mindate" in asked:
            first, last = (asked[name].replace("/", "-") for name in ("mindate", "maxdate"))
            found = [pmid for pmid in found if first <= self.records[pmid].isoformat() <= last]
        self.histories.append(found)
        result = {
            "count": str(len(found)), "retmax": "0", "retstart": "0", "idlist": [],
            "querykey": str(len(self.histories)), "webenv": "MCID_test", "translationset": [],
            "querytranslation": f"{asked['term']}[All Fields]",
        } | ({"errorlist": self.errors} if self.errors else {})  # fmt: skip
        return 200, json.dumps({"header": {"type": "esearch"}, "esearchresult": result}).encode()

    def efetch(self, asked: dict[str, str]) -> Answer:
        if "id" in asked:
            wanted = [int(pmid) for pmid in asked["id"].split(",")]
            return 200, self.articles([p for p in wanted if p not in self.withdrawn])
        start, n = int(asked["retstart"]), int(asked["retmax"])
        if start > 9_998:
            return 400, b'{"error":"retstart cannot be larger than 9998"}'
        if asked["WebEnv"] != "MCID_test" or int(asked["query_key"]) > len(self.histories):
            return 400, GONE
        found = self.histories[int(asked["query_key"]) - 1][start : start + n]
        if asked["rettype"] == "uilist":
            return 200, "".join(f"{pmid}\n" for pmid in found).encode()
        return 200, self.articles([p for p in found if p not in self.withdrawn | self.held_back])

    def articles(self, pmids: list[int]) -> bytes:
        articles = "".join(ARTICLE.format(pmid=pmid) for pmid in pmids)
        return FRAME.format(articles=articles).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pubmed: PubMed

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        answer = self.pubmed.answer(self.path.rsplit("/", 1)[-1], asked)
        bad = answer if isinstance(answer, Bad) else Bad(*answer)
        if bad.how in ("hang", "drip", "reset"):
            getattr(self, bad.how)()
            return
        self.send_response(bad.status)
        for name, value in bad.headers.items():
            self.send_header(name, value)
        if self.pubmed.is_chunked:
            self.chunks(bad.body)
            return
        missing = 100 if bad.how == "cut" else 0
        self.send_header("Content-Length", str(len(bad.body) + missing))
        self.end_headers()
        self.wfile.write(bad.body)
        self.close_connection = bool(missing)

    def chunks(self, body: bytes) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(body), 1000):
            block = body[start : start + 1000]
            self.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def hang(self) -> None:
        self.pubmed.closing.wait(30)
        self.close_connection = True

    def drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        while not self.pubmed.closing.wait(0.05):
            try:
                self.wfile.write(b" ")
            except OSError:
                return

    def reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True

    def log_message(self, *args):
        pass


@contextmanager
def serving(pubmed: PubMed):
    """Serve until the block ends; `pubmed.url` says where."""
    handler = type("Speaking", (Handler,), {"pubmed": pubmed})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    pubmed.url = f"http://127.0.0.1:{server.server_port}/entrez/eutils"
    try:
        yield pubmed
    finally:
        pubmed.closing.set()
        server.shutdown()
        server.server_close()
