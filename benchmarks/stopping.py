"""Does the stopping advice keep its promise? Calibration on worst cases and on real rankings.

    python benchmarks/stopping.py DIR [--runs 4000] [--seeds 3] [--redraws 100] > stopping.md

DIR holds labelled reviews as CSV (title, abstract, label_included). Writes Markdown to standard
output and progress to standard error. Seeds are fixed; the same library versions give the same
numbers. All of it takes less than fifteen minutes on one core.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import ceil, comb, exp, floor, log, sqrt
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.stats import binom

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from screening.ranking.features import build, text_of
from screening.ranking.model import RelevanceModel
from screening.stopping.certainty import price, smallest_broken_total
from screening.stopping.certificate import Certificate
from screening.stopping.evidence import FORMS, Form
from screening.stopping.indicator import Indicator
from screening.stopping.log import Cause, DrawKind, Issued, Restarted

ALPHA = 0.05
TARGET = CONFIDENCE = Fraction(95, 100)
# found before, unread, hidden: the last is at least the smallest number that breaks the promise
WORST_CASES = (
    (20, 900, 2), (20, 900, 10), (20, 2000, 3), (20, 5000, 2),
    (94, 900, 5), (94, 2000, 6), (94, 2000, 20), (94, 5000, 5),
    (285, 900, 16), (285, 2000, 16), (285, 5000, 17), (285, 5000, 40),
)  # fmt: skip
MOST_FALSE = 0.058  # .05 + 2.33 standard errors of 4000 runs
HIDDEN_SHARE = 0.15
NORMAL, ADVERSARIAL = "as ranked", "hidden subtopic"


def told(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


# ---------------------------------------------------------------- 1. a fair game, exactly
def exact_games() -> str:
    rows = []
    for form in Form:
        for n, k in ((6, 1), (8, 2), (9, 3)):
            paths = np.array([_wealths(form, n, k, set(p)) for p in combinations(range(n), k)])
            means = paths.mean(axis=0)
            untouched = n - k if form is Form.THETA else k
            off = abs(means[:untouched] - 1).max()
            rows.append([form, f"C({n},{k})", f"{off:.1e}", f"{means.max():.12f}"])
    return table(
        ["form", "placements", "largest distance of the mean from 1", "largest mean"], rows
    )


def _wealths(form: Form, n: int, k: int, places: set[int]) -> list[float]:
    evidence, found, wealths = FORMS[form](0, n), 0, []
    for draw in range(n):
        evidence.draw(draw in places, n_found=found, n_unissued=n - draw)
        found += draw in places
        wealths.append(exp(evidence.log_e()[k]))
    return wealths


# ---------------------------------------------------------------- 2. the ranked test, exactly
def exact_indicator(n_cases: int = 60) -> str:
    dice = np.random.default_rng(0)
    worst = 0.0
    for _ in range(n_cases):
        n = int(dice.integers(20, 400))
        n_read = int(dice.integers(1, n * 9 // 10 + 1))
        falling = np.linspace(1, 0.05, n_read) * dice.choice([0.05, 0.2, 0.6])
        labels = (dice.random(n_read) < falling).tolist()
        exact = min(_chance(labels, start, n) for start in range(n_read))
        worst = max(worst, abs(Indicator().p(labels, n) - float(exact)))
    return f"{n_cases} random cases, every start in whole numbers: largest difference {worst:.1e}."


def _chance(labels: list[bool], start: int, n_records: int) -> Fraction:
    found, before = sum(labels), sum(labels[:start])
    hidden = floor(found / TARGET) + 1 - before
    population, n_draws = n_records - start, len(labels) - start
    if hidden > population:
        return Fraction(0)
    ways = sum(
        comb(hidden, hits) * comb(population - hidden, n_draws - hits)
        for hits in range(found - before + 1)
    )
    return Fraction(ways, comb(population, n_draws))


# ---------------------------------------------------------------- 3. worst cases, simulated
def worst_cases(n_runs: int) -> str:
    rows = []
    for number, (found, unread, hidden) in enumerate(WORST_CASES):
        rates = []
        for form in Form:
            began = perf_counter()
            dice = np.random.default_rng([number, found, unread])
            false = _false_certificates(form, found, unread, hidden, n_runs, dice)
            rates.append(false / n_runs)
            told(f"{form} {found}/{unread}/{hidden}: {rates[-1]} {perf_counter() - began:.1f} s")
        held = "yes" if max(rates) <= MOST_FALSE else "NO"
        rows.append([found, unread, hidden, *(f"{rate:.4f}" for rate in rates), held])
    return table(["found", "unread", "hidden", *Form, f"<= {MOST_FALSE}"], rows)


def _false_certificates(
    form: Form, found: int, unread: int, hidden: int, n_runs: int, dice: np.random.Generator
) -> int:
    """Count runs certified while the target is missed.

    That needs the true total to be refuted while the target is missed. All runs are played
    against the true total at once; those in which it is refuted are judged by the whole bound.
    """
    places = np.sort(
        np.array([dice.choice(unread, hidden, replace=False) for _ in range(n_runs)]), axis=1
    )
    n_missed = found + hidden - ceil(TARGET * (found + hidden)) + 1  # hidden when it just misses
    until = places[:, hidden - n_missed]  # the hit that reaches the target
    peaks = _peaks_against_truth(form, places, until, hidden, unread)
    suspects = places[peaks >= log(1 / ALPHA)]
    return sum(_is_certified(form, found, unread, run, hidden - n_missed) for run in suspects)


def _peaks_against_truth(
    form: Form, places: np.ndarray, until: np.ndarray, hidden: int, unread: int
) -> np.ndarray:
    """The largest log wealth of every run against the true total, up to `until` (shape (runs,))."""
    n_runs = len(places)
    is_hit = np.zeros((n_runs, unread), dtype=bool)
    is_hit[np.arange(n_runs)[:, None], places] = True
    if form is Form.PPR:
        assumed = np.arange(41.0)
        bets = np.tile(np.log((assumed + 1) ** -1.5 / ((assumed + 1) ** -1.5).sum()), (n_runs, 1))
    else:
        bets = np.tile(np.log([0.8, 0.1, 0.1]), (n_runs, 1))
    truth, hits, peaks = np.zeros(n_runs), np.zeros(n_runs), np.full(n_runs, -np.inf)
    playing = np.arange(n_runs)
    for draw in range(unread):
        playing = playing[until[playing] > draw]
        if not len(playing):
            break
        left, hit = unread - draw, is_hit[playing, draw]
        p = (hidden - hits[playing]) / left
        if form is Form.PPR:
            q = np.clip(np.maximum(assumed - hits[playing, None], 0.15) / left, 0, 1)
        else:
            q = np.outer(p, [0, 0.2, 0.5])
        with np.errstate(divide="ignore"):
            miss = ~hit
            truth[playing[miss]] += np.log1p(-p[miss])
            bets[playing[miss]] += np.log1p(-q[miss])
            truth[playing[hit]] += np.log(p[hit])
            bets[playing[hit]] += np.log(q[hit])
        hits[playing] += hit
        most = bets[playing].max(axis=1)
        wealth = np.log(np.exp(bets[playing] - most[:, None]).sum(axis=1)) + most - truth[playing]
        peaks[playing] = np.maximum(peaks[playing], wealth)
    return peaks


def _is_certified(form: Form, found: int, unread: int, places: np.ndarray, n_hits: int) -> bool:
    """Whether the product's own evidence certifies before the hit number `n_hits` + 1."""
    last = int(places[n_hits])
    return _certified_at(form, found, unread, places.tolist(), stop=last) is not None


