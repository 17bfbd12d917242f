"""Leave-one-set-out benchmark of finding duplicates, against bib-dedupe in the same run.

    python benchmarks/dedupe.py FOLDER                    every set, the model trained on the others
    python benchmarks/dedupe.py FOLDER --sets stroke      only some; training still uses them all
    python benchmarks/dedupe.py FOLDER --frozen           the model that ships, on sets it never saw
    python benchmarks/dedupe.py FOLDER --without-opponent

FOLDER holds <name>.csv (ID, title, author, year, ...), <name>.truth.csv (ID, cluster_id) and, where
there is one, <name>.hard_negatives.csv (ID_1, ID_2, type). Each tool runs in a process of its own
on one core, one after the other; bib-dedupe is installed into a virtual environment of its own.
Prints Markdown. "strict" takes errata, replies, retractions and versions out of the truth: they are
related records, not duplicates. "lost" counts unique studies swallowed by a wrong merge.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import train_dedupe
from train_dedupe import LabelledSet

ROOT = Path(__file__).resolve().parent.parent
RELATED = {"erratum", "reply", "comment", "retraction"}
OPPONENT = "bib-dedupe"
PEAK = """
def peak_mb():
    # Not ru_maxrss: a child inherits the peak of the process that started it.
    told = Path("/proc/self/status")
    lines = told.read_text().splitlines() if told.exists() else []
    own = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return (own[0] if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024
"""
OURS = (
    PEAK
    + """
import json, resource, sys, time
from pathlib import Path
from screening.dedupe import clusters, find_duplicates, trees
from screening.management.commands.find_duplicates import read_csv
names, citations = read_csv(Path(sys.argv[1]))
model = trees.forest_of(json.loads(Path(sys.argv[2]).read_text())) if sys.argv[2] else None
begun, wall = time.process_time(), time.perf_counter()
matches = find_duplicates(citations, model=model)
found = clusters(matches, citations)
used, waited = time.process_time() - begun, time.perf_counter() - wall
print(json.dumps({
    "clusters": [[names[n] for n in one] for one in found],
    "questions": [[names[m.first], names[m.second]] for m in matches if m.verdict == "ask"],
    "cpu": used, "wall": waited,
    "mb": peak_mb(),
}))
"""
)
THEIRS = (
    PEAK
    + """
import json, resource, sys, time
from pathlib import Path
import pandas as pd
from bib_dedupe.bib_dedupe import block, cluster, match, prep
records = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
begun, wall = time.process_time(), time.perf_counter()
matched = match(block(prep(records, cpu=1, verbosity_level=0), cpu=1, verbosity_level=0), cpu=1, verbosity_level=0)
found = cluster(matched, verbosity_level=0)
used, waited = time.process_time() - begun, time.perf_counter() - wall
maybe = matched[matched["duplicate_label"] == "maybe"] if "duplicate_label" in matched else []
print("\\n" + json.dumps({
    "clusters": found, "questions": maybe[["ID_1", "ID_2"]].values.tolist() if len(maybe) else [],
    "cpu": used, "wall": waited,
    "mb": peak_mb(),
}))
"""
)


@dataclass
class Result:
    """What one tool did on one set, in counts that can be summed over sets."""

    counts: Counter = field(default_factory=Counter)
    merged_traps: Counter = field(default_factory=Counter)
    mb: float = 0.0

    def add(self, other: "Result") -> None:
        self.counts += other.counts
        self.merged_traps += other.merged_traps
        self.mb = max(self.mb, other.mb)

    def row(self) -> list[str]:
        n = self.counts
        precision, recall = (
            n["pairs_right"] / max(n["pairs"], 1),
            n["pairs_right"] / n["pairs_true"],
        )
        both = 2 * precision * recall / max(precision + recall, 1e-9)
        return [
            f"{n['records']:,}", f"{n['found'] / n['copies']:.4f}",
            f"{n['found_strict'] / n['copies_strict']:.4f}", f"{n['lost']} of {n['unique']:,}",
            f"{precision:.4f}", f"{both:.4f}", f"{1000 * n['asked'] / n['records']:.1f}",
            f"{n['asked_right'] / n['asked']:.2f}" if n["asked"] else "–",
            f"{n['after'] / n['copies']:.4f}", f"{n['after_strict'] / n['copies_strict']:.4f}",
            f"{n['cpu_ms'] / 1000:.1f}", f"{self.mb:.0f}",
        ]  # fmt: skip


COLUMNS = [
    "set", "tool", "records", "sensitivity", "strict", "lost", "pair precision", "pair F1",
    "questions per 1,000", "true", "after the questions", "strict", "CPU s", "peak MB",
]  # fmt: skip


def joined(pairs: Iterable[Sequence[str]], names: Iterable[str]) -> list[list[str]]:
    """Groups of names that the pairs link, however indirectly."""
    parent = {name: name for name in names}

    def top(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for one, other in pairs:
        parent[top(one)] = top(other)
    groups = defaultdict(list)
    for name in parent:
        groups[top(name)].append(name)
    return list(groups.values())


def copies_in(groups: Iterable[Sequence[str]], truth: dict[str, object]) -> tuple[int, int]:
    """Removable copies found, and unique studies lost."""
    found = lost = 0
    for group in groups:
        kinds = Counter(truth[name] for name in group)
        lost += len(kinds) - 1
        found += sum(n - 1 for n in kinds.values())
    return found, lost


def n_pairs(sizes: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)


def strict_truth(one: LabelledSet) -> dict[str, object]:
    """Clusters without what is related only: errata, replies, retractions, other versions."""
    return {
        name: (
            cluster,
            *sorted(record.marks & RELATED),
            (record.version and record.cochrane, record.version),
        )
        for name, cluster, record in zip(one.names, one.truth, one.records, strict=True)
    }


def judged(one: LabelledSet, answer: dict, folder: Path) -> Result:
    truth, strict = dict(zip(one.names, one.truth, strict=True)), strict_truth(one)
    links = [(str(group[0]), str(name)) for group in answer["clusters"] for name in group[1:]]
    groups = joined(links, one.names)
    asked = [(str(a), str(b)) for a, b in answer["questions"]]
    right = [pair for pair in asked if truth[pair[0]] == truth[pair[1]]]
    after = joined([*links, *right], one.names)
    found, lost = copies_in(groups, truth)
    counts = Counter(
        records=len(one.names),
        unique=len(set(truth.values())),
        copies=len(truth) - len(set(truth.values())),
        copies_strict=len(truth) - len(set(strict.values())),
        found=found,
        lost=lost,
        found_strict=copies_in(groups, strict)[0],
        after=copies_in(after, truth)[0],
        after_strict=copies_in(after, strict)[0],
        asked=len(asked),
        asked_right=len(right),
        pairs=n_pairs(map(len, groups)),
        pairs_true=n_pairs(Counter(truth.values()).values()),
        pairs_right=sum(n_pairs(Counter(truth[n] for n in group).values()) for group in groups),
        cpu_ms=int(answer["cpu"] * 1000),
    )
    return Result(
        counts, merged_traps(folder / f"{one.name}.hard_negatives.csv", groups), answer["mb"]
    )


def merged_traps(file: Path, groups: Sequence[Sequence[str]]) -> Counter:
    """Kinds of pairs that are no duplicates and ended in one group."""
    if not file.exists():
        return Counter()
    group_of = {name: at for at, group in enumerate(groups) for name in group}
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return Counter(row["type"] for row in rows if group_of[row["ID_1"]] == group_of[row["ID_2"]])


def run(python: str, code: str, *arguments: str) -> dict:
    """Run a tool on one core and read the last line it prints."""
    one_core = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    done = subprocess.run(
        [python, "-c", code, *arguments],
        env=os.environ | one_core | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def opponents_python(folder: Path) -> str:
    """Install bib-dedupe into its own environment, unless it is there; return its Python."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", OPPONENT], check=True)
    return str(python)


