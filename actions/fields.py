"""Reads the fields of the forms out of what a resident wrote.

Each parser takes the turn and returns the value to keep, or None where it reads none. `also_told` collects
what one sentence tells beyond the question that was asked, only where it cannot mean anything else.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from actions import places, told
from actions.context import Turn
from nlu import text as nlu_text
from nlu.facts import EMAIL, PHONE

SKIPPED = "-"
YES = (
    r"はい|ええ|うん|同意|どうい|承諾|了承|了解|承知|(わ|分)かりました|送信|送って|送る|送り|おくる|おくって|お願い|おねがい|いい|良い|よい|よか"
    r"|ok|オーケー|オッケー?|おっけー?|進め?|すすめ?|大丈夫|だいじょうぶ|間違いな[いく]|問題(あり)?(ない|ません)|かま(いません|わない)|合って|あって"
    r"|それで|もちろん|ぜひ|yes|yeah|sure|agreed?|send|correct|fine|go ahead"
)
# A yes and nothing but a yes: whatever else is said (「…できません」「…の前に聞きたい」) is not one.
# Each word is taken as it is first found (`?>`): with other ways to cut it, a long text would take for ever.
AGREED = re.compile(
    rf"(?=.*({YES}))(?>{YES}|この|これ|それ|内容|全部|すべて|とおり|通り|ください|下さい|いたし|致し|いる|ばい|けん"
    r"|\b(i|it|that|this|the|looks?|is|are|please|to|all|good|me|my|with)\b|[でではがをにもとのしてまするみよねわたい、。,.!\s])++",
    re.IGNORECASE | re.DOTALL,
)
REFUSED = re.compile(
    r"(いいえ|いえ[、。]|^いえ$|やめ|いや|だめ|嫌|(同意|送信|承諾)(は|を)?(し(ない|ません|たくな|たくあ|かね)|でき(ない|ません))|no\b|stop|don't|do not|disagree)",
    re.IGNORECASE,
)
SKIP = re.compile(
    r"(スキップ|すきっぷ|飛ばし|とばし|書(か|き)(かない|きません|たくない)|省略|答えたくない|特に(なし|ない)|なし|skip|pass|none|rather not)",
    re.IGNORECASE,
)
TIME = re.compile(
    r"(半年|か月|ヶ月|カ月|ヵ月|か月|年(後|以内|くらい|ぐらい|度|末|明け)?|来年|再来年|今年|今月|来月|春|夏|秋|冬|\d+月|すぐ|早め|急|退職|定年|卒業|"
    r"いつか|そのうち|未定|まだ|決め|きめ|検討|ねん|がつ|らいねん|はる|なつ|あき|ふゆ|month|year|spring|summer|autumn|fall|winter|soon|asap|some ?day|not (sure|decided)|undecided|next|within)",
    re.IGNORECASE,
)
NAME_ENDINGS = re.compile(
    r"(です|と申します|といいます|と言います|ともうします|って言います|でお願いします|だよ|ですよ|でございます|と呼んでください)[。!、 ]*$"
)
NAME_STARTS = re.compile(
    r"^(私は|わたしは|名前は|お名前は|ニックネームは|my name is|i am|i'm|call me)\s*", re.IGNORECASE
)
CORRECTION = re.compile(r"(?P<old>.+?)(じゃなくて|ではなくて?|じゃなく|でなくて?|やなくて|じゃのうて)[、 ]*(?P<new>.+)")


def choice_of(text: str, entries: dict[str, dict[str, Any]]) -> list[str]:
    """Keys whose label or words occur in the text, in the order of the file; a word counts once."""
    rest = _plain(text)
    found = []
    for key, entry in entries.items():
        words = [*entry["label"].values(), *entry.get("words", [])]
        said = [word for word in map(_plain, words) if word and word in rest]
        if said:
            found.append(key)
            rest = rest.replace(max(said, key=len), "")
    return found


def _plain(text: str) -> str:
    return re.sub(r"（.*?）|\s", "", text).lower()


def consent(turn: Turn) -> bool | None:
    """A plain yes, a plain no, or None for anything that has to be asked again."""
    if AGREED.fullmatch(turn.text):
        return True
    return False if REFUSED.search(turn.text) else None


def destination(turn: Turn) -> list[str] | None:
    """Five-digit codes; [] is undecided. An area stands for all its municipalities."""
    found = places.read(turn)
    names = list(found.named)
    for region in turn.values("region"):
        names += [n for n in turn.knowledge.in_region(region) if region in turn.knowledge.regions and n not in names]
    if not names and found.unclear and len(found.unclear[1]) == 1:
        names = found.unclear[1]
    if names:
        return [turn.knowledge.codes[name] for name in names]
    return [] if places.UNDECIDED.search(turn.text) or SKIP.search(turn.text) else None


def interests(turn: Turn) -> dict[str, Any] | None:
    """`topics`: ids; `words`: the resident's own words, at most 200 characters."""
    words = turn.original
    if not turn.text or len(words) > 200:
        return None
    entries = turn.knowledge.phrases["consultation_form"]["interests"]["choices"]
    topics = [entries[key]["topic"] for key in choice_of(turn.text, entries)]
    return {"topics": list(dict.fromkeys(topics)) or turn.topics[:1], "words": words}


