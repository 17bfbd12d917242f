"""Small invented reviews, big enough to rank."""

import random

from screening.ranking import features
from screening.ranking.texts import RecordText

CRITERIA = "Randomised trials of statins for lowering cholesterol in adults with diabetes."
_RELEVANT = (
    "randomised",
    "trial",
    "statin",
    "simvastatin",
    "cholesterol",
    "lowering",
    "diabetes",
    "adults",
)
_OTHER = (
    "dental",
    "implant",
    "survey",
    "crown",
    "nurses",
    "teaching",
    "bone",
    "policy",
    "garden",
    "water",
)
_COMMON = ("patients", "results", "methods", "study", "outcome", "weeks", "group", "effect", "data")


def record_texts(n: int = 60, *, seed: int = 3) -> tuple[list[RecordText], list[bool]]:
    """Make records of which every fifth is relevant, its words mixed with common ones."""
    rng = random.Random(seed)
    texts, labels = [], []
    for number in range(n):
        relevant = number % 5 == 0
        own = _RELEVANT if relevant else _OTHER
        said = [rng.choice(own if rng.random() < 0.4 else _COMMON) for _ in range(40)]
        title = " ".join(rng.sample(own, 3))
        texts.append(RecordText(title, " ".join(said) if number % 7 else ""))
        labels.append(relevant)
    return texts, labels


def small_review(
    *, criteria: str = CRITERIA, n: int = 60, first_id: int = 100, **more
) -> tuple[features.Features, list[int], list[int]]:
    """Return features and the ids of all relevant and all irrelevant records."""
    texts, labels = record_texts(n)
    ids = [first_id + number for number in range(n)]
    relevant = [number for number, label in zip(ids, labels, strict=True) if label]
    others = [number for number, label in zip(ids, labels, strict=True) if not label]
    return features.build(ids, texts, criteria, **more), relevant, others
