"""The names residents use for places and programmes, from knowledge/data; built at training.

A form is a dict: {"text", "script": kanji|kana|latin, "full": has its 市/町/村 (or is as plain),
"entity", "value", "matched_as", and for an ambiguous name "candidates" and "default"}.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set

import yaml

from nlu.text import hiragana, normalise, reading, words

Form = Dict[str, Any]
_SUFFIX = re.compile(r"[市町村区]$")
_SUFFIX_SOUND = re.compile(r"(?:し|まち|ちょう|むら|そん)$")
_KANA = re.compile(r"[ぁ-ゖー]+")
_SAME_SOUND = str.maketrans("づぢ", "ずじ")
_PARTICLES = frozenset("がとにでをはもへのや")
_LEAST_TITLE = 4  # shorter programme titles would match by chance


def build(folder: Path) -> Dict[str, Any]:
    """{"forms": […], "desks": […]}; JSON. Raises OSError or yaml.YAMLError for unreadable data."""
    data = _read(folder / "municipalities.yml")
    country = _read(folder / "prefectures.yml")
    forms: Dict[str, Form] = {}
    # Later forms do not replace earlier ones: ambiguous names come first, bare former names last.
    for form in [
        *_ambiguous(data),
        *_municipalities(data, country),
        *_regions(data),
        *_prefectures(country),
        *_programmes(folder),
    ]:
        forms.setdefault(form["text"], form)
    for form in [form for form in forms.values() if form["script"] == "kana"]:
        written = form["text"].translate(_SAME_SOUND)  # 「おおず」
        forms.setdefault(written, {**form, "text": written})
    return {"forms": list(forms.values()), "desks": country["desks"], "own": country["own"]["name"]}


def _read(path: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text("utf-8"), Loader=loader)  # noqa: S506  # a safe loader either way


def _form(text: str, entity: str, value: str, matched_as: str, full: bool, **more: Any) -> Form:
    script = "kana" if _KANA.fullmatch(text) else "latin" if text.isascii() else "kanji"
    text = text.lower() if script == "latin" else text
    return {
        "text": text,
        "script": script,
        "full": full,
        "entity": entity,
        "value": value,
        "matched_as": matched_as,
        **more,
    }


def _ambiguous(data: Dict[str, Any]) -> Iterator[Form]:
    regions = set(data["regions"])
    names = {municipality["name"] for municipality in data["municipalities"]}
    aliases = {alias for municipality in data["municipalities"] for alias in municipality.get("aliases", ())}
    romaji = {_SUFFIX.sub("", each["name"]): each["romaji"].partition("-")[0] for each in data["municipalities"]}
    for name in data["ambiguous"]:
        text, default = name["text"], name["default"]
        if default in names:
            yield _form(text, "municipality", default, "alias", False)
            continue
        if default == "region" and text in regions:
            yield _form(text, "region", text, "region", False)
            continue
        more = {"candidates": name["candidates"], "default": default}
        # A name for several at once (県北) means nothing else.
        yield _form(text, "ambiguous_place", text, "ambiguous", default == "region", **more)
        if text in romaji:
            yield _form(romaji[text], "ambiguous_place", text, "ambiguous", False, **more)
        sound = reading(words(text))
        if sound in aliases:  # its reading was listed for one of the candidates only
            yield _form(sound, "ambiguous_place", text, "ambiguous", False, **more)


def _municipalities(data: Dict[str, Any], country: Dict[str, Any]) -> Iterator[Form]:
    own = country["own"]["name"]
    others = {each["kana"] for each in country["prefectures"]}  # 「あきた」 is another prefecture
    names = {each["name"] for each in data["municipalities"]}
    wider = {own[:-1], *(name["text"] for name in data["ambiguous"] if name["default"] not in names)}
    for each in data["municipalities"]:
        name = each["name"]
        yield _form(name, "municipality", name, "name", True)
        yield _form(each["kana"], "municipality", name, "reading", True)
        yield from _romaji(each, wider)
        yield from _slips(each)
        for ward in each.get("wards", ()):
            yield _form(ward["name"], "municipality", name, "ward", True)
            yield _form(ward["kana"], "municipality", name, "ward", True)
            yield _form(ward["short"], "municipality", name, "ward", False)
            yield _form(ward["kana"].removeprefix(each["kana"]), "municipality", name, "ward", False)
        for former in each.get("former", ()):
            yield _form(former["name"], "municipality", former["now"], "former", True)
            yield _form(former["kana"], "municipality", former["now"], "former", True)
        for alias in each.get("aliases", ()):
            yield _form(alias, "municipality", name, "alias", bool(re.search(r"[市町村区]内?$", alias)))
    for each in data["municipalities"]:
        for former in each.get("former", ()):
            bare = _SUFFIX.sub("", former["name"])
            if len(bare) > 1:
                yield _form(bare, "municipality", former["now"], "former", False)
            sound = _SUFFIX_SOUND.sub("", former["kana"])
            if len(sound) > 2 and sound not in others:
                yield _form(sound, "municipality", former["now"], "former", False)


def _slips(each: Dict[str, Any]) -> Iterator[Form]:
    """Half converted (「荒お」「あら尾」), and the last character converted to another word (「御船待ち」)."""
    name, stem, sound = each["name"], _SUFFIX.sub("", each["name"]), _SUFFIX_SOUND.sub("", each["kana"])
    for suffix in {"市": ("し", "氏"), "町": ("まち", "待ち", "街", "長"), "村": ("むら",)}[name[-1]]:
        if not _KANA.fullmatch(stem):
            yield _form(stem + suffix, "municipality", name, "misspelling", True)
    if len(stem) == 2 and not _KANA.search(stem):
        for at in range(1, len(sound)):
            for text in (stem[0] + sound[at:], sound[:at] + stem[1]):
                # A word of its own is that word, and 「山と」 is a mountain and.
                if len(words(text)) > 1 and sound[at:] not in _PARTICLES:
                    yield _form(text, "municipality", name, "misspelling", False)


def _romaji(each: Dict[str, Any], wider: Set[str]) -> Iterator[Form]:
    """`wider`: bare names that mean more than the municipality, the prefecture's own among them."""
    base, _, kind = each["romaji"].partition("-")
    english = {"shi": "city", "machi": "town", "cho": "town", "mura": "village"}.get(kind, "town")
    for text in (each["romaji"], f"{base} {kind}", f"{base} {english}"):
        yield _form(text, "municipality", each["name"], "romaji", True)
    if _SUFFIX.sub("", each["name"]) not in wider:
        yield _form(base, "municipality", each["name"], "romaji", False)


