"""Compare reading references with other readers on the same files in the same run.

    python benchmarks/import.py                        50,000 generated RIS records
    python benchmarks/import.py --records 5000
    python benchmarks/import.py --folder DIR           accuracy over a folder with a manifest.json

Speed: every reader reads the same generated file in a process of its own, one after the other,
several times; CPU seconds and peak memory are the process's own. "fields" reads our fields
(title, authors, DOI by pattern, ...), "tags" only takes lines apart, which is what rispy does.
ASReview's reader is installed on demand with --asreview into a virtual environment of its own.

Accuracy: manifest.json says what a careful reader finds in the files of its folder:
{"files": [{"file": ..., "n_records": n or null, "records": [{"index": i, "title": ..., "doi": ...,
"first_author": ..., "year": ..., "pmid": ..., "has_abstract": ...}]}]}; null asserts nothing.
"""

from __future__ import annotations

import argparse
import html
import json
import random
import re
import subprocess
import sys
import tempfile
import unicodedata
import venv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from screening.citations import Citation, Refused, read

WORDS = [
    "leukemia",
    "niche",
    "marrow",
    "meninges",
    "testis",
    "ovary",
    "adhesion",
    "relapse",
    "integrin",
    "laminin",
    "hypoxia",
    "stroma",
    "patients",
    "therapy",
    "survival",
    "trial",
    "cohort",
    "outcome",
    "response",
    "risk",
    "clinical",
    "children",
    "adults",
    "cells",
    "expression",
    "receptor",
    "ligand",
    "signalling",
    "blast",
    "infiltration",
    "chemokine",
    "gradient",
    "tissue",
    "barrier",
]
FAMILIES = [
    "Keller",
    "Okafor",
    "Lindqvist",
    "Tanaka",
    "Moreau",
    "Haddad",
    "Novak",
    "Silva",
    "Byrne",
    "Castellano",
    "Öztürk",
]
JOURNALS = ("Journal of Niche Biology", "Annals of Relapse", "Leukaemia Letters", "Marrow")

IMPORTS = {
    "reviewtool": """
from screening.citations import Citation, read, ris, tagged
from screening.citations.opening import open_source
""",
    "rispy": "import rispy\nfrom pathlib import Path",
    "ASReview": "from asreview.data.loader import load_dataset",
}
READERS = {
    "reviewtool (fields)": """
with open(FILE, "rb") as stream:
    n = sum(isinstance(item, Citation) for item in read(stream, name="bench.ris"))
""",
    "reviewtool (tags)": """
with open(FILE, "rb") as stream:
    lines = open_source(stream, name="bench.ris").lines
    n = sum(isinstance(item, tagged.Entry) for item in tagged.entries(lines, ris.DIALECT))
""",
    "rispy (path)": """
n = len(rispy.load(Path(FILE), encoding="utf-8-sig"))
""",
    "rispy (text)": """
with open(FILE, encoding="utf-8-sig") as stream:
    n = len(rispy.loads(stream.read()))
""",
}
ASREVIEW = """
n = len(load_dataset(FILE))
"""
MEASURE = """
import json, resource, time
{imports}
FILE = {file!r}
begun, cpu = time.perf_counter(), time.process_time()
{body}
print(json.dumps({{
    "n": n,
    "wall": time.perf_counter() - begun,
    "cpu": time.process_time() - cpu,
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}}))
"""


def sentence(chance: random.Random, n_words: int) -> str:
    """Return words in a row that begin like a sentence."""
    return " ".join(chance.choices(WORDS, k=n_words)).capitalize()


def record(chance: random.Random, number: int, n_sentences: int) -> str:
    """Return one RIS record as a database would export it: 2,000 characters at 9 sentences."""
    authors = [
        f"AU  - {chance.choice(FAMILIES)}, {chance.choice('ABCDEFG')}. {chance.choice('HJKLM')}."
        for _ in range(chance.randint(1, 12))
    ]
    abstract = " ".join(f"{sentence(chance, chance.randint(9, 28))}." for _ in range(n_sentences))
    first = chance.randint(1, 900)
    year = chance.randint(1985, 2026)
    lines = [
        "TY  - JOUR", *authors, f"TI  - {sentence(chance, 14)}", f"AB  - {abstract}",
        f"PY  - {year}", f"DA  - {year}/0{chance.randint(1, 9)}/12/",
        f"T2  - {chance.choice(JOURNALS)}", f"VL  - {chance.randint(1, 60)}",
        f"IS  - {chance.randint(1, 12)}", f"SP  - {first}", f"EP  - {first + 9}",
        *(f"KW  - {chance.choice(WORDS)} {number % 97}" for _ in range(chance.randint(2, 10))),
        f"DO  - 10.5555/bench.{number}", f"SN  - 1234-{number % 9000 + 1000}",
        f"UR  - https://example.org/records/{number}", f"AN  - B{number:07}", "LA  - English",
        f"AD  - {sentence(chance, 9)}, Example University", "DB  - Example", "ER  - ", "",
    ]  # fmt: skip
    return "\n".join(lines)


def write_file(path: Path, n_records: int, *, n_sentences: int = 9, seed: int = 1) -> None:
    """Write a file of generated records."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as stream:
        for number in range(n_records):
            stream.write(record(chance, number, n_sentences) + "\n")


def measured(name: str, python: str, body: str, file: Path) -> dict[str, float]:
    """Run one reader in a process of its own."""
    script = MEASURE.format(file=str(file), body=body, imports=IMPORTS[name.split(" ")[0]])
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def asreview_python(folder: Path) -> str:
    """Install ASReview into a virtual environment of its own and return its interpreter."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", "asreview"], check=True)
    return python


