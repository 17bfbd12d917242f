"""Compare our rankings with ASReview's on labelled reviews, in the same run.

    python benchmarks/ranking.py DIR [--seeds 0,1,2] [--only NAME,NAME] [--cold] [--asreview]
                                     [--shipped] [--venv DIR] [--into DIR]

DIR holds labelled reviews as `manage.py simulate` reads them and criteria.json. Every model starts
from the same priors, one inclusion and five exclusions drawn by the seed, and is replayed with
batches of 15 % of what is labelled. By default the warm prior that ranks a review was learned from
all the others (leave-one-review-out); --shipped uses the one that comes with the program, which has
seen these reviews. --cold adds starts without any prior, with the protocol text, against a random
start of the plain model. --asreview installs asreview 3.0.8 into a virtual environment of its own
and runs its ELAS u4 on the same priors, retrained in the same batches; without it, our plain model
without protocol text and keywords stands for ELAS u4.

Prints Markdown, and writes it with recall curves (SVG) into --into.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from train_ranker import Finished, Training, read_folder

from screening.ranking import metrics
from screening.ranking.curves import recall_svg
from screening.ranking.features import Features, build, build_warm
from screening.ranking.model import RelevanceModel
from screening.ranking.prior import shipped
from screening.ranking.replay import Ranker, drawn_priors, labels_in_order, replay
from screening.ranking.warm import WarmModel

OPPONENT = "asreview==3.0.8"
ELAS, PLAIN, WARM, WITHOUT = "ELAS u4", "plain", "warm", "warm, generic off"
COLD, RANDOM = "warm, cold", "random start"
COLUMNS = {
    "ATD": ("atd", 4),
    "WSS@95": ("wss_cohen_95", 3),
    "recall@10 %": ("recall_10", 3),
    "first": ("first_relevant", 1),
    "CPU s": ("seconds", 2),
}
#: Runs inside the opponent's virtual environment: reads jobs on stdin, answers orders on stdout.
THEIR_SIDE = """
import json, sys, time
import pandas as pd
from asreview import ActiveLearningCycle, Simulate
from asreview.models import get_ai_config
job = json.load(sys.stdin)
texts = pd.DataFrame({"title": job["titles"], "abstract": job["abstracts"]})
labels = job["labels"]
answers = []
for priors in job["priors"]:
    begun = time.process_time()
    cycle = ActiveLearningCycle.from_meta(get_ai_config("elas_u4")["value"])
    cycle.n_query = lambda results: max(1, int(job["growth"] * len(results)))
    simulation = Simulate(texts, labels, [cycle], print_progress=False)
    simulation.label(priors)
    simulation.review()
    order = [int(row) for row in simulation._results["record_id"]]
    seconds = time.process_time() - begun
    order += sorted(set(range(len(labels))) - set(order))
    answers.append({"order": order, "seconds": seconds})
json.dump(answers, sys.stdout)
"""


@dataclass
class Results:
    """Figures by review and model, one dictionary per seed, and the curves of the first seed."""

    figures: dict[str, dict[str, list[dict[str, float]]]] = field(default_factory=dict)
    curves: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)

    def add(self, review: str, model: str, labels: Sequence[int], seconds: float) -> None:
        found = metrics.summary(labels) | {"seconds": seconds}
        self.figures.setdefault(review, {}).setdefault(model, []).append(found)
        curve = metrics.recall_curve(np.asarray(labels))
        self.curves.setdefault(review, {}).setdefault(model, curve)

    def mean(self, review: str, model: str, figure: str) -> float:
        return float(np.mean([one[figure] for one in self.figures[review][model]]))


def run(
    results: Results,
    one: Finished,
    name: str,
    features: Features,
    model: Callable[[int], Ranker],
    *,
    seeds: Sequence[int],
    indexing: float = 0.0,
    cold: bool = False,
) -> None:
    """Replay a review once per seed; the seconds include those that indexing took."""
    y = one.review.labels
    for seed in seeds:
        priors = [] if cold else drawn_priors(y, n_included=1, n_excluded=5, seed=seed)
        begun = time.process_time()
        found = replay(features, y, model=model, priors=priors, seed=seed)
        seconds = time.process_time() - begun + indexing
        results.add(one.name, name, list(labels_in_order(y, found)), seconds)


def timed(make: Callable[[], Features]) -> tuple[Features, float]:
    """Return features and the CPU seconds that making them took."""
    begun = time.process_time()
    return make(), time.process_time() - begun


def compare(training: Training, one: Finished, given: argparse.Namespace, into: Results) -> None:
    """Replay one review with every model."""
    others = [name for name in training.finished if name != one.name]
    if given.shipped:
        prior = shipped()
    else:
        prior = training.prior(others)
    documents, ids = one.review.documents, range(len(one.review.documents))
    warm, seconds = timed(lambda: build_warm(ids, documents, one.protocol_text, prior=prior))
    bare, seconds_bare = timed(lambda: build(ids, [f"{d.title} {d.abstract}" for d in documents]))
    no_text = replace(warm, protocol=bare.protocol[:, :0])
    seeds = given.seeds
    if given.asreview:
        theirs(into, one, given.python, seeds)
    else:
        run(into, one, ELAS, bare, plain, seeds=seeds, indexing=seconds_bare)
    ours = {"seeds": seeds, "indexing": seconds}
    run(into, one, PLAIN, no_text, plain, **ours)
    run(into, one, WARM, warm, lambda s: WarmModel(s, prior=prior), **ours)
    run(into, one, WITHOUT, warm, lambda s: WarmModel(s, use_generic=False, prior=prior), **ours)
    if given.cold:
        run(
            into,
            one,
            COLD,
            warm,
            lambda s: WarmModel(s, prior=prior),
            **ours | {"seeds": seeds[:1]},
            cold=True,
        )
        run(into, one, RANDOM, bare, plain, seeds=seeds, indexing=seconds_bare, cold=True)


def plain(seed: int) -> RelevanceModel:
    return RelevanceModel(random_state=seed)


# ---------------------------------------------------------------- the opponent
def opponent(folder: Path) -> Path:
    """Return the interpreter of a virtual environment with the opponent in it."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", OPPONENT], check=True)
    return python


