"""Compare our ranking with ASReview's own simulation of ELAS u4 on finished reviews.

    python benchmarks/ranking.py DIR [--leave-one-out] [--cold] [--seeds 0,1,2] [--growth .15]

DIR holds labelled CSV files as `manage.py simulate` reads them, and criteria.json with one
protocol-style paragraph by the name of each file. Every run has the same priors (one inclusion,
five exclusions), schedule and seeds on both sides. With --leave-one-out each review is ranked by
a prior learned on the others: the only honest figure for reviews the shipped prior was learned
on. With --cold nothing is known but the protocol text; ASReview starts in random order. ASReview
is installed into an environment of its own, unless --asreview names an interpreter that has it.
Writes ranking.md and ranking.svg into --out.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from importlib.metadata import version
from pathlib import Path

import numpy as np
from train_ranker import Review, Trainer, load, with_generic

from screening.ranking import features
from screening.ranking.metrics import atd, rrf, td, wss_cohen
from screening.ranking.model import RelevanceModel
from screening.ranking.prior import WarmPrior, shipped
from screening.ranking.simulation import Ranker, drawn_priors, replay
from screening.ranking.warm import WarmModel

ASREVIEW = "asreview==3.0.8"
OPPONENT = "ASReview ELAS u4"
DEFAULT, PLAIN = "warm prior", "plain"
RESAMPLED = 10_000


@dataclass(frozen=True)
class Score:
    """Means over the seeds; `atd` is a share of the records, `seconds` a whole simulation's."""

    atd: float
    wss95: float
    recall10: float
    first: float
    seconds: float


@dataclass(frozen=True)
class Setting:
    """What every run of a benchmark has in common."""

    seeds: tuple[int, ...]
    growth: float
    is_cold: bool

    def priors(self, review: Review, seed: int) -> list[int]:
        """Return the rows known at first."""
        if self.is_cold:
            return []
        return drawn_priors(review.labelled.relevant, n_included=1, n_excluded=5, seed=seed)


def score_of(runs: Iterable[tuple[np.ndarray, float]]) -> Score:
    """Average labels in the order screened, and seconds, over the seeds."""
    rows = [
        (atd(y) / len(y), wss_cohen(y, 0.95), rrf(y, 0.1), float(td(y)[0]), seconds)
        for y, seconds in runs
    ]
    return Score(*np.mean(rows, axis=0).tolist())


def ours(
    review: Review, found: features.Features, model: Ranker, setting: Setting, *, built: float
):
    """Yield labels in the order of our model and seconds, indexing included, seed by seed."""
    for seed in setting.seeds:
        started = time.perf_counter()
        batches = replay(
            found,
            review.labelled.relevant,
            model,
            priors=setting.priors(review, seed),
            growth=setting.growth,
            seed=seed,
        )
        order = [row for batch in batches for row in batch.rows]
        seconds = time.perf_counter() - started + built
        yield review.labelled.relevant[order].astype(int), seconds


