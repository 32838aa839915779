"""Finds the dictionary's names in a text, and asks for evidence where a name is also something else.

Longest match first. A name with its 市, 町 or 村 is taken as it stands; a bare one (「錦」「うと」) has to be
cut as a word of its own and be a place name to Sudachi, or stand where only a place can.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, Iterator, List, Sequence, Set, Tuple

from nlu.components.lexicon import Form, index
from nlu.text import Word, hiragana, reading, words

Entity = Dict[str, Any]

_KANA = re.compile(r"[ぁ-ゖァ-ヺー]")
_HAN = re.compile(r"[一-鿿々]")
_HONORIFIC = re.compile(
    r"(?:さん(?!に?(?:戻|帰|行|来|引|移|もど|かえ|いく|いき|ひ))|様|さま|氏|君|くん|ちゃん|先生|せんせい|と申|ともうし|といいます|です)"
)
_PARTICLE = re.compile(
    r"(?:で|に|の|へ|から|まで|は|が|を|も|と|か|や|って|とか|より|ら[へ辺]|やったら|だったら|なら|市|町|村|し|まち|あたり|辺り|近辺|周辺|方面|側|行き|在住|さんに?(?=戻|帰|行|来|引|移|もど|かえ|いく|いき))"
)
# What one does in a place, or has there, soon after its name: the evidence that 「うとで」 is one.
_PLACE_CONTEXT = re.compile(
    r"(?:の?(?:あたり|辺り|周辺|付近|近辺|方面|ほう|方)(?:の|で|に|は|を|なら|が)"
    r"|(?:で|に|へ|の|から|って|は|とか|周辺|あたり|辺り|方面)?.{0,12}?"
    r"(?:住|すみ|すむ|すん|暮ら|くら|移住|いじゅう|引っ?越|ひっこ|家|いえ|空家|あきや|アキヤ|アパート|物件|土地|仕事|しごと|求人"
    r"|補助|ほじょ|助成|じょせい|支援|しえん|学校|がっこう|[小中高]学|小学|中学|高校|しょうがく|ちゅうがく|こうこう|保育|ほいく|子育て|こそだて|病院|びょういん|お?試し|おためし"
    r"|どんな|どげん|町|まち|村|市|通勤|気候|駅|耕|畑|農|通[っいう]|温泉|役場|介護|医|雰囲気|移り|店を|帰|戻|始め|はじめ|カフェ|宿|ハウス|ひらや|平屋|一戸建|かり|借り|買|かい|空港|くうこう|バス|ばす|電車|かしや|借家|部屋|へや|やちん))"
)
_FROM_TO = re.compile(r"から.{1,10}まで")
# 「実家は植木」, and 「植木です。」 as a whole sentence.
_HOME = re.compile(r"(?:実家|地元|出身|故郷|ふるさと|田舎|生まれ|場所|希望)(?:は|が|も|、|:)?$")
_IT_IS = re.compile(r"(?:です|だ|や|ばい|たい|なん(?:です|だ|や))(?:ねん|けん|けど|が|わ|よ|ね|です)*(?:[。、!?\s]|$)")
_BEFORE_KANA = frozenset("はがをもやとのでにへ")
_LISTING = frozenset("とやか、・/")
_CASE = frozenset("でにのへをもとやか")
# Readings that are also everyday words: they need `_PLACE_CONTEXT`, as everything of three kana does.
_EVERYDAY = frozenset(
    {
        "うえき",
        "かがみ",
        "いずみ",
        "おがわ",
        "かわち",
        "きくよう",
        "なんかん",
        "にしはら",
        "みずかみ",
        "ほくぶ",
        "ちゅうおう",
        "ありあけ",
        "まつしま",
        "じょうなん",
    }
)
_RESIDENCE = re.compile(
    r"(?:都|府|県|市)?(?:[^\s。、!?]{0,4}?)?(?:に住(?!みた|もう|め)|にすん|にすみ(?!た)|在住|から(?!近|遠|通|の(?:距離|時間))|出身|住まい|ずまい|で働|ではたら|勤務|で(?:暮ら|くら)して)"
)
_ENGLISH_RESIDENCE = re.compile(r"(?:from|live in|living in|based in|resident of)\s+$", re.IGNORECASE)
_DESK = re.compile(
    r".{0,8}?(?:窓口|まどぐち|相談|そうだん|センター|対面|面談|話を聞|desk|office|consult)", re.IGNORECASE
)
# 「高盛町」 or 「山が市」 for 高森町 and 山鹿市: right by its sound, wrongly converted.
_CONVERTED = re.compile(r"[一-鿿々ぁ-ゖ]{2,5}(?=[市町村])")
_SUFFIX_SOUND = re.compile(r"(?:し|まち|ちょう|むら|そん)$")
_VOICED = str.maketrans(
    "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽ", "かきくけこさしすせそたちつてとはひふへほはひふへほ"
)
# What can be the first half of an unknown place's name; a word of kana only where no everyday word is one (「ぽん」).
_NAME_POS = frozenset({"名詞", "副詞", "感動詞"})
_KANA_NAME_POS = frozenset({"副詞", "感動詞"})
_NO_NAME = re.compile(r"(?:[こそあど](?:げ|が)ん|[市町村]長?$|.*[間年月日数]$)")
_OWN_DESK = re.compile(r"(?:県)?(?:の|で|にある|側の)?(?:移住)?(?:相談)?(?:窓口|まどぐち|デスク)")


@dataclass(frozen=True)
class _Scene:
    """A text with what is known of it: katakana folded, words by start, ends of words, closed blanks."""

    text: str
    folded: str
    starts: Dict[int, Word]
    ends: Set[int]
    gaps: FrozenSet[int]


class PlaceFinder:
    """`lexicon` is what `nlu.components.lexicon.build` returned."""

    def __init__(self, lexicon: Dict[str, Any]) -> None:
        self._index = index(lexicon["forms"])
        self._single = [form for form in lexicon["forms"] if len(form["text"]) == 1]
        self._desks: List[str] = lexicon["desks"]
        self._own: str = lexicon["own"]
        self._stems = _stems(lexicon["forms"])
        self._sounds = {
            (_sound(_SUFFIX_SOUND.sub("", form["text"])), form["value"][-1]): form["value"]
            for form in lexicon["forms"]
            if form["entity"] == "municipality" and form["matched_as"] == "reading"
        }

    def find(self, text: str, cut: Sequence[Word], gaps: FrozenSet[int] = frozenset()) -> List[Entity]:
        """Entities of a normalised text and its words (`cut`), in order; offsets in `text`. Linear in its length.

        `gaps`: places of `text` where the resident left a blank that normalising closed.
        """
        scene = _Scene(text, hiragana(text), {word.start: word for word in cut}, {word.end for word in cut}, gaps)
        found: List[Entity] = []
        at = 0
        while at < len(text):
            form = self._match(scene, at, found[-1]["end"] if found else 0)
            if form is None:
                at += 1
                continue
            end = at + len(form["text"])
            found.append(self._entity(form, text, at, end))
            at = end
        found = self._own_desk(text, _settle(self._misconverted(scene, found), text))
        return sorted([*found, *_unknown(text, cut, found)], key=lambda entity: entity["start"])

    def _misconverted(self, scene: _Scene, found: List[Entity]) -> List[Entity]:
        """With the names that are ours by their sound only, where no other name was found."""
        taken = {at for entity in found for at in range(entity["start"], entity["end"])}
        for match in _CONVERTED.finditer(scene.text):
            end = match.end() + 1
            if scene.text.startswith("市町村", match.end()):
                continue  # 「合う市町村」
            for start in range(match.start(), match.end() - 1):
                if start not in scene.starts or not taken.isdisjoint(range(start, end)):
                    continue
                name = scene.text[start : end - 1]
                if not _HAN.search(name):
                    continue
                value = self._sounds.get((_sound(reading(words(name))), scene.text[end - 1]))
                value = value or self._one_wrong(scene, start, end)
                if value:
                    text = scene.text[start:end]
                    found.append(
                        {"entity": "municipality", "value": value, "text": text, "start": start, "end": end,
                         "matched_as": "misconversion"}
                    )  # fmt: skip
                    taken.update(range(start, end))
                    break
        return sorted([*found, *self._bare(scene, taken)], key=lambda entity: entity["start"])

    def _bare(self, scene: _Scene, taken: Set[int]) -> Iterator[Entity]:
        """「菊用に住みたい」: two characters, one of them wrong, that sound like a name without its 市, 町 or 村."""
        for at in range(len(scene.text) - 1):
            names = [*self._stems.get((0, scene.text[at]), ()), *self._stems.get((1, scene.text[at + 1]), ())]
            text = scene.text[at : at + 2]
            if not names or at not in scene.starts or at + 2 not in scene.ends or not all(map(_HAN.match, text)):
                continue
            rest = scene.text[at + 2 : at + 26]
            new = at + 1 in scene.starts and not _HAN.match(scene.text[at - 1 : at]) and bool(_PARTICLE.match(rest))
            if not taken.isdisjoint((at, at + 1)) or not (new or _stands_as_place(rest)):
                continue
            sound = _sound(reading(words(text)))
            for value in {value for stem, kana, value in names if kana == sound and stem != text}:
                yield {"entity": "municipality", "value": value, "text": text, "start": at, "end": at + 2,
                       "matched_as": "misconversion"}  # fmt: skip

    def _one_wrong(self, scene: _Scene, start: int, end: int) -> str | None:
        """「球魔村」: an official name but for one character, unless it is a place of its own (「菊川市」)."""
        first = scene.starts[start]
        if "地名" in first.pos and len(first.surface) > 1:
            return None
        text = scene.text[start:end]
        near = [
            name
            for name in set(self._sounds.values())
            if all(map(_HAN.match, text))
            and len(name) == len(text) > 2
            and name[-1] == text[-1]
            and sum(map(str.__ne__, name, text)) == 1
        ]
        return near[0] if len(near) == 1 else None

    def _match(self, scene: _Scene, at: int, last: int) -> Form | None:
        """`last`: where the name before ended; 「上天草と天草」 are two of a kind."""
        listed = 0 < last == at - 1 and scene.text[last] in _LISTING
        for form in self._index.get(scene.folded[at : at + 2].lower(), ()):
            if self._fits(form, scene, at) and (_evident(form, scene, at) or (listed and form["script"] == "kanji")):
                return form
        for form in self._single:
            if scene.text[at] == form["text"] and _evident(form, scene, at):
                return form
        return None

    @staticmethod
    def _fits(form: Form, scene: _Scene, at: int) -> bool:
        name = form["text"]
        if form["script"] == "kana":
            return scene.folded.startswith(name, at)
        if form["script"] == "latin":
            return scene.text[at : at + len(name)].lower() == name
        return scene.text.startswith(name, at)

    def _entity(self, form: Form, text: str, start: int, end: int) -> Entity:
        entity: Entity = {
            "entity": form["entity"],
            "value": form["value"],
            "text": text[start:end],
            "start": start,
            "end": end,
            "matched_as": form["matched_as"],
        }
        for key in ("candidates", "default"):
            if key in form:
                entity[key] = form[key]
        if form["entity"] == "prefecture":
            rest = text[end : end + 24]
            short = form["value"] if form["value"] == "北海道" else form["value"][:-1]
            if _RESIDENCE.match(rest) or _ENGLISH_RESIDENCE.search(text[max(0, start - 16) : start]):
                entity["entity"] = "residence"
            elif short in self._desks and _DESK.match(rest):
                entity["entity"], entity["value"] = "desk", short
        return entity

    def _own_desk(self, text: str, found: List[Entity]) -> List[Entity]:
        """「○○の窓口」: the prefecture's own name is an entity only where a desk follows it."""
        short = self._own[:-1]
        if short not in self._desks:
            return found
        taken = {at for entity in found for at in range(entity["start"], entity["end"])}
        for match in re.finditer(re.escape(short), text):
            start, end = match.span()
            if start not in taken and _OWN_DESK.match(text, end):
                found.append(
                    {"entity": "desk", "value": short, "text": short, "start": start, "end": end, "matched_as": "alias"}
                )
        return sorted(found, key=lambda entity: entity["start"])