def family(turn: Turn) -> str | None:
    if SKIP.fullmatch(turn.text.strip("。. ")):
        return SKIPPED
    return turn.original if turn.text and len(turn.original) <= 200 else None


def timing(turn: Turn) -> str | None:
    return turn.original if TIME.search(turn.text) and len(turn.original) <= 100 else None


def desk(turn: Turn) -> str | None:
    knowledge = turn.knowledge
    for desk_id, entry in knowledge.desks.items():
        names = (desk_id, entry.name.en, entry.name.ja)
        if any(name.lower() in turn.text.lower() for name in names) or desk_id in turn.values("desk"):
            return desk_id
        if any(word in turn.text.lower() for word in (entry.name.en.split()[0].lower(),)):
            return desk_id
    if re.search(r"おまかせ|お任せ|どこでも|どれでも|任せ|分から|わから|any|either", turn.text, re.IGNORECASE):
        topics = (turn.slot("interests") or {}).get("topics") or []
        return knowledge.desk_for(topics, turn.slot("residence")) or knowledge.place.default_desk
    return None


def contact_kind(turn: Turn) -> str | None:
    text = turn.text.lower()
    if re.search(r"メール|めーる|mail", text):
        return "email"
    if re.search(r"電話|でんわ|携帯|phone|call", text):
        return "phone"
    return "none" if re.search(r"画面|がめん|チャット|ここ|chat|here", text) else None


def name(turn: Turn) -> str | None:
    """What was typed, trimmed of 「です」 and the like; any script; 1 to 50 characters."""
    typed = NAME_STARTS.sub("", turn.original.strip())
    typed = re.split(r"[。\n]|、(?=メール|電話|連絡)", typed)[0]
    typed = NAME_ENDINGS.sub("", typed).strip(" 　「」『』\"'")
    readable = nlu_text.normalise(typed).text
    if (
        not readable
        or len(typed) > 50
        or EMAIL.search(typed)
        or PHONE.search(typed)
        or not re.search(r"[^\W\d_]", readable)
    ):
        return None
    return None if re.search(r"[<>{}\\]|https?:", typed) else typed


def contact(turn: Turn, kind: str) -> str | None:
    if kind == "email":
        # As typed: normalising shortens repeats (「hana__ko@」). Blanks around @ and dots are slips.
        typed = unicodedata.normalize("NFKC", turn.original)
        found = EMAIL.search(re.sub(r"\s*@\s*|(?<=\S)\s+(?=\.\S)", lambda gap: gap.group().strip(), typed))
        return found.group(0) if found and len(found.group(0)) <= 254 else None
    found = PHONE.search(re.sub(r"(?<=\d)[ー−‐–](?=\d)", "-", turn.text))
    digits = re.sub(r"\D", "", found.group(0)) if found else ""
    if digits.startswith("81"):
        digits = "0" + digits[2:]
    return digits if len(digits) in (10, 11) else None


def also_told(turn: Turn, wanted: list[str], kind: str | None = None) -> dict[str, Any]:
    """Other fields that one sentence tells plainly (「来年の春に夫婦で阿蘇市へ」).

    `kind` is the way of contact chosen already: only a contact of that kind is taken then.
    """
    found: dict[str, Any] = {}
    named = places.read(turn).named
    if "destination" in wanted and named:
        found["destination"] = [turn.knowledge.codes[name] for name in named]
    found |= {
        name: said
        for name, said in (("timing", told.timing(turn)), ("family", told.family(turn)))
        if said and name in wanted
    }
    if "desk" in wanted and (asked := [d for d in turn.values("desk") if d in turn.knowledge.desks]):
        found["desk"] = asked[0]
    for way, pattern in (("email", EMAIL), ("phone", PHONE)):
        open_way = "contact_kind" in wanted if kind is None else kind == way
        if "contact" in wanted and open_way and pattern.search(turn.text) and (value := contact(turn, way)):
            found |= {"contact_kind": way, "contact": value}
            break
    return found