def theirs(review: Review, path: Path, python: Path, setting: Setting):
    """Yield labels in ASReview's order and seconds, seed by seed, from the same priors."""
    jobs, relevant = [], review.labelled.relevant
    for seed in setting.seeds:
        priors = setting.priors(review, seed) or _until_both_are_known(relevant, seed)
        jobs.append({"priors": priors, "growth": setting.growth})
    worker = Path(__file__).with_name("asreview_elas_u4.py")
    asked = {"file": str(path.resolve()), "label": "label_included", "jobs": jobs}
    with tempfile.TemporaryDirectory() as elsewhere:  # ASReview leaves a cache where it runs
        done = subprocess.run(
            [python.absolute(), worker.resolve()],
            input=json.dumps(asked),
            cwd=elsewhere,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        sys.exit(f"ASReview failed on {path.name}:\n{done.stderr[-3000:]}")
    for job, line in zip(jobs, done.stdout.splitlines(), strict=True):
        answer = json.loads(line)
        before = job["priors"] if setting.is_cold else []
        yield relevant[[*before, *answer["order"]]].astype(int), answer["seconds"]


def _until_both_are_known(relevant: np.ndarray, seed: int) -> list[int]:
    """Return a random order up to where an inclusion and an exclusion have been seen."""
    order = np.random.RandomState(seed).permutation(len(relevant))
    labels = relevant[order]
    return order[: max(int(np.argmax(labels)), int(np.argmin(labels))) + 1].tolist()


def compare(
    review: Review, path: Path, prior: WarmPrior, python: Path, setting: Setting
) -> dict[str, Score]:
    """Return the scores of both our models and of ASReview on one review."""
    started = time.perf_counter()
    features.build(range(len(review.labelled.ids)), review.labelled.texts, review.criteria)
    built = time.perf_counter() - started
    texts = [replace(text, keywords="") for text in review.labelled.texts]
    started = time.perf_counter()
    plain = features.build(range(len(texts)), texts)
    built_plain = time.perf_counter() - started
    warm = with_generic(review, prior)
    return {
        OPPONENT: score_of(theirs(review, path, python, setting)),
        PLAIN: score_of(ours(review, plain, RelevanceModel(), setting, built=built_plain)),
        DEFAULT: score_of(ours(review, warm, WarmModel(prior=prior), setting, built=built)),
    }


# ---------------------------------------------------------------- reporting
def ratio(found: Sequence[dict[str, Score]], name: str) -> tuple[float, float, float]:
    """Return the geometric-mean ATD ratio to the opponent with a 95 % bootstrap interval."""
    logs = np.log([one[name].atd / one[OPPONENT].atd for one in found])
    drawn = np.random.default_rng(0).integers(0, len(logs), (RESAMPLED, len(logs)))
    low, high = np.quantile(np.exp(logs[drawn].mean(axis=1)), (0.025, 0.975))
    return float(np.exp(logs.mean())), float(low), float(high)


def markdown(found: dict[str, dict[str, Score]], reviews: Sequence[Review], about: str) -> str:
    """Return the report: a line per model, then a table row per review."""
    lines = ["# Ranking against ASReview's ELAS u4", "", about, "", *_totals(list(found.values()))]
    lines += [
        "",
        "| review | N | incl. | ATD (E / p / w) | ratio p | ratio w | WSS@95 | recall@10 % "
        "| first | seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for review in reviews:
        one = found[review.name]
        base, plain, warm = one[OPPONENT], one[PLAIN], one[DEFAULT]
        trio = (base, plain, warm)
        relevant = review.labelled.relevant
        cells = [
            review.name, str(len(relevant)), str(int(relevant.sum())),
            " / ".join(f"{x.atd:.4f}" for x in trio),
            f"{plain.atd / base.atd:.3f}", f"{warm.atd / base.atd:.3f}",
            " / ".join(f"{x.wss95:.3f}" for x in trio),
            " / ".join(f"{x.recall10:.3f}" for x in trio),
            " / ".join(f"{x.first:.1f}" for x in trio),
            " / ".join(f"{x.seconds:.1f}" for x in trio),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", "E: ASReview ELAS u4, p: plain, w: warm prior.", ""])


def _totals(found: list[dict[str, Score]]) -> list[str]:
    lines = [
        "| model | ATD ratio (95 % interval) | worst review | wins | WSS@95 | recall@10 % "
        "| first relevant, median | seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in (OPPONENT, PLAIN, DEFAULT):
        middle, low, high = ratio(found, name)
        each = [one[name].atd / one[OPPONENT].atd for one in found]
        lines.append(
            f"| {name} | {middle:.3f} ({low:.3f}-{high:.3f}) | {max(each):.3f} "
            f"| {sum(x < 1 for x in each)} of {len(each)} "
            f"| {np.mean([one[name].wss95 for one in found]):.3f} "
            f"| {np.mean([one[name].recall10 for one in found]):.3f} "
            f"| {np.median([one[name].first for one in found]):.1f} "
            f"| {np.mean([one[name].seconds for one in found]):.2f} |"
        )
    return lines


def svg(found: dict[str, dict[str, Score]], about: str) -> str:
    """Draw each review's ATD ratio, a filled dot for the default and a ring for the plain model."""
    height, left, right = 22 * len(found) + 90, 250, 620
    ratios = [
        one[name].atd / one[OPPONENT].atd for one in found.values() for name in (PLAIN, DEFAULT)
    ]
    top = max(1.2, *ratios) * 1.02

    def x(value: float) -> float:
        return left + (right - left) * value / top

    shapes = [
        f'<path d="M{x(v):.1f} 40V{height - 40}" stroke="{"#444" if v == 1 else "#ddd"}"/>'
        f'<text x="{x(v):.1f}" y="{height - 24}" text-anchor="middle">{v:g}</text>'
        for v in (0.25, 0.5, 0.75, 1.0)
    ]
    for number, (name, one) in enumerate(found.items()):
        y = 56 + 22 * number
        base = one[OPPONENT].atd
        shapes.append(
            f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{escape(name)}</text>'
            f'<circle cx="{x(one[PLAIN].atd / base):.1f}" cy="{y}" r="5" fill="none" stroke="#c25400"/>'
            f'<circle cx="{x(one[DEFAULT].atd / base):.1f}" cy="{y}" r="5" fill="#0b5fa5"/>'
        )
    said = "Mean position of an inclusion divided by ASReview ELAS u4's; left of 1 is better. "
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {height}" role="img" '
        f'aria-labelledby="t" font-family="sans-serif" font-size="12"><title id="t">{said}'
        f'{escape(about)}</title><rect width="640" height="{height}" fill="#fff"/>'
        f'<text x="10" y="18">{said}</text><text x="10" y="34">dot: warm prior, ring: plain</text>'
        f"{''.join(shapes)}</svg>\n"
    )


# ---------------------------------------------------------------- running
def asreview_python(folder: Path) -> Path:
    """Return an interpreter that has ASReview, installing it at the first call."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", ASREVIEW], check=True)
    return python


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--growth", type=float, default=0.15)
    parser.add_argument("--leave-one-out", action="store_true")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--asreview", type=Path, help="an interpreter that has ASReview")
    return parser.parse_args()


def main() -> None:
    """Run everything, print as it goes, and write the report."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    python = options.asreview or asreview_python(options.out / "asreview")
    seeds = tuple(int(seed) for seed in options.seeds.split(","))
    setting = Setting(seeds, options.growth, options.cold)
    reviews = load(options.folder)
    trainer = Trainer(reviews) if options.leave_one_out else None
    found = {}
    for review in reviews:
        others = [one.name for one in reviews if one is not review]
        prior = trainer.fit(others) if trainer else shipped()
        path = options.folder / f"{review.name}.csv"
        one = found[review.name] = compare(review, path, prior, python, setting)
        print(
            review.name,
            *(f"{k}: {v.atd:.4f} {v.seconds:.1f} s" for k, v in one.items()),
            flush=True,
        )
    about = (
        f"{'Each review ranked by a prior learned on the others' if trainer else 'Shipped prior'}; "
        f"{'nothing known but the protocol text' if setting.is_cold else 'priors 1 + 5'}; "
        f"seeds {options.seeds}; growth {setting.growth}; {ASREVIEW}, "
        f"scikit-learn {version('scikit-learn')}. ATD is a share of the records."
    )
    report = markdown(found, reviews, about)
    (options.out / "ranking.md").write_text(report, encoding="utf-8")
    (options.out / "ranking.svg").write_text(svg(found, about), encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
