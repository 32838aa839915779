"""Text as residents type it, made comparable; and its words, as GiNZA cuts them.

Standard library and SudachiPy only: it is imported in the engine's environment and in the app's.

`normalise("ｱｷﾔ　さがすーー😊")` → text `アキヤさがすー`, with each character's place in the original.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

_PIECE = 4000  # characters given to Sudachi at once; it refuses more than about 49,000 bytes
_KANA = re.compile(r"[ぁ-ゖゝゞァ-ヺヽヾー]")
_KATAKANA = re.compile(r"[ァ-ヺー]+")
_LEAST_RUN = 8  # shorter unknown katakana are new words and names
_JAPANESE = re.compile(r"[ぁ-ゖァ-ヺ一-鿿々]")
_LINE_EMOJI = re.compile(r"\([a-z]{2,12}(?: [a-z]{2,12}){0,2}\)")
# Characters of Chinese that Japanese does not write: without kana, one of them tells the two apart.
_CHINESE = frozenset("你您妳们們吗嗎这吧么麼补贴问关谁哪怎给没为务岁时对进过还让从东车长门开听说")
_DASHES = frozenset("~〜-‐‑‒–—―─")  # written for ー after kana
_REPEATED_MARKS = frozenset("!?。、.,・…ー♪☆★※=*_#笑")
# Radicals that PDFs leave in text and NFKC leaves as they are.
_RADICALS = str.maketrans("⺠⻄⻘⻑⻝⻤⻩⻨⻯⼾", "民西青長食鬼黄麦竜戸")
_KEY = re.compile(r"[\s。、.,!?・…ー]+")
_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_TO_KATAKANA = {code - 0x60: code for code in range(ord("ァ"), ord("ヶ") + 1)}


@dataclass(frozen=True)
class Normalised:
    """`text` and, for each of its characters, the half-open range of `original` it came from."""

    original: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def gaps(self) -> frozenset[int]:
        """Places in `text` before which something of the original was left out, a closed blank mostly."""
        return frozenset(at for at in range(1, len(self.text)) if self.ends[at - 1] < self.starts[at])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The range of `original` behind `text[start:end]`; an empty range for an empty one."""
        if not self.text or start >= end or start >= len(self.text):
            at = self.starts[start] if start < len(self.starts) else len(self.original)
            return at, at
        return self.starts[start], self.ends[min(end, len(self.text)) - 1]


class Word(NamedTuple):
    """One Sudachi morpheme (mode C). `start`/`end` are offsets into the text that was cut."""

    surface: str
    start: int
    end: int
    lemma: str
    norm: str
    reading: str  # katakana; the surface itself where the dictionary has none
    pos: tuple[str, ...]  # four levels, e.g. ("名詞", "固有名詞", "地名", "一般")
    known: bool = True  # to the dictionary


Cell = tuple[str, int, int]  # a character with its range in the original


def normalise(text: str, *, close: bool = True) -> Normalised:
    """NFKC; control, zero-width, bidi and emoji characters out; long vowels and repeats shortened;
    blanks between kana closed; a leading `/` (a command to Rasa) off. Never raises; linear in length.

    Line breaks stay (one each), for they part clauses. May return an empty text. `close=False` leaves
    the blanks between kana (「やまだ はなこ」), for text that is shown or stored.
    """
    cells = _compose(text)
    cells = _drop_line_emoji(cells)
    cells = _long_vowels(cells)
    cells = _blanks(cells, close)
    cells = _repeats(cells)
    first = 0
    while first < len(cells) and cells[first][0] in "/ \n":
        first += 1
    cells = cells[first:]
    return Normalised(
        text,
        "".join(cell[0] for cell in cells),
        tuple(cell[1] for cell in cells),
        tuple(cell[2] for cell in cells),
    )


def _compose(text: str) -> list[Cell]:
    """NFKC by groups of a base and what combines with it, so that each result knows its origin."""
    cells: list[Cell] = []
    start, length = 0, len(text)
    while start < length:
        end = start + 1
        while end < length and (_joins(text[end]) or not _kept(text[end])):
            end += 1
        # What is left out may stand between a kana and its voicing mark.
        group = "".join(filter(_kept, text[start:end])) if end - start > 1 else text[start:end]
        composed = group if group.isascii() else unicodedata.normalize("NFKC", group).translate(_RADICALS)
        for char in composed:
            kept = _kept(char)
            if kept:
                cells.append((kept, start, end))
        start = end
    return cells


def _joins(char: str) -> bool:
    if char < "\u0300":
        return False
    code = ord(char)
    return code in (0xFF9E, 0xFF9F) or 0x1160 <= code <= 0x11FF or unicodedata.combining(char) != 0


def _kept(char: str) -> str:
    """The character itself, a blank or line break in its place, or nothing."""
    if "!" <= char <= "~" or "ぁ" <= char <= "ヿ" or "一" <= char <= "鿿":
        return char
    if char in "\n\r\u2028\u2029\x0b\x0c\x85":
        return "\n"
    if char.isspace():
        return " "
    category = unicodedata.category(char)
    if category[0] == "C":  # control, format (zero-width, bidi), surrogate, private, unassigned
        return ""
    code = ord(char)
    if 0xFE00 <= code <= 0xFE0F or code == 0x20E3:
        return ""
    if (code >= 0x1F000 and category in ("So", "Sk")) or (0x2600 <= code <= 0x27BF and char not in "☆★"):
        return " "
    return char