def theirs(into: Results, one: Finished, python: Path, seeds: Sequence[int]) -> None:
    """Let ASReview's own code rank the review from the same priors, in the same batches."""
    y = one.review.labels
    priors = [drawn_priors(y, n_included=1, n_excluded=5, seed=seed) for seed in seeds]
    job = {
        "titles": [document.title for document in one.review.documents],
        "abstracts": [document.abstract for document in one.review.documents],
        "labels": y.tolist(),
        "priors": priors,
        "growth": 0.15,
    }
    done = subprocess.run(
        [python, "-W", "ignore", "-c", THEIR_SIDE],
        input=json.dumps(job), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"asreview failed: {done.stderr[-2000:]}")
    for answer, known in zip(json.loads(done.stdout), priors, strict=True):
        labels = [int(y[row]) for row in answer["order"][len(known) :]]
        into.add(one.name, ELAS, labels, answer["seconds"])


# ---------------------------------------------------------------- the report
def ratio(results: Results, model: str, against: str) -> tuple[float, float, float, list[float]]:
    """Return the geometric mean of the ATD ratios, its bootstrap interval and the ratios."""
    ratios = [
        results.mean(review, model, "atd") / results.mean(review, against, "atd")
        for review in results.figures
    ]
    rng, logs = np.random.default_rng(0), np.log(ratios)
    draws = np.exp(logs[rng.integers(0, len(logs), (4000, len(logs)))].mean(axis=1))
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(np.exp(logs.mean())), float(low), float(high), ratios


def report(results: Results, given: argparse.Namespace) -> str:
    """Write the tables as Markdown."""
    models = list(next(iter(results.figures.values())))
    lines = ["| review | model | " + " | ".join(COLUMNS) + " |", "|---" * (2 + len(COLUMNS)) + "|"]
    for review in results.figures:
        for model in models:
            cells = [f"{results.mean(review, model, k):.{n}f}" for k, n in COLUMNS.values()]
            lines.append(f"| {review} | {model} | " + " | ".join(cells) + " |")
    lines += ["", "| model | against | ATD ratio | 95 % | worst | wins | WSS@95 | recall@10 % | first (median) |",
              "|---" * 9 + "|"]  # fmt: skip
    pairs = [(PLAIN, ELAS), (WARM, ELAS), (WITHOUT, ELAS)]
    pairs += [(COLD, RANDOM), (COLD, ELAS)] if given.cold else []
    lines += [_pair(results, *pair) for pair in pairs]
    return "\n".join(lines) + "\n"


def _pair(results: Results, model: str, against: str) -> str:
    mean, low, high, ratios = ratio(results, model, against)
    gains = [
        np.mean([results.mean(r, model, k) - results.mean(r, against, k) for r in results.figures])
        for k in ("wss_cohen_95", "recall_10")
    ]
    first = np.median([results.mean(r, model, "first_relevant") for r in results.figures])
    wins = f"{sum(one < 1 for one in ratios)} of {len(ratios)}"
    return (
        f"| {model} | {against} | {mean:.3f} | {low:.3f} to {high:.3f} | {max(ratios):.3f} | {wins} "
        f"| {gains[0]:+.3f} | {gains[1]:+.3f} | {first:.1f} |"
    )


def main() -> None:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("folder", type=Path)
    ask.add_argument(
        "--seeds", type=lambda text: [int(s) for s in text.split(",")], default=[0, 1, 2]
    )
    ask.add_argument("--only", type=lambda text: text.split(","), help="names of reviews to rank")
    ask.add_argument("--criteria", type=Path, help="default: criteria.json in the folder")
    ask.add_argument("--cold", action="store_true")
    ask.add_argument("--shipped", action="store_true")
    ask.add_argument("--asreview", action="store_true")
    ask.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "asreview-venv")
    ask.add_argument("--into", type=Path, help="folder for ranking.md and the curves")
    given = ask.parse_args()
    given.python = opponent(given.venv) if given.asreview else None
    criteria = json.loads((given.criteria or given.folder / "criteria.json").read_text())
    training, results = Training(read_folder(given.folder, criteria)), Results()
    for name, one in training.finished.items():
        if not given.only or name in given.only:
            print(name, file=sys.stderr)
            compare(training, one, given, results)
    text = report(results, given)
    print(text)
    if given.into:
        given.into.mkdir(parents=True, exist_ok=True)
        (given.into / "ranking.md").write_text(text)
        for name, curves in results.curves.items():
            (given.into / f"{name}.svg").write_text(recall_svg(curves, title=name))


if __name__ == "__main__":
    main()
