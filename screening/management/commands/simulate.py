"""`simulate FILE.csv`: screen a finished review again in the order a model would have shown it."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from screening.ranking import features
from screening.ranking.labelled import LabelledReview, Unusable, read_labelled
from screening.ranking.metrics import summary
from screening.ranking.recall_plot import recall_svg
from screening.ranking.simulation import MODELS, Batch, drawn_priors, model_named, replay

_BAR = 40
_UNUSABLE = 2


@dataclass
class Replayed:
    """What a simulation left behind; rows in the order screened, priors first."""

    priors: list[int]
    rows: list[int] = field(default_factory=list)
    trainings: list[float] = field(default_factory=list)
    seconds_features: float = 0.0


class Command(BaseCommand):
    """Prints the measures of the order, or with --json one object; needs no database.

    Exits with 2 and a sentence when the input cannot be used.
    """

    help = "Screen a finished review again in the order a model would have shown its records."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, how it starts and how it goes on."""
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--label", default="label_included", help="the column with 1 and 0")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--priors", metavar="INC,EXC", help="draw so many records known before")
        parser.add_argument("--prior-ids", metavar="ID,ID", help="record_ids known before")
        parser.add_argument(
            "--growth", type=float, default=0.15, help="next batch as a share; 0: one by one"
        )
        parser.add_argument("--criteria", metavar="TEXT|@FILE", help="the protocol text")
        parser.add_argument("--model", choices=MODELS, default=MODELS[0])
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument("--plot", type=Path, metavar="FILE.svg")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay the review and print what came out."""
        started = time.perf_counter()
        try:
            review = read_labelled(options["file"], label=options["label"])
            done = self._replay(review, options)
        except Unusable as error:
            raise CommandError(str(error), returncode=_UNUSABLE) from error
        answer = _answer(review, done, options)
        answer["seconds"] = round(time.perf_counter() - started, 3)
        if options["plot"]:
            _plot(options["plot"], review, done, name=options["file"].stem)
        self.stdout.write(json.dumps(answer) if options["as_json"] else _table(answer))

    def _replay(self, review: LabelledReview, options: dict[str, Any]) -> Replayed:
        done = Replayed(_priors(review, options))
        criteria, growth, seed = _criteria(options["criteria"]), options["growth"], options["seed"]
        if not (isfinite(growth) and growth >= 0):
            raise Unusable("Give --growth as a number of at least 0, for example 0.15.")
        if not 0 <= seed < 2**31:
            raise Unusable("Give --seed as a whole number from 0 to 2147483647.")
        started = time.perf_counter()
        found = features.build(range(len(review.ids)), review.texts, criteria)
        done.seconds_features = time.perf_counter() - started
        model = model_named(options["model"], seed=seed)
        batches = replay(
            found, review.relevant, model, priors=done.priors, growth=growth, seed=seed
        )
        done.rows.extend(done.priors)
        for batch in self._timed(batches, done):
            done.rows.extend(batch.rows)
            self._show_progress(len(done.rows), len(review.ids))
        return done

    def _timed(self, batches: Iterator[Batch], done: Replayed) -> Iterator[Batch]:
        started = time.perf_counter()
        for batch in batches:
            if not batch.is_random:
                done.trainings.append(time.perf_counter() - started)
            yield batch
            started = time.perf_counter()

    def _show_progress(self, n_done: int, n_records: int) -> None:
        before, now = (n_done - 1) * _BAR // n_records, n_done * _BAR // n_records
        if now > before or n_done == n_records:
            bar = "#" * now + "." * (_BAR - now)
            end = "\n" if n_done == n_records else "\r"
            self.stderr.write(f"[{bar}] {n_done:,} of {n_records:,}", ending=end)


def _priors(review: LabelledReview, options: dict[str, Any]) -> list[int]:
    if options["priors"] and options["prior_ids"]:
        raise Unusable("Give either --priors or --prior-ids, not both.")
    if options["prior_ids"]:
        names = [name.strip() for name in options["prior_ids"].split(",") if name.strip()]
        return list(dict.fromkeys(review.rows_of(names)))
    if not options["priors"]:
        return []
    counts = options["priors"].split(",")
    if len(counts) != 2 or not all(count.strip().isdecimal() for count in counts):
        raise Unusable("Give --priors as two whole numbers, for example 1,5.")
    try:
        return drawn_priors(
            review.relevant,
            n_included=int(counts[0]),
            n_excluded=int(counts[1]),
            seed=options["seed"],
        )
    except ValueError as error:
        raise Unusable(f"{error} Ask for fewer with --priors.") from error


def _criteria(given: str | None) -> str:
    if not given or not given.startswith("@"):
        return given or ""
    path = Path(given[1:])
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Unusable(f"The criteria {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Unusable(f"The criteria {path} are no text in UTF-8.") from error


def _screened(review: LabelledReview, done: Replayed) -> np.ndarray:
    return review.relevant[done.rows[len(done.priors) :]].astype(int)


def _answer(review: LabelledReview, done: Replayed, options: dict[str, Any]) -> dict[str, Any]:
    measures = summary(_screened(review, done))
    trainings = done.trainings
    return {
        "file": options["file"].name,
        "model": options["model"],
        "seed": options["seed"],
        "growth": options["growth"],
        "has_criteria": bool(options["criteria"]),
        "priors": [review.ids[row] for row in done.priors],
        "metrics": {name: value if isfinite(value) else None for name, value in measures.items()},
        "order": [review.ids[row] for row in done.rows],
        "n_retrains": len(trainings),
        "seconds_features": round(done.seconds_features, 3),
        "seconds_per_retrain": round(sum(trainings) / len(trainings), 5) if trainings else None,
        "versions": {name: version(name) for name in ("scikit-learn", "numpy", "scipy")},
    }


def _table(answer: dict[str, Any]) -> str:
    numbers = answer["metrics"] | {
        name: answer[name] for name in ("n_retrains", "seconds_per_retrain", "seconds")
    }
    shown = (
        f"{name:<20} {'-' if value is None else format(value, '.4g'):>10}"
        for name, value in numbers.items()
    )
    return "\n".join([f"{answer['file']}, model {answer['model']}, seed {answer['seed']}", *shown])


def _plot(path: Path, review: LabelledReview, done: Replayed, *, name: str) -> None:
    svg = recall_svg({"ranked": _screened(review, done)}, title=f"Recall: {name}")
    try:
        path.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise CommandError(
            f"{path} cannot be written: {error.strerror}.", returncode=_UNUSABLE
        ) from error
