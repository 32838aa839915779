"""Does a message ask several things? Each way to divide it is weighed by how sure its parts are and how the whole
message speaks for them. The weights are fitted by `nlu/fit_several.py` on messages of which the model saw none.
"""

from __future__ import annotations

import math
from typing import Dict, List, NamedTuple, Sequence, Tuple

Ranking = List[Tuple[str, float]]
_LETTERS = 20  # a part of more letters is no surer for it


NAMES = (
    "least_sure", "mean_sure", "least_of_whole", "share_of_whole", "not_first", "not_among_five", "all_ask",
    "all_questions", "also", "closed", "shortest", "three", "contrast",
)  # fmt: skip


class Part(NamedTuple):
    """A part with its likeliest topic. `asks`: it can be a question; `question`: it ends or begins as one;
    `also`: it begins with 「あと」 and the like; `closed`: a full stop or question mark ends it; `letters`: their number;
    `contrast`: it sets something aside (「より」「もう」)."""

    topic: str
    confidence: float
    asks: bool
    question: bool
    also: bool
    closed: bool
    letters: int
    contrast: bool


def features(parts: Sequence[Part], ranking: Ranking) -> Dict[str, float]:
    """What speaks for and against a division into `parts`; `ranking` is the whole message's."""
    whole = dict(ranking)
    place = {topic: number for number, (topic, _) in enumerate(ranking)}
    sure = [_log_odds(part.confidence) for part in parts]
    worst = max(place[part.topic] for part in parts)
    return {
        "least_sure": min(sure),
        "mean_sure": sum(sure) / len(sure),
        "least_of_whole": math.log(max(min(whole[part.topic] for part in parts), 1e-6)),
        "share_of_whole": sum(whole[part.topic] for part in parts),
        "not_first": float(worst >= len(parts)),
        "not_among_five": float(worst > 4),
        "all_ask": float(all(part.asks for part in parts)),
        "all_questions": float(all(part.question for part in parts)),
        "also": float(any(part.also for part in parts[1:])),
        "closed": float(parts[0].closed),
        "shortest": min(min(part.letters for part in parts), _LETTERS) / _LETTERS,
        "three": float(len(parts) > 2),
        "contrast": float(any(part.contrast for part in parts)),
    }


def _log_odds(share: float) -> float:
    return math.log(max(share, 1e-6) / max(1 - share, 1e-6))


def probability(told: Dict[str, float], weights: Dict[str, float]) -> float:
    """0–1; `weights` has one for each feature, and `bias`."""
    total = weights["bias"] + sum(weights[name] * value for name, value in told.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
