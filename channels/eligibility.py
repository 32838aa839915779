"""Eligibility over HTTP: the programmes with their facts, a verdict on the facts told, and repayment."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from actions import render
from bot.commands import Source
from bot.errors import InvalidInput, NotFound
from channels.web import TheApp, reads_english
from knowledge import eligibility, facts_told
from knowledge.models import Locale
from knowledge.models import Source as KnownSource
from knowledge.rules import Fact, Rule

router = APIRouter(prefix="/api/v1/eligibility", tags=["eligibility"])
In = Annotated[Locale | None, Query(description="language of the texts; otherwise by Accept-Language")]
EXAMPLE: dict[str, Any] = {
    "on": "2025-06-01",
    "facts": {
        "origin": [{"from": "2015-04-01", "to": "2025-03-31", "lived": "東京都世田谷区"}],
        "move_date": "2025-04-01",
        "destination": "阿蘇市",
        "route": "telework",
    },
}


class Question(BaseModel):
    """The day it is asked for (default: today) and what is known; what is absent or null is unknown."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLE})
    on: dt.date | None = None
    facts: dict[str, Any] = {}


class ClauseValue(BaseModel):
    """`confidence` inferred: read only elsewhere, to be confirmed with the office; it votes all the same."""

    id: str
    value: Literal["yes", "no", "unknown"]
    text: str
    source: Source | None
    confidence: Literal["seen", "inferred"]


class NextQuestion(BaseModel):
    fact: str
    type: str
    text: str
    choices: list[dict[str, Any]]


class LastKnown(BaseModel):
    """What the newest known version of the rule would give on a day that none covers."""

    fiscal_year: int
    verdict: Literal["yes", "no", "unknown"]
    amount_yen: int | None
    amount_range_yen: tuple[int, int] | None


class Availability(BaseModel):
    """Not eligibility: whether it was closed before its time."""

    text: str
    closed_on: dt.date
    source: Source


class Verdict(BaseModel):
    programme: str
    on: dt.date
    fiscal_year: int | None = Field(description="of the version of the rule; null where none covers the day")
    verdict: Literal["yes", "no", "unknown"]
    amount_yen: int | None
    amount_range_yen: tuple[int, int] | None
    clauses: list[ClauseValue]
    missing: list[str]
    presumed: list[str]
    next_question: NextQuestion | None
    apply_by: dt.date | None
    apply_at: str
    prepare: list[str]
    availability: list[Availability]
    last_known: LastKnown | None
    note: str = Field(description="that the municipality decides")


class Repaid(BaseModel):
    model_config = ConfigDict(extra="forbid")
    moved_in: dt.date | None = None
    applied_on: dt.date | None = None
    left_on: dt.date | None = None
    left_job_on: dt.date | None = None
    false_claim: bool | None = None


class Repayment(BaseModel):
    repay: Literal["all", "half", "none", "unknown"]
    clauses: list[ClauseValue]


@router.get("")
def programmes(app: TheApp, request: Request, locale: In = None) -> list[dict[str, Any]]:
    """The programmes, the years whose rule is known, and the facts a verdict takes."""
    language = _language(request, locale)
    return [
        {
            "programme": rule.programme,
            "title": rule.title.get(language),
            "fiscal_years": [version.fiscal_year for version in rule.versions],
            "facts": [_fact(fact, language) for fact in rule.facts],
        }
        for rule in app.knowledge.rules.values()
    ]


@router.post("/{programme}")
def evaluate(app: TheApp, request: Request, programme: str, body: Question, locale: In = None) -> Verdict:
    """The verdict, every clause with its source, what is missing and what is presumed."""
    rule, language = _rule(app, programme), _language(request, locale)
    on = body.on or app.clock.today()
    try:
        facts = facts_told.read(rule, body.facts, app.knowledge.municipalities.__contains__)
    except facts_told.FactsError as error:
        raise InvalidInput({"facts": error.reasons}) from error
    result = eligibility.evaluate(rule, facts, on)
    known = result.last_known
    return Verdict(
        programme=programme,
        on=on,
        fiscal_year=result.version.fiscal_year if result.version else None,
        verdict=result.verdict,
        amount_yen=result.amount_yen,
        amount_range_yen=result.amount_range_yen,
        clauses=[
            ClauseValue(
                id=one.clause.id,
                value=eligibility.WORDS[one.value],
                text=one.clause.text.get(language),
                source=_source(one.clause.sources),
                confidence=one.clause.confidence,
            )
            for one in result.clauses
        ],
        missing=result.missing,
        presumed=result.presumed,
        next_question=_question(rule, result.next_question, language),
        apply_by=result.apply_by,
        apply_at=rule.apply_at.get(language),
        prepare=[text.get(language) for text in rule.prepare],
        availability=[
            Availability(text=one.text.get(language), closed_on=one.closed_on, source=render.cited(one.sources)[0])
            for one in result.closed
        ],
        last_known=LastKnown(**vars(known)) if known else None,
        note=app.knowledge.phrases["eligibility"]["decides"][language],
    )


@router.post("/{programme}/repayment")
def repayment(app: TheApp, request: Request, programme: str, body: Repaid, locale: In = None) -> Repayment:
    """What may have to be paid back after moving away, leaving the job or a false claim."""
    rule, language = _rule(app, programme), _language(request, locale)
    if not rule.repayment:
        raise NotFound
    events = {"left_on": body.left_on, "left_job_on": body.left_job_on, "false_claim": body.false_claim}
    result = eligibility.repayment(rule, body.applied_on, events)
    clauses = [
        ClauseValue(
            id=share.id,
            value=eligibility.WORDS[value],
            text=share.text.get(language),
            source=_source(share.sources),
            confidence=share.confidence,
        )
        for share, value in result.shares
    ]
    return Repayment(repay=result.repay, clauses=clauses)


def _rule(app: TheApp, programme: str) -> Rule:
    if programme not in app.knowledge.rules:
        raise NotFound
    return app.knowledge.rules[programme]


def _language(request: Request, locale: Locale | None) -> str:
    return locale or ("en" if reads_english(request) else "ja")


def _source(sources: list[KnownSource]) -> Source | None:
    return next(iter(render.cited(sources)), None)


def _fact(fact: Fact, language: str) -> dict[str, Any]:
    return {
        "name": fact.name,
        "type": fact.type,
        "meaning": fact.meaning.get(language),
        "choices": [choice.value for choice in fact.choices],
        "presumed": f"= {fact.same_as}" if fact.same_as else fact.presumed,
    }


def _question(rule: Rule, name: str | None, language: str) -> NextQuestion | None:
    if name is None:
        return None
    fact = next(one for one in rule.facts if one.name == name)
    choices = [{"value": choice.value, "label": choice.label.get(language)} for choice in fact.choices]
    return NextQuestion(fact=name, type=fact.type, text=(fact.ask or fact.meaning).get(language), choices=choices)