@cache
def _draws_at_best(form: Form, found: int, unread: int) -> int:
    """How many draws certify the target if none is a hit."""
    broken = smallest_broken_total(found, TARGET)
    evidence = FORMS[form](found, unread)
    return evidence.misses_needed(broken, n_found=found, n_unissued=unread, alpha=ALPHA)


def _certified_at(
    form: Form, found: int, unread: int, places: Sequence[int], *, stop: int
) -> tuple[int, int] | None:
    """(draws, relevant found) at which drawing certifies the target; None if not by `stop`."""
    end = min([*places, stop])
    if found and _draws_at_best(form, found, unread) <= end:
        return _draws_at_best(form, found, unread), found
    if end >= stop:
        return None
    evidence = FORMS[form](found, unread)
    draw = 0
    for place in [*places, unread]:
        before, began = deepcopy(evidence), draw
        while draw < min(place, stop):
            evidence.draw(False, n_found=found, n_unissued=unread - draw)
            draw += 1
        broken = smallest_broken_total(found, TARGET)
        counts = {"n_found": found, "alpha": ALPHA}
        if found and evidence.largest(n_unissued=unread - draw, **counts) < broken:
            return began + before.misses_needed(broken, n_unissued=unread - began, **counts), found
        if draw >= stop:
            return None
        evidence.draw(True, n_found=found, n_unissued=unread - draw)
        draw, found = draw + 1, found + 1
    return None