def compare_speed(n_records: int, rounds: int, *, with_asreview: bool) -> None:
    """Print a table of readers on one generated file, rounds taken in turn."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.ris"
        write_file(file, n_records)
        runs = {name: (sys.executable, body) for name, body in READERS.items()}
        if with_asreview:
            runs["ASReview"] = (asreview_python(Path(folder) / "venv"), ASREVIEW)
        results: dict[str, list[dict[str, float]]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, (python, body) in runs.items():
                results[name].append(measured(name, python, body, file))
        size = file.stat().st_size / 1e6
        print(f"{n_records:,} RIS records, {size:.0f} MB, median of {rounds} rounds\n")
        print("| reader | records | CPU s | records/s | peak MB | CPU against ours |")
        print("|---|---|---|---|---|---|")
        ours = median(run["cpu"] for run in results["reviewtool (fields)"])
        for name, taken in results.items():
            cpu = median(run["cpu"] for run in taken)
            print(
                f"| {name} | {taken[0]['n']:,} | {cpu:.2f} | {taken[0]['n'] / cpu:,.0f} "
                f"| {max(run['mb'] for run in taken):.0f} | {cpu / ours:.2f} |"
            )


@dataclass
class Score:
    """What was asserted of a folder of files, and what of it was met."""

    files: int = 0
    counts: int = 0
    asserted: int = 0
    met: int = 0
    words: int = 0
    words_kept: int = 0
    crashes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def take(self, folder: Path, entry: dict[str, Any]) -> None:
        """Read one file of the manifest and count."""
        path = folder / entry["file"]
        try:
            citations = citations_of(path)
        except Exception as error:  # noqa: BLE001  (crashes are what is being counted)
            self.crashes.append(f"{entry['file']}: {type(error).__name__}: {error}")
            return
        self.count(entry, citations)
        if entry.get("n_records") == len(citations) and path.suffix in (".ris", ".nbib", ".ciw"):
            kept, words = retained(citations, path)
            self.words_kept += kept
            self.words += words

    def count(self, entry: dict[str, Any], citations: list[Citation]) -> None:
        """Compare the number of records, and the fields where the number is right."""
        if entry.get("n_records") is None:
            return
        self.files += 1
        if entry["n_records"] != len(citations):
            self.wrong.append(f"{entry['file']}: {len(citations)}, not {entry['n_records']}")
            return
        self.counts += 1
        for wanted in entry.get("records", []):
            if wanted["index"] < len(citations):
                self.compare(entry, wanted, citations[wanted["index"]])

    def compare(self, entry: dict[str, Any], wanted: dict[str, Any], found: Citation) -> None:
        """Compare the fields of one record that the manifest asserts."""
        for name in ("title", "first_author", "year", "doi", "pmid", "has_abstract"):
            if wanted.get(name) is None or name in entry.get("disputed_fields", []):
                continue
            self.asserted += 1
            if agrees(name, wanted[name], found):
                self.met += 1
            else:
                self.wrong.append(f"{entry['file']} record {wanted['index']}: {name}")


def citations_of(path: Path) -> list[Citation]:
    """Return the citations of a file; none when it is refused."""
    try:
        with path.open("rb") as stream:
            return [item for item in read(stream, name=path.name) if isinstance(item, Citation)]
    except Refused:
        return []


def agrees(name: str, wanted: object, found: Citation) -> bool:
    """Compare one field; a first author may be given by the family name alone."""
    if name == "has_abstract":
        return bool(wanted) == bool(found.abstract)
    if name == "first_author":
        given, ours = letters(wanted), letters(found.authors[0] if found.authors else "")
        return bool(ours) and (given in ours or ours in given)
    return letters(getattr(found, name)) == letters(wanted)


def letters(value: object) -> str:
    """Return letters and digits only, without markup, accents and case."""
    text = re.sub(r"<[^>]+>", " ", html.unescape(html.unescape(str(value))))
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum() and letter.isascii())


def retained(citations: list[Citation], path: Path) -> tuple[int, int]:
    """Count the words of a tagged file's values, and those that the raw tags still hold."""
    text = path.read_bytes().decode("utf-8-sig", "replace")
    lines = re.findall(r"^[A-Z][A-Z0-9 ]{1,3} *- (.*)$", text.replace("\r", "\n"), re.M)
    words = Counter(word for line in lines for word in line.split())
    ours = Counter(word for each in citations for _, value in each.raw for word in value.split())
    return sum((words & ours).values()), sum(words.values())


def compare_accuracy(folder: Path) -> None:
    """Print how far the files of a folder with a manifest were read right."""
    score = Score()
    for entry in json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]:
        score.take(folder, entry)
    for line in (*score.crashes, *score.wrong):
        print(line)
    print(f"record counts {score.counts}/{score.files}")
    print(
        f"asserted fields {score.met}/{score.asserted} ({score.met / max(1, score.asserted):.2%})"
    )
    print(
        f"words kept {score.words_kept}/{score.words} ({score.words_kept / max(1, score.words):.3%})"
    )
    print(f"exceptions {len(score.crashes)}")


def main() -> None:
    """Read the arguments and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--asreview", action="store_true")
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    if chosen.folder:
        compare_accuracy(chosen.folder)
        return
    compare_speed(chosen.records, chosen.rounds, with_asreview=chosen.asreview)


if __name__ == "__main__":
    main()
