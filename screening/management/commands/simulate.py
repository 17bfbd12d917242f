"""`simulate FILE.csv`: replay a labelled review, without a database."""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from screening.ranking import metrics
from screening.ranking.curves import recall_svg
from screening.ranking.features import Features, build_warm
from screening.ranking.labelled import LabelledReview, read_labelled
from screening.ranking.replay import (
    DEFAULT_MODEL,
    MODELS,
    Replay,
    State,
    drawn_priors,
    labels_in_order,
    replay,
)

_WRONG_INPUT = 2
_BAR = 40
_SHOWN = {
    "n_records": "records to screen",
    "n_relevant": "relevant among them",
    "first_relevant": "first relevant record after",
    "recall_10": "recall after 10 %",
    "wss_cohen_95": "work saved at 95 % recall (Cohen)",
    "wss_insights_95": "work saved at 95 % recall (asreview-insights)",
    "atd": "mean place of a relevant record, as a share",
    "loss": "loss",
}


class Command(BaseCommand):
    help = "Replay a labelled review: how early would its relevant records have come?"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", help="CSV with record_id, title, abstract, a label, keywords")
        parser.add_argument("--label", default="label_included", help="column that holds 0 or 1")
        parser.add_argument("--seed", type=int, default=0)
        known = parser.add_mutually_exclusive_group()
        known.add_argument("--priors", metavar="INC,EXC", help="draw so many known records")
        known.add_argument("--prior-ids", metavar="ID,ID,...", help="these records are known")
        parser.add_argument(
            "--growth", type=float, default=0.15, help="batch / labelled; 0: by one"
        )
        parser.add_argument("--criteria", metavar="TEXT|@FILE", default="", help="protocol text")
        parser.add_argument("--model", choices=sorted(MODELS), default=DEFAULT_MODEL)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--plot", metavar="FILE.svg", type=Path, help="draw the recall curve")

    def handle(self, *args, **options) -> None:
        try:
            review = _review(Path(options["file"]), label=options["label"])
            priors = _priors(review, options)
            criteria = _criteria(options["criteria"])
            _check(review, priors, options)
        except ValueError as error:
            raise CommandError(str(error), returncode=_WRONG_INPUT) from error
        run = _run(review, priors, criteria, options, progress=sys.stderr)
        answer = _answer(review, run, options)
        if options["plot"]:
            _plot(options["plot"], review, run, options)
        self.stdout.write(json.dumps(answer) if options["json"] else _in_words(answer))


@dataclass(frozen=True)
class Timed:
    """A replay and how long its two parts took."""

    replay: Replay
    seconds_indexing: float
    seconds_replaying: float


def _run(
    review: LabelledReview,
    priors: list[int],
    criteria: str,
    options: dict[str, Any],
    *,
    progress: TextIO,
) -> Timed:
    def seen(state: State | None, n_screened: int) -> None:
        _show(progress, n_screened, len(review.labels))

    started = time.perf_counter()
    features: Features = build_warm(range(len(review.labels)), review.documents, criteria)
    indexed = time.perf_counter()
    found = replay(
        features,
        review.labels,
        model=MODELS[options["model"]],
        priors=priors,
        growth=options["growth"],
        seed=options["seed"],
        seen=seen,
    )
    progress.write("\n")
    return Timed(found, indexed - started, time.perf_counter() - indexed)


def _show(progress: TextIO, done: int, total: int) -> None:
    filled = _BAR * done // total
    progress.write(f"\r[{'#' * filled}{'.' * (_BAR - filled)}] {done}/{total}")
    progress.flush()


def _review(file: Path, *, label: str) -> LabelledReview:
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            return read_labelled(stream, label=label)
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}.") from error


def _criteria(given: str) -> str:
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"The criteria in {given[1:]} cannot be read: {error}.") from error


def _priors(review: LabelledReview, options: dict[str, Any]) -> list[int]:
    if options["prior_ids"]:
        return review.rows_of(name.strip() for name in options["prior_ids"].split(","))
    if not options["priors"]:
        return []
    try:
        n_included, n_excluded = (int(number) for number in options["priors"].split(","))
    except ValueError:
        n_included = n_excluded = -1
    if min(n_included, n_excluded) < 0:
        raise ValueError(f"“{options['priors']}” are no priors. Write two numbers, such as 1,5.")
    return drawn_priors(
        review.labels, n_included=n_included, n_excluded=n_excluded, seed=options["seed"]
    )


def _check(review: LabelledReview, priors: list[int], options: dict[str, Any]) -> None:
    if not 0 <= options["growth"] < float("inf"):
        raise ValueError("The growth must be 0 or more, such as .15.")
    if not 0 <= options["seed"] < 2**31:
        raise ValueError("The seed must be a whole number from 0 to 2147483647.")
    if review.labels.sum() == review.labels[priors].sum():
        raise ValueError("All relevant records are priors, so there is nothing left to find.")
    if options["plot"] and not options["plot"].resolve().parent.is_dir():
        raise ValueError(f"There is no folder {options['plot'].resolve().parent} for the plot.")


def _answer(review: LabelledReview, run: Timed, options: dict[str, Any]) -> dict[str, Any]:
    figures = metrics.summary(labels_in_order(review.labels, run.replay))
    n_trainings = len(run.replay.trained_with)
    return {
        "model": options["model"],
        "seed": options["seed"],
        "growth": options["growth"],
        "n_priors": run.replay.n_priors,
        "metrics": {name: round(value, 6) for name, value in figures.items()},
        "n_retrains": n_trainings,
        "seconds": round(run.seconds_indexing + run.seconds_replaying, 3),
        "seconds_per_retrain": round(run.seconds_replaying / max(n_trainings, 1), 5),
        "order": [review.record_ids[row] for row in run.replay.order],
    }


def _in_words(answer: dict[str, Any]) -> str:
    figures = answer["metrics"]
    lines = [f"{name:50}{figures[key]:>10.4g}" for key, name in _SHOWN.items()]
    return "\n".join([*lines, f"{'seconds':50}{answer['seconds']:>10.4g}"])


def _plot(file: Path, review: LabelledReview, run: Timed, options: dict[str, Any]) -> None:
    labels = np.fromiter(labels_in_order(review.labels, run.replay), dtype=np.int64)
    drawing = recall_svg(
        {options["model"]: metrics.recall_curve(labels)}, title=f"Recall in {options['file']}"
    )
    try:
        file.write_text(drawing, encoding="utf-8")
    except OSError as error:
        said = f"{file} cannot be written: {error.strerror}."
        raise CommandError(said, returncode=_WRONG_INPUT) from error