def _unknown(text: str, cut: Sequence[Word], found: List[Entity]) -> List[Entity]:
    """Names of a 市, 町 or 村 that the dictionary lacks: `matched_as` is `gazetteer` where Sudachi knows the
    place (「糸島市」), `shape` where it only looks like one (「ぽんぽこ町」)."""
    taken = {at for entity in found for at in range(entity["start"], entity["end"])}
    unknown: List[Entity] = []
    for number, word in enumerate(cut):
        if word.surface[-1] not in "市町村" or not (_PARTICLE.match(text, word.end) or word.end == len(text)):
            continue
        if _RESIDENCE.match(text, word.end):
            continue
        start, known = word.start, "地名" in word.pos and len(word.surface) > 1
        if len(word.surface) == 1:
            start = _name_start(cut, number)
        elif not known:
            continue
        if start < word.end - 1 and taken.isdisjoint(range(start, word.end)):
            name = text[start : word.end]
            unknown.append(
                {"entity": "unknown_place", "value": name, "text": name, "start": start, "end": word.end,
                 "matched_as": "gazetteer" if known else "shape"}
            )  # fmt: skip
    return unknown


def _name_start(cut: Sequence[Word], number: int) -> int:
    """Where the name begins that ends in the word `number`, a bare 市, 町 or 村; its own start for none."""
    start = cut[number].start
    for word in reversed(cut[max(0, number - 2) : number]):
        kana = hiragana(word.surface) == word.surface and _KANA.match(word.surface)
        if word.end != start or word.pos[0] not in (_KANA_NAME_POS if kana else _NAME_POS) or "数詞" in word.pos:
            break
        if _NO_NAME.match(word.surface):
            return cut[number].start
        start = word.start
    return start