def ours(one: LabelledSet, sets: list[LabelledSet], folder: Path, *, frozen: bool) -> dict:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        if not frozen:
            model = train_dedupe.fit([other for other in sets if other is not one])
            json.dump(train_dedupe.told(model), file)
            file.flush()
        where = "" if frozen else file.name
        return run(sys.executable, OURS, str(folder / f"{one.name}.csv"), where)


def line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def report(name: str, tool: str, result: Result) -> None:
    print(line([name, tool, *result.row()]), flush=True)
    if result.merged_traps:
        kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(result.merged_traps.items()))
        print(line([name, tool, f"merged traps: {kinds}", *[""] * 11]), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--frozen", action="store_true")
    parser.add_argument("--without-opponent", action="store_true")
    default = Path(tempfile.gettempdir()) / "bib-dedupe-environment"
    parser.add_argument("--environment", type=Path, default=default)
    options = parser.parse_args()
    sets = [train_dedupe.read_set(options.folder, n) for n in train_dedupe.names_in(options.folder)]
    theirs = "" if options.without_opponent else opponents_python(options.environment)
    pooled: defaultdict[tuple[str, str], Result] = defaultdict(Result)
    print(line(COLUMNS) + "\n" + line(["---"] * len(COLUMNS)), flush=True)
    for one in [one for one in sets if not options.sets or one.name in options.sets]:
        answers = {"reviewtool": ours(one, sets, options.folder, frozen=options.frozen)}
        if theirs:
            answers[OPPONENT] = run(theirs, THEIRS, str(options.folder / f"{one.name}.csv"))
        for tool, answer in answers.items():
            result = judged(one, answer, options.folder)
            has_traps = (options.folder / f"{one.name}.hard_negatives.csv").exists()
            pooled["generated sets" if has_traps else "real sets", tool].add(result)
            report(one.name, tool, result)
    for (kind, tool), result in pooled.items():
        report(f"**{kind}**", tool, result)


if __name__ == "__main__":
    main()