def _drop_line_emoji(cells: list[Cell]) -> list[Cell]:
    """LINE's own emoji arrive as `(love)`. In English text a bracketed word is just that."""
    text = "".join(cell[0] for cell in cells)
    if "(" not in text:
        return cells
    rest = _LINE_EMOJI.sub("", text)
    if rest.strip() and not _JAPANESE.search(rest):
        return cells
    result: list[Cell] = []
    last = 0
    for match in _LINE_EMOJI.finditer(text):
        result += cells[last : match.start()]
        result.append((" ", cells[match.start()][1], cells[match.end() - 1][2]))
        last = match.end()
    return result + cells[last:]


def _long_vowels(cells: list[Cell]) -> list[Cell]:
    """「すご〜い」「すご-い」 → 「すごーい」: a dash after kana lengthens it, unless a number follows."""
    result: list[Cell] = []
    for index, (char, start, end) in enumerate(cells):
        if char in _DASHES and result and _KANA.match(result[-1][0]):
            following = cells[index + 1][0] if index + 1 < len(cells) else ""
            if not following.isdigit():
                char = "ー"
        result.append((char, start, end))
    return result


def _repeats(cells: list[Cell]) -> list[Cell]:
    """Repeated marks and small kana become one, any other letter at most three. Digits stay."""
    result: list[Cell] = []
    run = 0
    for char, start, end in cells:
        run = run + 1 if result and result[-1][0] == char else 1
        most = 1 if char in _REPEATED_MARKS or char in "ぁぃぅぇぉっァィゥェォッ" else 3
        if run > most and not char.isdigit() and char not in " \n":
            result[-1] = (char, result[-1][1], end)
        else:
            result.append((char, start, end))
    return result


def _blanks(cells: list[Cell], close: bool) -> list[Cell]:
    """Runs of blanks become one (a line break if one is in it), none at the ends or, if closed, between kana."""
    result: list[Cell] = []
    blank: Cell | None = None
    for cell in cells:
        if cell[0] in " \n":
            first = blank or cell
            blank = ("\n" if "\n" in (first[0], cell[0]) else " ", first[1], cell[2])
            continue
        if blank is not None:
            kana = close and result and _KANA.match(result[-1][0]) and _KANA.match(cell[0])
            if result and (blank[0] == "\n" or not kana):
                result.append(blank)
            blank = None
        result.append(cell)
    return result


def hiragana(text: str) -> str:
    return text.translate(_TO_HIRAGANA)


def katakana(text: str) -> str:
    return text.translate(_TO_KATAKANA)


_local = threading.local()
_dictionary_lock = threading.Lock()
_dictionary: list[Any] = []


def _tokenizer() -> Any:  # SudachiPy has no types
    """GiNZA's own settings: the core dictionary, mode C. One tokenizer a thread: it can't be shared."""
    if not hasattr(_local, "tokenizer"):
        from sudachipy import Dictionary, SplitMode

        with _dictionary_lock:
            if not _dictionary:
                _dictionary.append(Dictionary())
        _local.tokenizer = _dictionary[0].create(mode=SplitMode.C)
    return _local.tokenizer


def words(text: str) -> list[Word]:
    """Cuts `text` as GiNZA 5.2 does; blanks are left out. Offsets refer to `text`. Never raises."""
    result: list[Word] = []
    for offset in range(0, len(text), _PIECE):
        piece = text[offset : offset + _PIECE].encode("utf-8", "replace").decode()
        for morpheme in _tokenizer().tokenize(piece):
            surface = morpheme.surface()
            if not surface or surface.isspace():
                continue
            result.append(
                Word(
                    surface,
                    offset + morpheme.begin(),
                    offset + morpheme.end(),
                    morpheme.dictionary_form() or surface,
                    morpheme.normalized_form(),
                    morpheme.reading_form() or surface,
                    morpheme.part_of_speech()[:4],
                    not morpheme.is_oov(),
                )
            )
    return result


def respelled(cut: Sequence[Word]) -> list[Word]:
    """The words; a run of katakana that no dictionary has (「バスナンジマデアリマスカ」) cut again as hiragana."""
    result: list[Word] = []
    for word in cut:
        if word.known or len(word.surface) < _LEAST_RUN or not _KATAKANA.fullmatch(word.surface):
            result.append(word)
            continue
        parts = words(hiragana(word.surface))
        result += [part._replace(start=word.start + part.start, end=word.start + part.end) for part in parts]
    return result


def reading(cut: list[Word]) -> str:
    """What the words sound like, in hiragana; marks are left out, latin words stay (lower case)."""
    parts = []
    for word in cut:
        if word.pos[0] in ("補助記号", "空白"):
            continue
        parts.append(word.surface.lower() if word.surface.isascii() else hiragana(word.reading))
    return "".join(parts)


def key(text: str) -> str:
    """A normalised text without marks, blanks and case: two with one key are the same sentence."""
    return _KEY.sub("", text).lower()


def language(text: str) -> str:
    """`ja`, `en` or `other`, by script: a message with kana is Japanese, whatever else is in it."""
    counts = {"kana": 0, "han": 0, "latin": 0, "other": 0}
    for char in text:
        if _KANA.match(char):
            counts["kana"] += 1
        elif "一" <= char <= "鿿" or char == "々":
            counts["han"] += 1
        elif char.isascii():
            counts["latin"] += char.isalpha()
        elif char.isalpha():
            counts["other"] += 1
    if counts["other"] > counts["kana"] + counts["han"] and counts["other"] * 5 > counts["latin"]:
        return "other"
    if counts["han"] and not counts["kana"] and _CHINESE.intersection(text):
        return "other"
    if counts["kana"] or counts["han"]:
        return "ja"
    return "en" if counts["latin"] else "ja"
