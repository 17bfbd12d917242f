"""Train the model that tells duplicates, and freeze it as numbers in screening/dedupe/model.json.

usage: python benchmarks/train_dedupe.py FOLDER [--out FILE]

FOLDER holds labelled sets: <name>.csv (ID, title, author, year, ...) and <name>.truth.csv
(ID, cluster_id). The sets stay where they are; the model file keeps their names, sizes and
fingerprints, the versions that made it, and how it does on each set when it is left out.
"""

import argparse
import csv
import hashlib
import json
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from screening.citations import Citation
from screening.dedupe import trees
from screening.dedupe.block import candidate_pairs
from screening.dedupe.compare import FEATURES, features_of, hopeful
from screening.dedupe.normalise import Keys, keys
from screening.management.commands.find_duplicates import read_csv

OUT = Path(__file__).resolve().parent.parent / "screening" / "dedupe" / "model.json"
#: A feature may speak only for (1) or only against (-1) a duplicate, whatever a set says.
DIRECTIONS = {
    "title": 1, "title_sorted": 1, "title_inside": 1, "abstract": 1, "same_id": 1, "doi": 1,
    "first_page": 1, "last_page": 1, "page_letters": 1, "volume": 1, "number": 1, "years": -1,
    "journal": 1, "first_author": 1, "authors": 1, "numbers": -1, "marks": -1, "registry": 1,
    "generic": -1,
}  # fmt: skip
SETTINGS = {
    "max_iter": 150, "learning_rate": 0.1, "max_leaf_nodes": 12, "min_samples_leaf": 30,
    "l2_regularization": 1.0, "early_stopping": False, "random_state": 0,
}  # fmt: skip
#: A set counts with the root of its size, so that the largest does not drown the others.
_TYPICAL_SIZE = 2000


@dataclass(frozen=True)
class LabelledSet:
    """Records of one set with the cluster each belongs to, and its pairs as the model sees them."""

    name: str
    names: list[str]
    citations: dict[int, Citation]
    records: list[Keys]
    truth: list[str]
    features: np.ndarray
    labels: np.ndarray
    fingerprint: str


def read_set(folder: Path, name: str) -> LabelledSet:
    names, citations = read_csv(folder / f"{name}.csv")
    with (folder / f"{name}.truth.csv").open(newline="", encoding="utf-8") as stream:
        cluster_of = {row["ID"]: row["cluster_id"] for row in csv.DictReader(stream)}
    truth = [cluster_of[names[at]] for at in range(len(names))]
    records = [keys(citations[at]) for at in range(len(names))]
    pairs = hopeful(records, candidate_pairs(records))
    labels = np.array([truth[i] == truth[j] for i, j in pairs.tolist()], dtype=bool)
    listed = [names[at] for at in range(len(names))]
    print_of = fingerprint(folder / f"{name}.csv", folder / f"{name}.truth.csv")
    features = features_of(records, pairs)
    return LabelledSet(name, listed, citations, records, truth, features, labels, print_of)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name.removesuffix(".truth.csv") for path in folder.glob("*.truth.csv"))


def fingerprint(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def fit(sets: list[LabelledSet]) -> HistGradientBoostingClassifier:
    """Fit on all candidate pairs of the sets.

    Errata, replies and versions that a set counts as duplicates teach nothing: they are left out.
    """
    kept = [~(one.labels & (one.features[:, FEATURES.index("marks")] > 0)) for one in sets]
    weights = [
        np.full(keep.sum(), (_TYPICAL_SIZE / len(one.records)) ** 0.5)
        for one, keep in zip(sets, kept, strict=True)
    ]
    model = HistGradientBoostingClassifier(
        monotonic_cst=[DIRECTIONS.get(name, 0) for name in FEATURES], **SETTINGS
    )
    features = np.vstack([one.features[keep] for one, keep in zip(sets, kept, strict=True)])
    labels = np.concatenate([one.labels[keep] for one, keep in zip(sets, kept, strict=True)])
    return model.fit(features, labels, sample_weight=np.concatenate(weights))


def told(model: HistGradientBoostingClassifier) -> dict:
    """The fitted trees as plain numbers, laid out as screening.dedupe.trees reads them."""
    laid = [_tree(predictors[0].nodes) for predictors in model._predictors]
    return {
        "features": list(FEATURES),
        "baseline": float(model._baseline_prediction.ravel()[0]),
        "trees": laid,
    }


def _tree(nodes: np.ndarray) -> dict:
    leaf = nodes["is_leaf"].astype(bool)
    own = np.arange(len(nodes))
    return {
        "feature": np.where(leaf, 0, nodes["feature_idx"]).tolist(),
        "threshold": np.where(
            leaf | np.isinf(nodes["num_threshold"]), 1e300, nodes["num_threshold"]
        ).tolist(),
        "missing_left": nodes["missing_go_to_left"].astype(int).tolist(),
        "left": np.where(leaf, own, nodes["left"]).tolist(),
        "right": np.where(leaf, own, nodes["right"]).tolist(),
        "value": np.where(leaf, nodes["value"], 0.0).tolist(),
        "depth": int(nodes["depth"].max()),
    }


def forest(model: HistGradientBoostingClassifier) -> trees.Forest:
    return trees.forest_of(told(model))


def left_out(sets: list[LabelledSet]) -> dict[str, dict[str, float]]:
    """How a model trained on the other sets ranks the pairs of each set."""
    found = {}
    for one in sets:
        model = forest(fit([other for other in sets if other is not one]))
        scores = model.probability(one.features)
        right, wrong = scores[one.labels], scores[~one.labels]
        found[one.name] = {
            "pairs": int(one.labels.sum()),
            "found_at_0.9": round(float((right >= 0.9).mean()), 4),
            "found_at_0.1": round(float((right >= 0.1).mean()), 4),
            "wrong_at_0.9": int((wrong >= 0.9).sum()),
            "wrong_at_0.1": int((wrong >= 0.1).sum()),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--quick", action="store_true", help="leave out the metrics per set")
    options = parser.parse_args()
    sets = [read_set(options.folder, name) for name in names_in(options.folder)]
    model = {
        "made_by": "benchmarks/train_dedupe.py",
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "settings": SETTINGS,
        "directions": DIRECTIONS,
        "data": {
            one.name: {"records": len(one.records), "sha256": one.fingerprint} for one in sets
        },
        "pairs_before_vetoes_leave_one_set_out": {} if options.quick else left_out(sets),
        **told(fit(sets)),
    }
    options.out.write_text(json.dumps(model, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{options.out}: {options.out.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
