"""Hides which place a message names from the topic classifier: 「阿蘇市の補助金」 and 「八代市の補助金」 are
one question. Other prefectures stay: they are what makes a question somebody else's.
"""

from __future__ import annotations

from typing import Any, Sequence

from nlu.text import Word, words as cut

_ANY = "某市"
_HIDDEN = ("municipality", "region", "ambiguous_place")


def mask(text: str, words: Sequence[Word], places: Sequence[dict[str, Any]]) -> tuple[str, list[Word]]:
    """The text with every place of ours replaced, and its words. `places` as `PlaceFinder.find` gives them."""
    parts: list[str] = []
    last = 0
    for place in places:
        if place["entity"] in _HIDDEN:
            parts += [text[last : place["start"]], _ANY]
            last = place["end"]
    if not parts:
        return text, list(words)
    masked = "".join([*parts, text[last:]])
    return masked, cut(masked)
