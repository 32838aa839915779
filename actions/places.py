"""Which place a message is about: named, meant by 「そこ」, carried over, or to be asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from actions.context import Turn

# What may stand around a place's name for the message to be nothing but the place.
_AROUND = re.compile(
    r"(じゃあ|では|それでは|やっぱり?|えっと|ええと|あの|なら|市町村|です|でお願いします|お願いします|がいいです|が良いです|がいい"
    r"|を考えています|に住みたいです|かな|あたり|付近|周辺|方面|地域|のほう|の方|はどう(です)?か?|だと|の場合|で|は|が|を|に|の|、|。|\?|!|\s"
    r"|please|what about|how about|in|for|city|town|village|area)+",
    re.IGNORECASE,
)
UNDECIDED = re.compile(
    r"(まだ|全然|特に)?(、)?(決めて|きめて|決まって|きまって)(い)?(ない|ません)|未定|どこでも(いい|よか)|迷って|分からない|わからない"
    r"|not decided|undecided|anywhere|no idea",
    re.IGNORECASE,
)


_LISTED = re.compile(r"と|や|か|、|・|/|または|もしくは|それとも|or|and|vs\.?", re.IGNORECASE)


@dataclass(frozen=True)
class Places:
    """`named`: official names in the message. `region`: an area it named. `unclear`: (text, candidates).
    `likely`: of these the one that bears that very name, or the only one. `unknown`: a municipality it named that is none of ours."""

    named: list[str] = field(default_factory=list)
    region: str | None = None
    unclear: tuple[str, list[str]] | None = None
    unknown: str | None = None
    likely: list[str] = field(default_factory=list)
    only: bool = False
    undecided: bool = False


def read(turn: Turn) -> Places:
    named = [name for name in turn.values("municipality") if name in turn.knowledge.municipalities]
    named = [*named, *(name for name in _named_beside(turn) if name not in named)]
    regions = [region for region in turn.values("region") if region in turn.knowledge.regions]
    unclear = None
    if not named:
        for entity in turn.entities("ambiguous_place"):
            candidates = [name for name in entity.get("candidates") or [] if name in turn.knowledge.municipalities]
            default = (turn.knowledge.ambiguous.get(str(entity["value"])) or _NONE).default
            if default in turn.knowledge.municipalities:
                named = [default]
            elif candidates:
                unclear = (str(entity["value"]), candidates)
    unknown = [] if named or regions or unclear else turn.values("unknown_place")
    likely = _namesakes(*unclear) if unclear else []
    return Places(
        named=named,
        likely=likely,
        region=regions[0] if regions and not named else None,
        unclear=unclear,
        unknown=unknown[0] if unknown else None,
        only=bool(named or regions or unclear or unknown) and _only_a_place(turn),
        undecided=bool(UNDECIDED.search(turn.text)) and len(turn.text) <= 20,
    )


def _named_beside(turn: Turn) -> list[str]:
    """「阿蘇と南阿蘇、どっち」「天草と阿蘇、どっち」: beside another place's name an unclear one means its namesake."""
    unclear = turn.entities("ambiguous_place")
    beside = []
    for entity in unclear:
        for other in (*turn.entities("municipality"), *(one for one in unclear if one is not entity)):
            between = turn.text[min(entity["end"], other["end"]) : max(entity["start"], other["start"])]
            if _LISTED.fullmatch(between.strip()):
                beside += _namesakes(str(entity["value"]), entity.get("candidates") or [])
    return beside


def _namesakes(text: str, candidates: list[str]) -> list[str]:
    return candidates if len(candidates) == 1 else [name for name in candidates if name[:-1] == text]


def _only_a_place(turn: Turn) -> bool:
    rest = turn.text
    spans = [
        entity
        for kind in ("municipality", "region", "ambiguous_place", "unknown_place")
        for entity in turn.entities(kind)
        if isinstance(entity.get("start"), int)
    ]
    for entity in sorted(spans, key=lambda e: -e["start"]):
        rest = rest[: entity["start"]] + rest[entity["end"] :]
    return not _AROUND.sub("", rest).strip()


@dataclass(frozen=True)
class _Default:
    default: str = "ask"


_NONE = _Default()
