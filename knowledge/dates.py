"""Dates as people read them: both calendars in Japanese, months in words in English."""

from __future__ import annotations

import calendar
import datetime as dt

_ERAS = ((dt.date(2019, 5, 1), "令和"), (dt.date(1989, 1, 8), "平成"), (dt.date(1926, 12, 25), "昭和"))


def era_year(day: dt.date) -> str:
    """`令和4年`; the first year is 元年."""
    for start, name in _ERAS:
        if day >= start:
            year = day.year - start.year + 1
            return f"{name}{'元' if year == 1 else year}年"
    return f"{day.year}年"


def spoken(partial: str, locale: str) -> str:
    """A partial ISO date in words: `2022-12` → 2022年（令和4年）12月, or `December 2022`."""
    parts = [int(part) for part in partial.split("-")]
    if locale == "en":
        words = [str(parts[0])]
        if len(parts) > 1:
            words.insert(0, calendar.month_name[parts[1]])
        if len(parts) > 2:
            words.insert(0, str(parts[2]))
        return " ".join(words)
    last = dt.date(parts[0], parts[1] if len(parts) > 1 else 12, parts[2] if len(parts) > 2 else 28)
    tail = "".join(f"{value}{unit}" for value, unit in zip(parts[1:], ("月", "日"), strict=False))
    return f"{parts[0]}年（{era_year(last)}）{tail}"


def older_than(partial: str, today: dt.date, months: int) -> bool:
    """Whether the whole span a partial date names lies more than `months` before `today`."""
    parts = [int(part) for part in partial.split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    return (today.year * 12 + today.month) - (year * 12 + month) > months
