"""Run ASReview's own simulation of ELAS u4; called by ranking.py with ASReview's interpreter.

Reads one JSON object on standard input: {"file", "label", "jobs": [{"priors", "growth"}]} with
priors by row; prints one line of JSON per job: {"order", "seconds"}, priors left out of the order.
"""

import json
import sys
import time

import pandas as pd
from asreview.learner import ActiveLearningCycle
from asreview.models.models import get_ai_config
from asreview.simulation.simulate import Simulate


def simulate(records: pd.DataFrame, labels: pd.Series, priors: list[int], growth: float) -> dict:
    """Screen everything in batches of max(1, floor(growth x labelled)) records."""
    started = time.perf_counter()
    cycle = ActiveLearningCycle.from_meta(get_ai_config("elas_u4")["value"])
    cycle.n_query = lambda results: max(1, int(growth * len(results)))
    run = Simulate(records, labels, [cycle], stopper=-1, print_progress=False)
    run.label(priors)
    run.review()
    order = run._results["record_id"].tolist()
    return {"order": order[len(priors) :], "seconds": time.perf_counter() - started}


def main() -> None:
    """Answer every job on the one file."""
    asked = json.load(sys.stdin)
    table = pd.read_csv(asked["file"], dtype=str, keep_default_na=False)
    labels = table[asked["label"]].astype(float).astype(int)
    records = table[["title", "abstract"]]
    for job in asked["jobs"]:
        print(json.dumps(simulate(records, labels, job["priors"], job["growth"])), flush=True)


if __name__ == "__main__":
    main()
