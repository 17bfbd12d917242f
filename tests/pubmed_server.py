"""A server on loopback that speaks E-utilities as PubMed does, with its bad days."""

from __future__ import annotations

import json
import threading
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
</Article></MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId></ArticleIdList></PubmedData></PubmedArticle>
"""
FRAME = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet>{articles}</PubmedArticleSet>"""


@dataclass
class PubMed:
    """What the server holds ({number: day it entered}) and how it behaves."""

    records: dict[int, date] = field(default_factory=dict)
    url: str = ""
    #: Answers given instead of the real one, first come first served, by script.
    instead: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    histories: list[list[int]] = field(default_factory=list)

    def n_asked(self) -> Counter[str]:
        return Counter(script for script, _ in self.asked)

    def answer(self, script: str, asked: dict[str, str]) -> tuple[int, bytes]:
        self.asked.append((script, asked))
        if self.instead.get(script):
            return self.instead[script].pop(0)
        return self.esearch(asked) if script == "esearch.fcgi" else self.efetch(asked)

    def esearch(self, asked: dict[str, str]) -> tuple[int, bytes]:
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

    def efetch(self, asked: dict[str, str]) -> tuple[int, bytes]:
        start, n = int(asked["retstart"]), int(asked["retmax"])
        if start > 9_998:
            return 400, b'{"error":"retstart cannot be larger than 9998"}'
        found = self.histories[int(asked["query_key"]) - 1][start : start + n]
        articles = "".join(ARTICLE.format(pmid=p) for p in found if p not in self.withdrawn)
        return 200, FRAME.format(articles=articles).encode()


@contextmanager
def serving(pubmed: PubMed):
    """Serve until the block ends; `pubmed.url` says where."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            status, answer = pubmed.answer(self.path.rsplit("/", 1)[-1], asked)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            if status == 429:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    pubmed.url = f"http://127.0.0.1:{server.server_port}/entrez/eutils"
    try:
        yield pubmed
    finally:
        server.shutdown()
        server.server_close()
