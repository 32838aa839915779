"""Where somebody lived, against where a rule wants people to come from: years in all, and without a break."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise
from typing import Literal

from dateutil.relativedelta import relativedelta

from knowledge.facts_told import Facts, Period
from knowledge.kleene import Value, all_of, any_of, no
from knowledge.rules import Area, Residence

_PREFECTURE = re.compile(r".{2,3}[都道府県]")


def residence(node: Residence, area: Area | None, facts: Facts) -> Value:
    """Whether the periods told reach the years: surely (only sure periods count), perhaps, or not at all."""
    periods: list[Period] | None = facts.get(node.residence)
    if periods is None or area is None:
        return None
    move = facts.date(node.before)
    kinds = [(period, _counts(period, area, node.insured)) for period in periods]
    surely = _reaches(node, [(p, value is True) for p, value in kinds], move, sure=True)
    perhaps = _reaches(node, [(p, value is not False) for p, value in kinds], move, sure=False)
    return True if surely and move else (None if perhaps else False)


def _counts(period: Period, area: Area, insured: bool) -> Value:
    """Whether a period counts: in the centre, or around it with the way to work or university in the centre."""
    where = place_in(period.lived, area)
    if where in ("centre", "outside"):
        return where == "centre"
    commuted: Value = period.commute_23
    if insured and commuted is not False:
        commuted = all_of([commuted, any_of([no(period.employee), period.insured])])
    # Studying only adds; who says they did not commute has not to be asked about it.
    studied = period.study_23 if period.study_23 is not None or period.commute_23 is None else False
    value = any_of([commuted, studied])
    return value if where == "around" else all_of([value, None])


def place_in(lived: str, area: Area) -> Literal["centre", "around", "outside", "unknown"]:
    """Where a place of residence lies; a prefecture alone, or a town without its prefecture, is unknown."""
    for prefecture, names in area.centre.items():
        rest = lived.removeprefix(prefecture)
        # Without the prefecture only the name itself: 「中央区」, not 「中央区…」 which may be any city's.
        inside = rest in names if rest == lived else any(rest.startswith(name) for name in names)
        if inside or rest in area.centre_names:
            return "centre"
    for prefecture in area.around:
        if lived.startswith(prefecture):
            rest = lived.removeprefix(prefecture)
            if not rest:
                return "unknown"
            away = any(rest.endswith(name) or rest.startswith(name) for name in area.except_.get(prefecture, []))
            return "outside" if away else "around"
    return "outside" if _PREFECTURE.match(lived) else "unknown"


def _reaches(node: Residence, kinds: list[tuple[Period, bool]], move: dt.date | None, *, sure: bool) -> bool:
    end = (move or dt.date.max) - relativedelta(days=1)
    start = move - relativedelta(years=node.window_years) if move else dt.date.min
    spans = _merged(kinds, start if not node.continuous else dt.date.min, end, sure)
    if not node.continuous:
        return _long_enough([(a, b) for a, b, _ in spans], node.years)
    earliest_end = end - relativedelta(months=node.commute_slack_months)
    return any(
        _long_enough([(a, b)], node.years)
        for a, b, commute in spans
        if move is None or b == end or (commute and b >= earliest_end)
    )


def _merged(
    kinds: list[tuple[Period, bool]], start: dt.date, end: dt.date, sure: bool
) -> list[tuple[dt.date, dt.date, bool]]:
    """Runs (first day, last day, of a commute at its end) that count. On days told twice: surely if all say so."""
    day = relativedelta(days=1)
    cut = []
    for period, counts in kinds:
        last = min(period.to or end, end)
        first = max(period.from_ or (last if sure else start), start)
        if first <= last:
            cut.append((first, last, counts, bool(period.commute_23)))
    edges = sorted({first for first, *_ in cut} | {_after(last) for _, last, *_ in cut})
    runs: list[tuple[dt.date, dt.date, bool]] = []
    for left, right in pairwise(edges):
        said = [(counts, commute) for first, last, counts, commute in cut if first <= left and last >= right - day]
        if said and (all if sure else any)(counts for counts, _ in said):
            commute = any(commute for counts, commute in said if counts)
            joined = bool(runs) and _after(runs[-1][1]) == left
            runs.append((runs.pop()[0] if joined else left, right - day, commute))
    return runs


def _after(day: dt.date) -> dt.date:
    return day if day == dt.date.max else day + relativedelta(days=1)


def _long_enough(spans: list[tuple[dt.date, dt.date]], years: int) -> bool:
    """Whether the spans, laid end to end up to the last one's end, reach back that many years by the calendar."""
    if not spans:
        return False
    end = _after(spans[-1][1])
    days = sum((_after(last) - first).days for first, last in spans)
    return days >= (end - (end - relativedelta(years=years))).days
