"""Hides which place a message names, and who wrote it, from the topic classifier: 「阿蘇市の補助金」 and
「八代市の補助金」 are one question, and 「福岡の支援金」 and 「佐賀の支援金」 one that is not ours.
"""

from __future__ import annotations

from typing import Any, Sequence

from nlu import facts
from nlu.components.places import PlaceFinder
from nlu.text import Normalised, Word, normalise, respelled
from nlu.text import words as cut

_STANDS_FOR = {
    "municipality": "某市",
    "region": "某市",
    "ambiguous_place": "某市",
    "prefecture": "他県",
    "residence": "県外",
    "desk": "東京",
    "contact_data": "某",
}
NAMES = frozenset(_STANDS_FOR.values())


def mask(text: str, words: Sequence[Word], entities: Sequence[dict[str, Any]]) -> tuple[str, list[Word]]:
    """The text with its entities replaced, and its words, respelled. `entities` as `PlaceFinder.find` and `facts.contacts` give
    them."""
    parts: list[str] = []
    last = 0
    for place in sorted(entities, key=lambda entity: entity["start"]):
        if place["entity"] in _STANDS_FOR and place["start"] >= last:
            parts += [text[last : place["start"]], _STANDS_FOR[place["entity"]]]
            last = place["end"]
    if not parts:
        return text, respelled(words)
    masked = "".join([*parts, text[last:]])
    return masked, respelled(cut(masked))


def read(text: str, finder: PlaceFinder) -> tuple[str, list[Word]]:
    """A message as the topic model reads it: normalised, cut, and masked."""
    normalised = normalise(text)
    return masked(normalised, cut(normalised.text), finder)


def masked(normalised: Normalised, words: Sequence[Word], finder: PlaceFinder) -> tuple[str, list[Word]]:
    """The same of a text that is already normalised and cut."""
    text = normalised.text
    found = [*finder.find(text, list(words), normalised.gaps()), *facts.contacts(text, list(words))]
    return mask(text, words, found)
