"""What was told of a household, typed by a rule's facts. Absent and null mean unknown; a wrong type is an error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from knowledge.rules import Fact, Rule


def _iso(value: Any) -> Any:
    """Pydantic would take a number for seconds since 1970."""
    if isinstance(value, str | dt.date):
        return value
    raise ValueError("not an ISO date")


Day = Annotated[dt.date, BeforeValidator(_iso)]


class Period(BaseModel):
    """Where somebody lived, both days included; `from` null: long since, `to` null: up to the move."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: Day | None = Field(None, alias="from")
    to: Day | None = None
    lived: str = Field(min_length=1, max_length=60)
    commute_23: StrictBool | None = None
    employee: StrictBool | None = None
    insured: StrictBool | None = None
    study_23: StrictBool | None = None

    @model_validator(mode="after")
    def in_order(self) -> Period:
        if self.from_ and self.to and self.from_ > self.to:
            raise ValueError("from is after to")
        return self


class FactsError(Exception):
    """`reasons`: name of the fact → what is wrong with it, without the value told."""

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in reasons.items()))
        self.reasons = reasons


_TYPES: dict[str, TypeAdapter[Any]] = {
    "periods": TypeAdapter(list[Period]),
    "date": TypeAdapter(Day),
    "text": TypeAdapter(str),
    "bool": TypeAdapter(StrictBool),
    "int": TypeAdapter(StrictInt),
    "ages": TypeAdapter(list[StrictInt]),
    "choice": TypeAdapter(str),
    "municipality": TypeAdapter(str),
}
_LARGEST = 150  # of an age, and of a number of people


@dataclass(frozen=True)
class Facts:
    """Values by name, those presumed included. `is_ours` tells the prefecture's municipalities."""

    told: Mapping[str, Any]
    presumed: Mapping[str, Any] = field(default_factory=dict)
    is_ours: Callable[[str], bool] = lambda name: True

    def get(self, name: str) -> Any:
        told = self.told.get(name)
        return self.presumed.get(name) if told is None else told

    def date(self, name: str) -> dt.date | None:
        value: dt.date | None = self.get(name)
        return value


def read(rule: Rule, told: Mapping[str, Any], is_ours: Callable[[str], bool] = lambda name: True) -> Facts:
    """Raises FactsError for names the rule does not have and values that cannot be."""
    known = {fact.name: fact for fact in rule.facts if fact.of_period is None}
    reasons = {name: "no such fact" for name in told if name not in known}
    values: dict[str, Any] = {}
    for name in known.keys() & told.keys():
        if told[name] is None:
            continue
        try:
            values[name] = _value(known[name], told[name])
        except (ValidationError, ValueError) as error:
            reasons[name] = _reason(error)
    if reasons:
        raise FactsError(dict(sorted(reasons.items())))
    presumed = {
        fact.name: _value(fact, fact.presumed)
        for fact in known.values()
        if fact.presumed is not None and fact.name not in values
    }
    for fact in known.values():
        if fact.same_as and fact.name not in values and values.get(fact.same_as) is not None:
            presumed[fact.name] = values[fact.same_as]
    return Facts(values, presumed, is_ours)


def samples(fact: Fact) -> list[Any]:
    """Values that a fact could have, the extremes: to see what hangs on it."""
    if fact.of_period and fact.type != "bool":
        return []
    match fact.type:
        case "bool":
            return [True, False]
        case "choice":
            return [choice.value for choice in fact.choices]
        case "date":
            return [dt.date(1990, 1, 1), dt.date(2090, 1, 1)]
        case "int":
            return [1, 2]
        case "periods" | "ages":
            return [[]]
        case _:
            return [""]


def _value(fact: Fact, told: Any) -> Any:
    value = _TYPES[fact.type].validate_python(told)
    numbers = value if fact.type == "ages" else [value] if fact.type == "int" else []
    if any(not 0 <= number <= _LARGEST for number in numbers):
        raise ValueError(f"not between 0 and {_LARGEST}")
    if fact.type == "choice" and value not in {choice.value for choice in fact.choices}:
        raise ValueError(f"not one of {[choice.value for choice in fact.choices]}")
    if fact.type in ("text", "municipality") and not 0 < len(value.strip()) <= 60:
        raise ValueError("empty or too long")
    return value


def _reason(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{where}: {first['msg']}" if where else str(first["msg"])
    return str(error)
