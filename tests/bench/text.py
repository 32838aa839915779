"""The sentences residents say in a benchmark: the same for every system, the same in every run."""

from __future__ import annotations

import random

from nlu import check

SEED = 20261124
TURNS = 5
# After these the desk has the conversation or a form asks: the turns that follow would be other turns.
LEFT_OUT = frozenset({"human_handoff", "complaint", "delete_my_data", "desk_booking", "how_to_start", "out_of_scope"})
STYLES = frozenset({"plain", "polite", "casual", "municipality"})
# No training sentence begins so: every other message is one that no system has seen to the letter.
OPENINGS = ("ちょっと伺いたいのですが、", "すみません、", "お忙しいところ失礼します。")


def conversations(count: int) -> list[list[str]]:
    """`count` conversations of five messages, each message of another topic."""
    source = random.Random(SEED)
    topics: dict[str, list[str]] = {}
    for sentence in check.read():
        if sentence.topic not in LEFT_OUT and sentence.style in STYLES:
            topics.setdefault(sentence.topic, []).append(sentence.text)
    found = []
    for _ in range(count):
        chosen = source.sample(sorted(topics), TURNS)
        said = [source.choice(topics[topic]) for topic in chosen]
        found.append([_varied(text, at, source) for at, text in enumerate(said)])
    return found


def _varied(text: str, at: int, source: random.Random) -> str:
    return source.choice(OPENINGS) + text if at % 2 else text


def shorten(text: str, width: int = 200) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