def _regions(data: Dict[str, Any]) -> Iterator[Form]:
    for region in data["regions"]:
        for suffix in ("地域", "地方", "方面", "エリア", "郡市"):
            yield _form(region + suffix, "region", region, "region", True)
    for each in data["municipalities"]:
        if each.get("county"):
            yield _form(each["county"], "region", each["region"], "county", True)
            yield _form(reading(words(each["county"])), "region", each["region"], "county", True)


def _prefectures(country: Dict[str, Any]) -> Iterator[Form]:
    for each in country["prefectures"]:
        name = each["name"]
        short = name if name == "北海道" else name[:-1]
        yield _form(name, "prefecture", name, "name", True)
        yield _form(short, "prefecture", name, "alias", False)
        yield _form(each["romaji"], "prefecture", name, "romaji", False)
        if len(each["kana"]) > 3:
            yield _form(each["kana"], "prefecture", name, "reading", False)
        yield _form(f"{short}市", "prefecture", name, "city", True)
        for city in each["cities"]:
            yield _form(city, "prefecture", name, "city", bool(_SUFFIX.search(city)))
            if not _SUFFIX.search(city) and city != "都内":
                yield _form(f"{city}市", "prefecture", name, "city", True)


def _programmes(folder: Path) -> Iterator[Form]:
    """Titles of programme records; files of another shape than expected are left to the validator."""
    for path in sorted((folder / "programme").glob("*.yml")):
        records = _read(path)
        for record in records if isinstance(records, list) else ():
            title = record.get("title") if isinstance(record, dict) else None
            text = title.get("ja") if isinstance(title, dict) else None
            if not isinstance(text, str) or "id" not in record:
                continue
            bare = re.sub(r"[（(「『].*?[）)」』]", "", normalise(text).text).strip()
            for variant in (normalise(text).text, bare):
                if len(variant) >= _LEAST_TITLE:
                    yield _form(variant, "programme", str(record["id"]), "title", True)


def index(forms: List[Form]) -> Dict[str, List[Form]]:
    """Forms by their first two characters (of the folded text), longest first."""
    result: Dict[str, List[Form]] = {}
    for form in sorted(forms, key=lambda form: -len(form["text"])):
        result.setdefault(hiragana(form["text"])[:2], []).append(form)
        if len(form["text"]) == 1:
            result.setdefault(form["text"], [])
    return result