def _stems(forms: List[Form]) -> Dict[Tuple[int, str], List[Tuple[str, str, str]]]:
    """Official names of two characters and a 市, 町 or 村, by each of the two: (name without it, its sound, name)."""
    found: Dict[Tuple[int, str], List[Tuple[str, str, str]]] = {}
    readings = {form["value"]: form["text"] for form in forms if form["matched_as"] == "reading"}
    for form in forms:
        if form["matched_as"] == "name" and form["entity"] == "municipality" and len(form["text"]) == 3:
            stem, sound = form["text"][:2], _sound(_SUFFIX_SOUND.sub("", readings[form["value"]]))
            for place, char in enumerate(stem):
                if len(sound) > 2:
                    found.setdefault((place, char), []).append((stem, sound, form["value"]))
    return found


def _sound(kana: str) -> str:
    return kana.translate(_VOICED)


def _evident(form: Form, scene: _Scene, at: int) -> bool:
    """Whether the name at `at` means the place."""
    text, starts = scene.text, scene.starts
    end = at + len(form["text"])
    before, rest = text[at - 1 : at], text[end : end + 24]
    if not text[:at].strip() and not rest.strip("。!? \n市町村"):
        return True  # the whole message
    if form["entity"] == "programme":
        return True
    if form["script"] == "latin":
        return _latin_evident(form, text, at, end, before, rest)
    if form["script"] == "kana":
        return _kana_evident(form, scene, at, end, before)
    if form["full"]:
        return at in starts or not _HAN.match(before) or before in "郡県市都府旧元現"
    if rest.startswith("駅") and at in starts:
        return True  # Sudachi keeps 「松橋駅」 in one
    if form["matched_as"] == "ward" and before in ("市", "都"):
        return False
    word = starts.get(at)
    if word is None and re.match("[ぁ-ん]", before) and _stands_as_place(rest):
        return True  # 「やけん玉名に帰る」, where Sudachi finds a けん玉
    if word is None or end not in scene.ends:
        return False
    if _HONORIFIC.match(rest) and word.end <= end and "人名" in word.pos:
        return False
    if "地名" in word.pos or word.end < end:
        return True
    alone = not before.strip("。!?、 \n") and bool(_IT_IS.match(rest))
    if _HOME.search(text[max(0, at - 8) : at]) or alone:
        return True
    if "人名" in word.pos or "固有名詞" in word.pos:
        return not rest or bool(_PARTICLE.match(rest)) or not (_HAN.match(rest[0]) or _KANA.match(rest[0]))
    return form["matched_as"] != "city" and not _HAN.match(before) and _stands_as_place(rest)


