"""A message's clauses, by its marks and connectives, and the ways in which it may ask several things: no parser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Iterator, Sequence

from nlu.components import masking
from nlu.text import Word

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


# Where a second question may begin: after any mark, a blank, before a connective …
_JOINTS = re.compile(
    r"(?<=[、,。!?\n])\s*|(?<=[かねのるとい])(?=(?:あと|それと|それから))|\.\s+(?=[A-Z])"
    r"|\s(?=(?:and|also|plus)\b)|(?<=[^\x00-\x7f])\s(?=\S)",
    re.IGNORECASE,
)
_LEAST_WEIGHT = 4  # in kana; a kanji says as much as two (「求人」)
_MOST_PIECES = 6  # more is a story: its clauses tell more than they ask
_NEGATED = re.compile(
    r"(?:じゃ|では|や)(?:なく|ない|なか|ありません|のう)|やのうて|つもりは|いら(?:ない|ん)|以外|instead of|\bnot\b",
    re.IGNORECASE,
)
# 「AではなくB」「Aはもう知っているので、B」: what comes before is not what is asked.
_NOT_MEANT = re.compile(
    # 「ではなく(て)」, but not 「でなくても」 nor 「農家じゃない人」
    r"(?:(?:じゃ|では|や)(?:なく(?:って|て)?|のうて|なかと(?:って)?|なしに)(?!て?も|(?:て|っ)?たって)"
    r"|(?:じゃ|では|や)(?:ない|ありません|ございません|なか|ない(?:ん|の)|なかと)(?:です|でして|であって|だ|や)?(?:が|けど|けれど|けれども|けん|よ)?(?=[、。,!\s])"
    r"|(?:わけでは|じゃ|では)(?:ない|ありません)(?:の|ん)(?:です|だ|や)?(?:が|けど|けれども?)"
    r"|(?:つもり|予定|気)は(?:ない|なか|なく|ありません|ございません|ゼロ)(?:て|です|の)?[^、。,!?]{0,6}"
    # 「Aはもう知っているので」「Aはいいから」「Aは不要。」
    r"|(?:は|なら|も|とか)(?:もう|まだ|すでに|既に|ひととおり|一通り|だいたい|大体|前に|すべて)*"
    r"(?:知って|知っと|知りま|わかって|わかっと|わかった|分かって|分かった|調べた|調べて|聞いた|聞きま|見た|拝見|済ん|終わっ|終わり|いい(?:ので|んで|から|け|や|の|し|。|です(?:から|ので)?|として)"
    r"|よか(?:けん|と)|結構|いらん|いらない|いりません|要らな|要りません|不要|無用|無理|パス|違う|違います|聞いてな|聞いていま|聞いとら|興味(?:は)?な|関係な|しません|しない(?:ので|から|。)|決めた|決まった|決まって|後回し|あとで|使わない|使いたくない)"
    r"[^、。,!?]{0,10}"
    r"|(?:という)?(?:話|こと|の|ほう|方|説明)(?:より|以外)(?:は|も|で)?(?=、|まず)|以外(?:で|に)(?=[、。])"
    r"|そうでは?な[くい][^、。]{0,4})[、。,!?\s]*"
    r"|\b(?:not|instead of|rather than|don't (?:want|need|care))\b[^,.;]{2,60}(?:[,.;]\s*(?:but\s+)?|\bbut\s+)",
    re.IGNORECASE,
)
# What may set something aside, weaker than _NOT_MEANT: 「AよりB」「Aはもう…」.
_CONTRAST = re.compile(
    r"(?:じゃ|では|や)(?:なく|ない|なか|のう)|より|以外|もう|済|いら(?:ない|ん)|要ら|無理|不要|はいい"
    r"|\b(?:instead|rather|already|not)\b|n't\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:\?|か|かな|かね|かも|かいな|っけ|とね|とや|とか|なの|の|やろ|でしょう?|ん|知りたい|しりたい|聞きたい|ききたい"
    r"|教えて|おしえて|ください|下さい|ほしい|欲しい|はいよ|お願い|おねがい|方法|気にな(?:る|って)|気になります)"
    r"(?:です|ます|ください|下さい|いる|る|けど|し|な|ね|よ)*[。、,!?\s]*$"
    r"|^(?:what|how|where|when|who|is|are|can|could|do|does|which|tell|please)\b",
    re.IGNORECASE,
)
_ALSO = re.compile(
    r"\s*(?:あと|それと|それから|それに|ついでに|もうひとつ|もう一つ|また[、 ]|(?:and|also|plus)\b)", re.IGNORECASE
)
_QUESTION_WORD = re.compile(r"いくら|いつ|どこ|どれ|どの|どん|どう|何|誰|だれ|なんぼ|なに")
_LISTING = frozenset({"と", "や", "とか"})
# Words that any question may have: a part made of them only asks nothing of its own.
_ANYWHERE = frozenset(
    [
        "出来る",
        "有る",
        "居る",
        "為る",
        "成る",
        "教える",
        "知る",
        "聞く",
        "下さる",
        "思う",
        "言う",
        "行く",
        "良い",
        "事",
        "所",
        "物",
        "人",
        "何",
        "何処",
        "何時",
        "どう",
        "幾ら",
        "申し込む",
        "使う",
        "見る",
        "御座る",
        "貰う",
        "呉れる",
        "方法",
        "仕方",
        "有無",
        "詳しい",
        "相談",
        "場所",
        "御願い",
        "願う",
        "両方",
        "全部",
        "其れ",
        "其々",
    ]
)


def meant(text: str, words: Sequence[Word]) -> int:
    """Where that begins in a text which is asked, after what is said not to be: 0 where nothing is."""
    for match in reversed(list(_NOT_MEANT.finditer(text))):
        if any(_tells(word) for word in reversed(words) if word.start >= match.end()):
            return match.end()
    return 0


def pieces(text: str, words: Sequence[Word]) -> list[tuple[int, int]]:
    """The smallest parts that a question could be, in order, covering the text; [] where there are too many."""
    cuts = {match.end() for match in _JOINTS.finditer(text)}
    for word, after in pairwise(words):
        if word.surface == "と" and word.pos[0] == "助詞" and after.pos[0] == "名詞":
            cuts.add(word.end)
    found: list[tuple[int, int]] = []
    start = 0
    for end in [*sorted(cut for cut in cuts if 0 < cut < len(text)), len(text)]:
        if _weight(text[start:end]) >= _LEAST_WEIGHT:
            said = [word for word in words if start <= word.start < end]
            if found and not any(_tells(word) for word in said):
                found[-1] = (found[-1][0], end)  # 「…の2点お願いします」
            else:
                found.append((start, end))
            start = end
    if found:
        found[-1] = (found[-1][0], len(text))
    return found if len(found) <= _MOST_PIECES else []


def _weight(part: str) -> int:
    """How much a part says; which place it names does not count."""
    for name in masking.NAMES:
        part = part.replace(name, "")
    return sum(2 if "一" <= char <= "鿿" else char.isalnum() for char in part)


def ways(parts: Sequence[tuple[int, int]], most: int) -> Iterator[list[tuple[int, int]]]:
    """The ways to divide the text into 2 … `most` parts, each of whole pieces."""
    for count in range(2, min(most, len(parts)) + 1):
        for inner in combinations(range(1, len(parts)), count - 1):
            bounds = (0, *inner, len(parts))
            yield [(parts[first][0], parts[after - 1][1]) for first, after in pairwise(bounds)]


def is_question(part: str) -> bool:
    return bool(_QUESTION.search(part))


def goes_on(part: str) -> bool:
    """「あと…」: it adds to what was asked before."""
    return bool(_ALSO.match(part))


def sets_aside(part: str) -> bool:
    return bool(_CONTRAST.search(part))


def asks_something(text: str, words: Sequence[Word], after: str) -> bool:
    """Whether a part can be a question of its own: it asks, or is the first of two things listed (「家賃と、」), and has
    a word to be asked about. What is only told or negated does not ask. `after` is the rest of the message: where it
    is empty, or begins with 「あと」, the part may end in any way."""
    if _NEGATED.search(text) or not any(_tells(word) for word in words):
        return False
    if not after or _ALSO.match(after) or _QUESTION.search(text.strip()):
        return True
    spoken = [word for word in words if word.pos[0] != "補助記号"]
    if len(spoken) < 2:
        return False
    ending, before = spoken[-1], spoken[-2]
    if _QUESTION_WORD.search(text) and text.rstrip().endswith(("、", ",")):
        return True  # 「家賃はいくらぐらいで、」
    if ending.surface in _LISTING and not text.rstrip().endswith(("。", "!")):  # 「家を建てようかと。」 lists nothing
        return before.pos[0] in ("名詞", "接尾辞", "動詞")
    return ending.pos[0] in ("名詞", "接尾辞") and text.rstrip().endswith(("、", ","))


def _tells(word: Word) -> bool:
    return (
        word.pos[0] in ("名詞", "動詞", "形容詞", "形状詞")
        and word.pos[1] not in ("非自立可能", "数詞", "代名詞")
        and word.pos[2] != "助数詞可能"
        and word.norm not in _ANYWHERE
    )
