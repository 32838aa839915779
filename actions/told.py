"""What a resident told of themselves in passing: kept for later answers and for the forms."""

from __future__ import annotations

from typing import Any

from actions.context import TALK_CHANNELS, Turn

KINDS = {"work": "work_kind", "house": "house_kind"}
MOST = 3  # of a kind: the state stays small however much is told


def timing(turn: Turn) -> str | None:
    """The words of the first time to come (「来年の春」)."""
    month = turn.today.strftime("%Y-%m")
    coming = [date for date in turn.entities("date") if str(date["value"]).rpartition("/")[2] >= month]
    return str(coming[0]["text"]) if coming else None


def family(turn: Turn) -> str | None:
    return "、".join(turn.values("family")[:MOST]) or None


def facts(turn: Turn) -> dict[str, Any]:
    """Slots `residence` and `facts` with what this message adds; {} where it adds nothing. In a channel whose talk
    lies elsewhere neither family nor ages are kept."""
    found: dict[str, Any] = {"timing": timing(turn)}
    if turn.channel not in TALK_CHANNELS:
        found |= {"family": family(turn), "ages": turn.values("age")[:MOST]}
    found |= {name: turn.values(kind)[:MOST] for name, kind in KINDS.items()}
    found = {name: value for name, value in found.items() if value}
    slots: dict[str, Any] = {"facts": {**(turn.slot("facts") or {}), **found}} if found else {}
    if residences := turn.values("residence"):
        slots["residence"] = residences[0]
    return slots