def _latin_evident(form: Form, text: str, at: int, end: int, before: str, rest: str) -> bool:
    if (before.isascii() and before.isalpha()) or (rest[:1].isascii() and rest[:1].isalpha()):
        return False
    if re.search(r"\b(?:mt|mount)[. ]+$", text[:at], re.IGNORECASE):
        return False  # a mountain of that name
    return form["full"] or text[at].isupper() or end - at > 5


def _kana_evident(form: Form, scene: _Scene, at: int, end: int, before: str) -> bool:
    name = form["text"]
    if form["full"] and len(name) >= 5:
        return True
    if _HAN.match(before) and at not in scene.starts:
        return False  # the end of a verb: 「通うとしたら」
    changed = before != "ー" and (before == hiragana(before)) != (scene.text[at] == scene.folded[at])
    free = at in scene.gaps or changed or not _KANA.match(before or "。") or hiragana(before) in _BEFORE_KANA
    following = scene.folded[end : end + 24]
    closed = end in scene.gaps or not _KANA.match(following[:1] or "。") or bool(_PARTICLE.match(following))
    if not free or not closed:
        return False
    if form["full"]:
        return True
    if (at == 0 or at in scene.gaps) and end + 1 in scene.gaps and following[:1] in _CASE and name not in _EVERYDAY:
        return True  # 「たまなに よるでも…」: a name with its particle, between blanks
    if len(name) <= 3 or name in _EVERYDAY:
        return _stands_as_place(following)
    return not _HONORIFIC.match(following)


def _stands_as_place(rest: str) -> bool:
    return bool(_PARTICLE.match(rest)) and bool(_PLACE_CONTEXT.match(rest) or _FROM_TO.match(rest))


def _settle(found: List[Entity], text: str) -> List[Entity]:
    """Drops a county before its own town (球磨郡錦町), and a town of ours after another prefecture (宮城県松島町)."""
    result: List[Entity] = []
    for entity in found:
        last = result[-1] if result else None
        between = text[last["end"] : entity["start"]] if last else ""
        if last and entity["entity"] == "municipality":
            if last["entity"] == "region" and last["matched_as"] == "county" and not between:
                result.pop()
            elif last["entity"] in ("prefecture", "residence", "desk") and between in ("", "の", "県", "県の"):
                continue
        result.append(entity)
    return result
