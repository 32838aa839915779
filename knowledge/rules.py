"""Rules of eligibility as data: facts, cited clauses, and versions by fiscal year (`knowledge/data/rules/*.yml`).

A clause is an expression over facts. It is parsed here and weighed in `knowledge.eligibility`, by Kleene's logic.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from knowledge.models import Source, Status, Strict, Text

FactType = Literal["periods", "date", "text", "bool", "int", "ages", "choice", "municipality"]


class Choice(Strict):
    value: str | bool | int
    label: Text
    words: list[str] = Field([], description="other words residents choose it with")


class Fact(Strict):
    """What has to be known of a household. `presumed`, or the value of the fact `same_as`, holds until it is told.

    `ask` is its question; `of_period`: it is told with each period of the fact named so.
    """

    name: str
    type: FactType
    meaning: Text
    ask: Text | None = None
    choices: list[Choice] = Field([])
    presumed: Any = None
    same_as: str | None = None
    of_period: str | None = None


class All(Strict):
    all: list[Expression] = Field(min_length=1)


class Either(Strict):
    any: list[Expression] = Field(min_length=1)


class Not(Strict):
    not_: Expression = Field(alias="not")


class If(Strict):
    if_: Expression = Field(alias="if")
    then: Expression


class Of(Strict):
    """The value of another clause."""

    clause: str


class Is(Strict):
    """`{fact: stay_5y}` is true; with `in` one of these; with the others a number or day of at least, at most."""

    fact: str
    in_: list[str] | None = Field(None, alias="in")
    at_least: int | None = None
    on_or_after: dt.date | None = None


class Told(Strict):
    """True only if somebody said so: what is not told counts as no."""

    told: str


class People(Strict):
    """So many people in all, from a count of adults (one at least) and a list of ages."""

    people: tuple[str, str]
    at_least: int


class Within(Strict):
    """`day` is `months` or fewer after `since`, and not before it; `at_least_months` or more, where given."""

    day: str
    since: str
    months: int | None = None
    at_least_months: int = 0


class InPlace(Strict):
    """A municipality of the prefecture, and none of `except`."""

    municipality: str
    except_: list[str] = Field([], alias="except")


class Residence(Strict):
    """Lived in, or commuted from around to, the area, in the periods before the day `before`.

    `years` in all of the last `window_years`, or (`continuous`) without a break up to that day. Of a commute the end may
    lie `commute_slack_months` earlier. `insured`: commutes count only under employment insurance or without an employer.
    """

    residence: str = Field(description="the fact with the periods")
    before: str
    years: int
    window_years: int = 10
    continuous: bool = False
    commute_slack_months: int = 0
    insured: bool = False


class Unverifiable(Strict):
    """Nobody here can tell: the office has to be asked."""

    ask_office: Literal[True]


Expression: TypeAlias = (
    All | Either | Not | If | Of | Is | Told | People | Within | InPlace | Residence | Unverifiable
)  # told apart by their fields


class Clause(Strict):
    """One condition. `inferred`: read only for another prefecture or not at all; it votes, and is marked."""

    id: str
    text: Text
    when: Expression
    sources: list[Source] = Field([])
    quote: str | None = Field(None, max_length=80, description="the source's own words")
    confidence: Literal["seen", "inferred"] = "seen"

    @model_validator(mode="after")
    def seen_somewhere(self) -> Clause:
        if self.confidence == "seen" and not self.sources:
            raise ValueError(f"{self.id}: seen, but no source")
        return self


class PerChild(Strict):
    """What a municipality adds for each child; null = its page says nothing. Holds in the given fiscal years only."""

    municipality: str
    yen: int | None
    fiscal_years: list[int]
    sources: list[Source] = Field(min_length=1)


class Amounts(Strict):
    """Whole yen. `child_yen_max` is the most that a municipality may add for each child under `child_under`."""

    household_yen: int
    single_yen: int
    child_yen_max: int = 0
    child_under: int = 18
    sources: list[Source] = Field(min_length=1)


class Version(Strict):
    """What held in one fiscal year: `requires` names clauses, which all have to be met."""

    fiscal_year: int
    valid_from: dt.date
    valid_to: dt.date
    requires: list[str] = Field(min_length=1)
    amounts: Amounts | None = None

    @model_validator(mode="after")
    def in_order(self) -> Version:
        if self.valid_from > self.valid_to:
            raise ValueError(f"{self.fiscal_year}: valid_from is after valid_to")
        return self


class Area(Strict):
    """Where one has to come from: `centre` by prefecture; `around` it all of some prefectures but for `except`."""

    centre: dict[str, list[str]]
    centre_names: list[str] = Field([], description="words for the whole centre, as residents say them")
    around: list[str]
    except_: dict[str, list[str]] = Field({}, alias="except")


class Closed(Strict):
    """Closed before its time: availability, kept apart from eligibility."""

    municipality: str
    closed_on: dt.date
    until: dt.date = Field(description="the end of the fiscal year it was closed for")
    text: Text
    sources: list[Source] = Field(min_length=1)


class Share(Strict):
    """Of a repayment: what is due when `when` happened within `within_months` of the application."""

    id: str
    share: Literal["all", "half"]
    text: Text
    event: str = Field(description="a day or a yes/no that was told")
    from_months: int = 0
    within_months: int | None = None
    inclusive: bool = Field(False, description="the last day itself still counts")
    sources: list[Source] = Field(min_length=1)
    confidence: Literal["seen", "inferred"] = "inferred"


def _acyclic(clauses: list[Clause]) -> list[Clause]:
    """Raises ValueError for a clause that rests on itself, an unknown one, or an id used twice."""
    known = {clause.id: clause for clause in clauses}
    if len(known) < len(clauses):
        raise ValueError("a clause's id is used twice")
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"a cycle: {' → '.join([*above, name])}")
        if name not in known:
            raise ValueError(f"no clause {name}, named by {above[-1]}")
        if name not in done:
            for node in nodes(known[name].when):
                if isinstance(node, Of):
                    visit(node.clause, (*above, name))
            done.add(name)

    for name in known:
        visit(name, ())
    return clauses


class Rule(Strict):
    """The rule of one programme. Without versions all clauses are asked, whatever the day."""

    programme: str
    topic: str
    title: Text
    facts: list[Fact]
    area: Area | None = None
    clauses: Annotated[list[Clause], AfterValidator(_acyclic)]
    versions: list[Version] = Field([])
    per_child: list[PerChild] = Field([])
    closed: list[Closed] = Field([])
    repayment: list[Share] = Field([])
    record: str | None = Field(None, description="id of the knowledge record that tells of it: text, contact, links")
    status: Status = Field("unknown", description="of the programme itself; an ended one is told as ended")
    max_yen: int | None = Field(None, description="the most that a source names, where no version gives amounts")
    apply_within: Within | None = None
    prepare: list[Text] = Field([], description="what to have ready")
    apply_at: Text

    @model_validator(mode="after")
    def names_exist(self) -> Rule:
        facts, clauses = {fact.name for fact in self.facts}, {clause.id for clause in self.clauses}
        for clause in self.clauses:
            told = {node.told for node in nodes(clause.when) if isinstance(node, Told)}
            if unknown := {*facts_of(clause.when), *told} - facts:
                raise ValueError(f"{clause.id}: no fact {sorted(unknown)}")
            if self.area is None and any(isinstance(node, Residence) for node in nodes(clause.when)):
                raise ValueError(f"{clause.id}: no area is given")
        for version in self.versions:
            if unknown := set(version.requires) - clauses:
                raise ValueError(f"{version.fiscal_year}: no clause {sorted(unknown)}")
        for one, other in zip(self.versions, self.versions[1:], strict=False):
            if other.valid_from <= one.valid_to:
                raise ValueError(f"{other.fiscal_year}: begins before {one.fiscal_year} ends")
        return self


def used_facts(rule: Rule) -> set[str]:
    """Names of all facts that a clause of the rule reads."""
    told = {node.told for clause in rule.clauses for node in nodes(clause.when) if isinstance(node, Told)}
    return {name for clause in rule.clauses for name in facts_of(clause.when)} | told


def nodes(expression: Expression) -> Iterator[Expression]:
    """The expression and all within it."""
    yield expression
    match expression:
        case All():
            inner = expression.all
        case Either():
            inner = expression.any
        case Not():
            inner = [expression.not_]
        case If():
            inner = [expression.if_, expression.then]
        case _:
            inner = []
    for one in inner:
        yield from nodes(one)


def facts_of(expression: Expression) -> list[str]:
    """Names of the facts that can settle it, in order; not those of clauses it refers to."""
    found: list[str] = []
    for node in nodes(expression):
        match node:
            case Is():
                found.append(node.fact)
            case People():
                found += node.people
            case Within():
                found += [node.since, node.day]
            case InPlace():
                found.append(node.municipality)
            case Residence():
                found += [node.residence, node.before]
    return list(dict.fromkeys(found))


for _model in (All, Either, Not, If, Clause, Rule):
    _model.model_rebuild()