# ---------------------------------------------------------------- 4. real rankings
@dataclass(frozen=True)
class Ranking:
    """The labels of a review in the order in which a ranker would have it read."""

    review: str
    variant: str
    labels: tuple[bool, ...]

    @property
    def n_relevant(self) -> int:
        return sum(self.labels)


def rankings(folder: Path, n_seeds: int) -> Iterator[Ranking]:
    for path in sorted(folder.glob("*.csv")):
        began = perf_counter()
        texts, labels = _review(path)
        for seed in range(n_seeds):
            order = [bool(labels[i]) for i in _screened(texts, labels, seed)]
            yield Ranking(path.stem, NORMAL, tuple(order))
            yield Ranking(path.stem, ADVERSARIAL, _hidden_subtopic(order, seed))
        told(f"{path.stem}: {len(labels)} records ranked in {perf_counter() - began:.0f} s")


def _review(path: Path) -> tuple[list[str], np.ndarray]:
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    texts = [text_of(row.get("title") or "", row.get("abstract") or "") for row in rows]
    return texts, np.array([row["label_included"].strip() in ("1", "1.0") for row in rows])


def _screened(texts: list[str], labels: np.ndarray, seed: int) -> list[int]:
    """Read in batches growing by 15 %, from one relevant and one irrelevant record on."""
    features = build(list(range(len(texts))), texts)
    dice = np.random.default_rng(seed)
    order = [int(dice.choice(np.flatnonzero(labels == label))) for label in (True, False)]
    unread = np.ones(len(texts), dtype=bool)
    unread[order] = False
    while unread.any():
        included = [i for i in order if labels[i]]
        excluded = [i for i in order if not labels[i]]
        scores = RelevanceModel().fit(features, included, excluded).score(features)
        scores[~unread] = -np.inf
        n_batch = min(max(5, len(order) * 15 // 100), int(unread.sum()))
        batch = np.argsort(-scores, kind="stable")[:n_batch]
        order.extend(batch.tolist())
        unread[batch] = False
    return order


def _hidden_subtopic(order: list[bool], seed: int) -> tuple[bool, ...]:
    """Move 15 % of the relevant to random places in the last half."""
    dice = np.random.default_rng([seed, len(order)])
    labels = np.array(order)
    relevant = np.flatnonzero(labels)
    moved = dice.choice(relevant, ceil(HIDDEN_SHARE * len(relevant)), replace=False)
    kept = np.delete(labels, moved)
    half = len(order) // 2
    late = set(dice.choice(np.arange(half, len(order)), len(moved), replace=False).tolist())
    rest = iter(kept.tolist())
    return tuple(True if place in late else next(rest) for place in range(len(order)))


@dataclass(frozen=True)
class Stop:
    """Where a method stopped: did it keep its promise, and how much was left unread?"""

    review: str
    kept: bool
    saved: float


def stop_by_indicator(ranking: Ranking, indicator: Indicator) -> Stop:
    n = len(ranking.labels)
    green = indicator.read(ranking.labels, n).first_green
    found, n_read = (green.n_found, green.n_read) if green else (ranking.n_relevant, n)
    kept = Fraction(found, ranking.n_relevant) >= indicator.target
    return Stop(ranking.review, kept, 1 - n_read / n)


def stop_by_certificate(ranking: Ranking, form: Form, dice: np.random.Generator) -> Stop:
    """Start to draw after max(30, 5 % of all) irrelevant ones in a row; stop when certified."""
    n = len(ranking.labels)
    n_read = _trigger(ranking.labels)
    rest = dice.permutation(ranking.labels[n_read:])
    found = sum(ranking.labels[:n_read])
    places = np.flatnonzero(rest).tolist()
    at = _certified_at(form, found, len(rest), places, stop=len(rest)) if len(rest) else None
    n_draws, found = at or (len(rest), ranking.n_relevant)
    kept = Fraction(found, ranking.n_relevant) >= TARGET
    return Stop(ranking.review, kept, 1 - (n_read + n_draws) / n)


def _trigger(labels: Sequence[bool]) -> int:
    patience, run = max(30, len(labels) // 20), 0
    for n_read, label in enumerate(labels, start=1):
        run = 0 if label else run + 1
        if run == patience:
            return n_read
    return len(labels)


def coverage(all_rankings: Sequence[Ranking], n_redraws: int) -> str:
    t90 = Fraction(90, 100)
    methods: dict[str, tuple[float, int, Callable[[Ranking, np.random.Generator], Stop]]] = {
        "indicator .95": (0.95, 1, lambda r, _: stop_by_indicator(r, Indicator())),
        "indicator .95, strict (p < .02)": (
            0.95, 1, lambda r, _: stop_by_indicator(r, Indicator(confidence=Fraction(98, 100))),
        ),
        "indicator .90": (0.95, 1, lambda r, _: stop_by_indicator(r, Indicator(target=t90))),
        "certificate ppr": (0.95, n_redraws, lambda r, d: stop_by_certificate(r, Form.PPR, d)),
        "certificate theta": (
            0.95, max(1, n_redraws // 5), lambda r, d: stop_by_certificate(r, Form.THETA, d),
        ),
    }  # fmt: skip
    rows = []
    for variant in (NORMAL, ADVERSARIAL):
        chosen = [ranking for ranking in all_rankings if ranking.variant == variant]
        for name, (least, n_times, stopped) in methods.items():
            began = perf_counter()
            dice = np.random.default_rng(95)
            stops = [stopped(ranking, dice) for ranking in chosen for _ in range(n_times)]
            rows.append([variant, name, *_summary(stops, least)])
            told(f"{variant}, {name}: {perf_counter() - began:.0f} s")
    head = ["ranking", "method", "kept / runs", "coverage", "worst review", "fewest allowed",
            "saved", "held"]  # fmt: skip
    return table(head, rows)


def _summary(stops: Sequence[Stop], least: float) -> list[str]:
    n, kept = len(stops), sum(stop.kept for stop in stops)
    fewest = int(binom.ppf(0.05, n, least)) - 1  # so many or fewer are significantly too few
    by_review = {
        review: np.mean([stop.kept for stop in stops if stop.review == review])
        for review in {stop.review for stop in stops}
    }
    review = min(by_review, key=lambda name: (by_review[name], name))
    return [
        f"{kept} / {n}",
        f"{kept / n:.3f}",
        f"{by_review[review]:.2f} ({review})",
        str(fewest + 1),
        f"{np.mean([stop.saved for stop in stops]):.3f}",
        "yes" if kept > fewest else "NO",
    ]


def per_review(all_rankings: Sequence[Ranking], n_redraws: int) -> str:
    """The certificate drawn again and again on one fixed ranking of every review."""
    least = int(binom.ppf(0.05, n_redraws, 0.95))
    rows, seen = [], set()
    for ranking in all_rankings:
        if (ranking.review, ranking.variant) in seen:
            continue
        seen.add((ranking.review, ranking.variant))
        dice = np.random.default_rng(7)
        stops = [stop_by_certificate(ranking, Form.PPR, dice) for _ in range(n_redraws)]
        kept = sum(stop.kept for stop in stops)
        saved = np.mean([stop.saved for stop in stops])
        rows.append([ranking.review, ranking.variant, len(ranking.labels), ranking.n_relevant,
                     f"{kept} / {n_redraws}", "yes" if kept >= least else "NO",
                     f"{saved:.3f}"])  # fmt: skip
    head = ["review", "ranking", "records", "relevant", "kept", f">= {least}", "saved"]
    return table(head, sorted(rows))


# ---------------------------------------------------------------- what it costs, and how fast it is
def overhead() -> str:
    rows = []
    for found in (20, 40, 100, 200, 300):
        least = price(found, 1000, target=TARGET, confidence=CONFIDENCE).n_audit
        broken = smallest_broken_total(found, TARGET)
        needs = [
            FORMS[form](found, 1000).misses_needed(
                broken, n_found=found, n_unissued=1000, alpha=ALPHA
            )
            for form in Form
        ]
        rows.append([found, least, *(f"{n} (+{100 * (n / least - 1):.0f} %)" for n in needs)])
    return table(["found", "any method, one look", *Form], rows)


def speed() -> str:
    rows = []
    for form in Form:
        evidence = FORMS[form](95, 9700)
        began = perf_counter()
        for draw in range(200):
            evidence.draw(False, n_found=95, n_unissued=9700 - draw)
        rows.append([f"certificate {form}, one draw of 10,000",
                     f"{5 * (perf_counter() - began):.2f} ms"])  # fmt: skip
        entries = [
            Restarted(Cause.START, 10_000),
            *(Issued(i, DrawKind.RANKED, i < 95) for i in range(300)),
            *(Issued(i, DrawKind.RANDOM, i % 2000 == 0) for i in range(300, 5000)),
        ]
        began = perf_counter()
        Certificate(form=form).read(entries)
        rows.append([f"certificate {form}, replay of 5,000 events",
                     f"{perf_counter() - began:.2f} s"])  # fmt: skip
    labels = [True] * 385 + [False] * 5000
    began = perf_counter()
    Indicator().p(labels, 6105)
    rows.append(["indicator, one look", f"{1000 * (perf_counter() - began):.1f} ms"])
    return table(["what", "time"], rows)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--runs", type=int, default=4000, help="runs of each worst case")
    parser.add_argument("--seeds", type=int, default=3, help="rankings of each review")
    parser.add_argument("--redraws", type=int, default=200, help="audits of each fixed ranking")
    chosen = parser.parse_args()
    if not any(chosen.folder.glob("*.csv")):
        parser.error(f"There is no CSV file in {chosen.folder}.")
    return chosen


def main() -> None:
    chosen, began = arguments(), perf_counter()
    se = sqrt(ALPHA * (1 - ALPHA) / chosen.runs)
    print("# Stopping: is the promise kept?\n")
    print(f"## 1. A fair game, by enumeration\n\n{exact_games()}\n")
    print(f"## 2. The ranked test against whole numbers\n\n{exact_indicator()}\n")
    print(f"## 3. False certificates in worst cases, {chosen.runs} runs each (alpha .05, "
          f"standard error {se:.4f})\n\n{worst_cases(chosen.runs)}\n")  # fmt: skip
    told(f"calibrated after {perf_counter() - began:.0f} s")
    found = list(rankings(chosen.folder, chosen.seeds))
    told(f"ranked after {perf_counter() - began:.0f} s")
    print(f"## 4. Real rankings, {chosen.seeds} seeds each, 95 % target and confidence unless "
          f"named\n\n{coverage(found, max(1, chosen.redraws // 10))}\n")  # fmt: skip
    print(f"### One ranking of each review, audited {chosen.redraws} times (ppr)\n\n"
          f"{per_review(found, chosen.redraws)}\n")  # fmt: skip
    print(f"## 5. Draws without a hit until 95/95, 1,000 unread\n\n{overhead()}\n")
    print(f"## 6. Speed\n\n{speed()}\n")
    print(f"All of it took {perf_counter() - began:.0f} s.")


if __name__ == "__main__":
    main()
