"""The warm prior: weights learned on other reviews, shipped as one frozen file.

`benchmarks/train_ranker.py` writes the file; its provenance says from what, when and how well.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from screening.ranking.generic import GenericPrior

FILE = Path(__file__).with_name("warm_prior.json")
#: What a score is made of, in the order of the weights.
SIGNALS = ("svm", "cosine", "in_title", "in_text", "generic", "no_abstract")


@dataclass(frozen=True, eq=False)
class WarmPrior:
    """How much each signal counts.

    `always` and `early` have shape (6,), one weight per signal; `early` fades with the number of
    inclusions. `proven` has shape (3,): what cosine, in_text and generic gain or lose as they
    prove right or wrong on the review's own labels.
    """

    always: NDArray[np.float64]
    early: NDArray[np.float64]
    proven: NDArray[np.float64]
    generic: GenericPrior
    provenance: Mapping[str, Any]
    fingerprint: str

    def weights(self, *, fading: float, text_auc: float, generic_auc: float) -> NDArray[np.float64]:
        """Return the weight of every signal in one state of a review, shape (6,).

        `fading` is exp(-inclusions / 5); the areas under the curve are .5 where nothing is known.
        """
        found = self.always + fading * self.early
        text, generic = 2 * text_auc - 1, 2 * generic_auc - 1
        found[[1, 3, 4]] += self.proven * (text, text, generic)
        return found


def from_json(content: str) -> WarmPrior:
    """Read what `to_json` wrote."""
    stored = json.loads(content)
    weights, vocabulary = stored["weights"], stored["generic"]
    numbers = np.array(list(vocabulary.values()), dtype=np.float64).reshape(-1, 2)
    return WarmPrior(
        always=np.array([weights["always"][name] for name in SIGNALS]),
        early=np.array([weights["early"][name] for name in SIGNALS]),
        proven=np.array([weights["proven"][SIGNALS[number]] for number in (1, 3, 4)]),
        generic=GenericPrior(tuple(vocabulary), numbers[:, 0], numbers[:, 1]),
        provenance=stored["provenance"],
        fingerprint=hashlib.sha256(content.encode()).hexdigest(),
    )


@cache
def shipped() -> WarmPrior:
    """Return the prior that came with this version."""
    return from_json(FILE.read_text(encoding="utf-8"))
