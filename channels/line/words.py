"""The few words that the LINE channel itself adds to a reply, per locale."""

from __future__ import annotations

import re
from dataclasses import dataclass

PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Words:
    source: str  # with {title}
    as_of: str  # with {date}
    colon: str
    progress_form: str  # with {at} and {of}
    english_dates: bool
    skip: str
    cancel: str
    choose: str
    shortened: str

    def cite(self, title: str, as_of: str) -> str:
        """「出典：title（2022年12月時点）」; `as_of` is a date, a month or a year in ISO form."""
        if not title:
            return ""
        dated = self.as_of.format(date=self._date(as_of)) if as_of else ""
        return self.source.format(title=title) + dated

    def pair(self, label: str, value: str) -> str:
        return f"{label}{self.colon}{value}"

    def progress(self, at: int, of: int) -> str:
        return self.progress_form.format(at=at, of=of)

    def _date(self, as_of: str) -> str:
        found = PARTIAL_DATE.fullmatch(as_of)
        if not found or not 1 <= int(found[2] or 1) <= 12:
            return as_of
        year, month, day = (int(part) if part else None for part in found.groups())
        if self.english_dates:
            return " ".join(str(part) for part in (day, month and MONTHS[month - 1], year) if part)
        return f"{year}年" + (f"{month}月" if month else "") + (f"{day}日" if day else "")


WORDS = {
    "ja": Words(
        source="出典：{title}", as_of="（{date}時点）", colon="：", progress_form="（{at}/{of}）", english_dates=False,
        skip="スキップ", cancel="やめる", choose="次の中からお選びください。",
        shortened="（長いため、途中を省きました。続きは質問を分けてお尋ねください。）",
    ),
    "easy_ja": Words(
        source="情報の もと：{title}", as_of="（{date}の 情報）", colon="：", progress_form="（{at}/{of}）",
        english_dates=False, skip="答えない", cancel="やめる", choose="下から えらんで ください。",
        shortened="（長いので、途中を みじかく しました。1つずつ きいて ください。）",
    ),
    "en": Words(
        source="Source: {title}", as_of=" (as of {date})", colon=": ", progress_form=" ({at}/{of})",
        english_dates=True, skip="Skip", cancel="Cancel", choose="Please choose one of these.",
        shortened="(This answer was shortened. Please ask one question at a time for the rest.)",
    ),
}  # fmt: skip
