"""A message's clauses, by its marks and connectives: cheap, no syntax."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

# A clause ends at a full stop, a question or exclamation mark or a line break …
_ENDS = re.compile(r"(?<=[。!?\n])\s*|\.\s+(?=[A-Z])")
# … and a new one begins at a connective after a pause.
_NEXT = re.compile(
    r"(?<=[、,\s])(?=(?:あと(?!は?で)|それと|それから|それに|ついでに|もうひとつ|もう一つ|また(?![はもい今])|(?:and )?also\b))"
    r"|(?<=[かね])(?=(?:あと|それと|それから)[、 は])",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\?|(?:か|かな|かね|っけ|とね|なの|の|ばい|やろ|でしょ|でしょう)[。!\s]*$"
    r"|教え|おしえ|知りたい|しりたい|探し|さがし|聞きたい|ききたい|ほしい|欲しい|たいです|たいと思|ください|相談|どう|どこ|いくら|方法"
    r"|^(?:what|how|where|when|who|is|are|can|could|do|does|which|tell|please|i want|i would like)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Clause:
    start: int
    end: int
    asks: bool


def split(text: str) -> list[Clause]:
    """The clauses of a normalised text, in order, without those of fewer than three letters."""
    cuts = {0, len(text)}
    cuts.update(match.end() for match in _ENDS.finditer(text))
    cuts.update(match.start() for match in _NEXT.finditer(text))
    result = []
    places = sorted(cuts)
    for start, end in pairwise(places):
        part = text[start:end]
        if sum(char.isalnum() for char in part) >= 3:
            result.append(Clause(start, end, bool(_ASKS.search(part.strip()))))
    return result
