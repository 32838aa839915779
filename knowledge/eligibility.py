"""Can this household get it? Three values (yes, no, unknown), combined by Kleene's logic over a rule's cited clauses.

Told facts only ever settle what was unknown: a fact more never changes a settled clause. What a rule presumes is
listed. A day that no version covers is answered `unknown`, with what the newest version would give beside it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from dateutil.relativedelta import relativedelta

from knowledge import facts_told
from knowledge.facts_told import Facts, Period
from knowledge.kleene import Value, all_of, any_of, no
from knowledge.residence import place_in, residence
from knowledge.rules import (
    All,
    Clause,
    Closed,
    Either,
    Expression,
    Fact,
    If,
    InPlace,
    Is,
    Not,
    Of,
    People,
    Residence,
    Rule,
    Share,
    Told,
    Unverifiable,
    Version,
    Within,
    facts_of,
    nodes,
)

Verdict = Literal["yes", "no", "unknown"]
WORDS: dict[Value, Verdict] = {True: "yes", False: "no", None: "unknown"}


@dataclass(frozen=True)
class Weighed:
    """A clause and its value for one household."""

    clause: Clause
    value: Value


@dataclass(frozen=True)
class LastKnown:
    """What the newest known version would give on a day that none covers."""

    fiscal_year: int
    verdict: Verdict
    amount_yen: int | None
    amount_range_yen: tuple[int, int] | None


@dataclass(frozen=True)
class Result:
    """`amount_yen` whole yen, None unless yes and certain; `missing` facts, most decisive first."""

    rule: Rule
    version: Version | None
    verdict: Verdict
    clauses: list[Weighed]
    missing: list[str]
    presumed: list[str]
    amount_yen: int | None = None
    amount_range_yen: tuple[int, int] | None = None
    apply_by: dt.date | None = None
    closed: list[Closed] = field(default_factory=list)
    last_known: LastKnown | None = None

    @property
    def next_question(self) -> str | None:
        return self.missing[0] if self.missing else None


def evaluate(rule: Rule, facts: Facts, on: dt.date) -> Result:
    """The verdict on the day `on`, by the version that holds then; planned for later, by both that hold."""
    version = version_of(rule, on)
    known = version or (rule.versions[-1] if rule.versions else None)
    weigher = _Weigher(rule, facts)
    weighed = weigher.weigh(known.requires if known else [clause.id for clause in rule.clauses])
    value = all_of(one.value for one in weighed)
    amount, span = _amount(rule, known, facts) if value else (None, None)
    missing = _missing(rule, weigher, weighed, value)
    apply_day = facts.date("apply_date")
    later_unknown = value is True and apply_day is not None and apply_day > on and not version_of(rule, apply_day)
    last_known = None
    if known and (version is None or later_unknown):
        last_known = LastKnown(known.fiscal_year, WORDS[value], amount, span)
        value, amount, span = None, None, None
    read = {name for one in weighed for name in weigher.reads(one.clause)}
    return Result(
        rule=rule,
        version=version,
        verdict=WORDS[value],
        clauses=weighed,
        missing=missing,
        presumed=[fact.name for fact in rule.facts if fact.name in facts.presumed and fact.name in read],
        amount_yen=amount,
        amount_range_yen=span,
        apply_by=_apply_by(rule, facts),
        closed=[one for one in rule.closed if _closed(one, facts, on)],
        last_known=last_known,
    )


def version_of(rule: Rule, on: dt.date) -> Version | None:
    return next((v for v in rule.versions if v.valid_from <= on <= v.valid_to), None)


def _closed(one: Closed, facts: Facts, on: dt.date) -> bool:
    return facts.get("destination") == one.municipality and one.closed_on <= on <= one.until


def _apply_by(rule: Rule, facts: Facts) -> dt.date | None:
    within = rule.apply_within
    since = facts.date(within.since) if within else None
    return since + relativedelta(months=within.months) if within and within.months and since else None


def _missing(rule: Rule, weigher: _Weigher, weighed: list[Weighed], value: Value) -> list[str]:
    """Facts not told on which an open clause hangs: those first that can settle most, then in the rule's order.

    After a verdict of yes, those on which only the amount hangs; after no, none.
    """
    if value is False:
        return []
    facts = weigher.facts
    open_ = [one.clause for one in weighed if one.value is None]
    votes = Counter(name for clause in open_ for name in weigher.lacking(clause.when))
    if value and facts.get("children_ages") is None:
        votes["children_ages"] += 1
    known = {fact.name: place for place, fact in enumerate(rule.facts)}
    settles = {name: _settles(rule, open_, facts, name) for name in votes}
    return sorted(votes, key=lambda name: (-settles[name], -votes[name], known[name]))


def _settles(rule: Rule, open_: list[Clause], facts: Facts, name: str) -> int:
    """How many of the open clauses one answer can settle, at best."""
    fact = next(one for one in rule.facts if one.name == name)
    weighers = [_Weigher(rule, _tried(facts, fact, value)) for value in facts_told.samples(fact)]
    return max((sum(one.clause(clause.id) is not None for clause in open_) for one in weighers), default=0)


def _tried(facts: Facts, fact: Fact, value: object) -> Facts:
    """The facts as if this one were told; one of a period, of every period where it is open."""
    told = {**facts.told, fact.name: value}
    if fact.of_period:
        part = fact.name.partition("[].")[2]
        told[fact.of_period] = [
            period if getattr(period, part) is not None else period.model_copy(update={part: value})
            for period in facts.get(fact.of_period)
        ]
    return Facts(told, facts.presumed, facts.is_ours)


def _open(rule: Rule, facts: Facts, name: str) -> list[str]:
    """The fact, if it is not told; of periods told, `origin[].from` and the like that are still open."""
    told = facts.get(name)
    if told is None:
        return [name]
    if not (isinstance(told, list) and told and isinstance(told[0], Period) and rule.area):
        return []
    found = []
    for period in told:
        where = place_in(period.lived, rule.area)
        if where == "outside":
            continue
        found += ["from"] if period.from_ is None else []
        found += ["lived"] if where == "unknown" else []
        if where != "centre":
            commute = ("commute_23", "employee", "insured") if period.commute_23 is not False else ()
            settled = period.commute_23 and (period.employee is False or period.insured is not None)
            found += [part for part in commute if not settled and getattr(period, part) is None]
    return [f"{name}[].{part}" for part in dict.fromkeys(found)]


def _amount(rule: Rule, version: Version | None, facts: Facts) -> tuple[int | None, tuple[int, int] | None]:
    """Yen, or the least and most where what the municipality adds for children is not known."""
    amounts = version.amounts if version else None
    household = _people(facts, ("adults", "children_ages"), 2)
    if amounts is None or household is None:
        return None, None
    if not household:
        return amounts.single_yen, None
    ages = facts.get("children_ages")
    children = sum(age < amounts.child_under for age in ages or [])
    if ages is not None and (children == 0 or amounts.child_yen_max == 0):
        return amounts.household_yen, None
    each = next(
        (
            one.yen
            for one in rule.per_child
            if version and one.municipality == facts.get("destination") and version.fiscal_year in one.fiscal_years
        ),
        None,
    )
    if ages is None or each is None:
        most = amounts.household_yen + children * amounts.child_yen_max
        return None, (amounts.household_yen, most) if ages is not None else None
    return amounts.household_yen + children * each, None


def _people(facts: Facts, names: tuple[str, str], at_least: int) -> Value:
    adults, ages = facts.get(names[0]), facts.get(names[1])
    fewest = (1 if adults is None else adults) + len(ages or [])
    if fewest >= at_least:
        return True
    return None if adults is None or ages is None else False


class _Weigher:
    """Values of clauses for one household, each reckoned once."""

    def __init__(self, rule: Rule, facts: Facts) -> None:
        self._rule, self.facts = rule, facts
        self._clauses = {clause.id: clause for clause in rule.clauses}
        self._done: dict[str, Value] = {}

    def weigh(self, names: list[str]) -> list[Weighed]:
        return [Weighed(self._clauses[name], self.clause(name)) for name in names]

    def reads(self, clause: Clause) -> set[str]:
        """Facts that the clause reads, itself or by clauses it refers to."""
        below = [self._clauses[node.clause] for node in nodes(clause.when) if isinstance(node, Of)]
        return {*facts_of(clause.when), *(name for one in below for name in self.reads(one))}

    def clause(self, name: str) -> Value:
        if name not in self._done:
            self._done[name] = self.value(self._clauses[name].when)
        return self._done[name]

    def value(self, node: Expression) -> Value:
        match node:
            case All():
                return all_of(map(self.value, node.all))
            case Either():
                return any_of(map(self.value, node.any))
            case Not():
                return no(self.value(node.not_))
            case If():
                return any_of([no(self.value(node.if_)), self.value(node.then)])
            case Of():
                return self.clause(node.clause)
            case Is():
                return self._is(node)
            case Told():
                return bool(self.facts.get(node.told))
            case People():
                return _people(self.facts, node.people, node.at_least)
            case Within():
                return self._within(node)
            case InPlace():
                place = self.facts.get(node.municipality)
                return None if place is None else self.facts.is_ours(place) and place not in node.except_
            case Residence():
                return residence(node, self._rule.area, self.facts)
            case Unverifiable():
                return None

    def lacking(self, node: Expression) -> list[str]:
        """Facts that leave it open; where a choice decides what else matters, only the choice."""
        if self.value(node) is not None:
            return []
        match node:
            case All():
                open_ = [one for one in node.all if self.value(one) is None]
                inner = open_[:1] if isinstance(open_[0], Is) and open_[0].in_ else open_
            case Either():
                inner = node.any
            case Not():
                inner = [node.not_]
            case If():
                inner = [node.then if self.value(node.if_) else node.if_]
            case Of():
                inner = [self._clauses[node.clause].when]
            case _:
                return [name for fact in facts_of(node) for name in _open(self._rule, self.facts, fact)]
        return list(dict.fromkeys(name for one in inner for name in self.lacking(one)))

    def _is(self, node: Is) -> Value:
        told = self.facts.get(node.fact)
        if told is None:
            return None
        if node.in_ is not None:
            return told in node.in_
        if node.on_or_after is not None:
            return bool(told >= node.on_or_after)
        if node.at_least is not None:
            return bool(told >= node.at_least)
        return bool(told)

    def _within(self, node: Within) -> Value:
        day, since = self.facts.date(node.day), self.facts.date(node.since)
        if day is None or since is None:
            return None
        latest = since + relativedelta(months=node.months) if node.months is not None else day
        return since + relativedelta(months=node.at_least_months) <= day <= latest


@dataclass(frozen=True)
class Repayment:
    """What may have to be paid back, and of which shares the event was told (value) or not (None)."""

    repay: Literal["all", "half", "none", "unknown"]
    shares: list[tuple[Share, Value]]


def repayment(rule: Rule, applied_on: dt.date | None, events: dict[str, dt.date | bool | None]) -> Repayment:
    """`events`: the shares' events, by name. An event that was not told has not happened; with none told: unknown."""
    shares = [(share, _due(share, applied_on, events.get(share.event))) for share in rule.repayment]
    for due in ("all", "half"):
        of_this = [value for share, value in shares if share.share == due]
        if True in of_this:
            return Repayment("all" if due == "all" else "half", shares)
        if None in of_this:
            return Repayment("unknown", shares)
    told = any(value is not None for value in events.values())
    return Repayment("none" if told else "unknown", shares)


def _due(share: Share, applied_on: dt.date | None, event: dt.date | bool | None) -> Value:
    if event is None or isinstance(event, bool):
        return bool(event)
    if applied_on is None:
        return None
    last = applied_on + relativedelta(months=share.within_months or 0)
    return applied_on + relativedelta(months=share.from_months) <= event and (
        event <= last if share.inclusive else event < last
    )
