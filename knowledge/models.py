"""What a piece of knowledge is: typed, dated, cited, scoped.

Every record answers one topic for one scope, in three languages. Dates are ISO and may be partial
(`2022`, `2022-12`, `2022-12-05`): a source that names a month does not know the day.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, model_validator

Locale = Literal["ja", "easy_ja", "en"]
PartialDate = Annotated[str, StringConstraints(pattern=r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$")]
Status = Literal["open", "closed", "budget_exhausted", "ended", "planned", "unknown"]
RecordType = Literal["faq", "programme", "fact"]
NATIONWIDE = "全国"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Text(Strict):
    """One text in the three languages every resident-facing text has."""

    ja: str = Field(min_length=1)
    easy_ja: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def get(self, locale: str) -> str:
        return str(getattr(self, locale if locale in ("ja", "easy_ja", "en") else "ja"))


class Source(Strict):
    """Where a statement was read. `url` is null for a paper that has no address of its own."""

    title: str = Field(min_length=1)
    url: HttpUrl | None = None
    page: str | None = None
    as_of: PartialDate


class Row(Strict):
    label: Text
    value: Text


class Link(Strict):
    label: Text
    url: HttpUrl


class Contact(Strict):
    """A way to reach somebody, with the day its source showed it. Never without a source."""

    name: Text
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    hours: Text | None = None
    url: HttpUrl | None = None
    source: Source


class Record(Strict):
    """An answer (`faq`), a scheme or service (`programme`) or a dated figure (`fact`)."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    topic: str
    scope: list[str] = Field(min_length=1, description="prefecture, 全国, or official municipality names")
    title: Text
    text: Text
    rows: list[Row] = []
    links: list[Link] = []
    contact: list[Contact] = []
    sources: list[Source] = Field(min_length=1)
    as_of: PartialDate
    verified_on: dt.date
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    status: Status = "unknown"
    replaced_by: str | None = None
    confidence: Literal["seen", "inferred"] = "seen"
    keywords: list[str] = Field([], description="other words residents use for it; searched, not shown")

    @model_validator(mode="after")
    def dates_in_order(self) -> Record:
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise ValueError(f"{self.id}: valid_from is after valid_to")
        if self.as_of > self.verified_on.isoformat():
            raise ValueError(f"{self.id}: as_of is after verified_on")
        return self


class Topic(Strict):
    """A topic of the one shared list. `municipal`: does the answer depend on the municipality?

    `ask_first`: nothing useful can be said without it; `narrow`: an answer, then the offer to narrow;
    `no`: it does not matter. `ask` is a plain question of the topic, used as the label's choice text.
    `desk`: the id of the only desk that can act on it, wherever the resident lives.
    """

    id: str
    group: str
    label: Text
    ask: Text
    municipal: Literal["ask_first", "narrow", "no"] = "no"
    desk: str | None = None


class Municipality(Strict):
    code: Annotated[str, StringConstraints(pattern=r"^\d{5}$")]
    name: str
    kana: str
    romaji: str
    region: str
    county: str | None = None
    aliases: list[str] = []
    wards: list[dict[str, str]] = []
    former: list[dict[str, str]] = []


class AmbiguousName(Strict):
    text: str
    candidates: list[str] = Field(min_length=1)
    default: str = Field(description="ask | region | an official name")


class Desk(Strict):
    """A consultation desk. One without a sourced contact is offered by name, with a request form."""

    id: str = Field(min_length=1)
    name: Text
    serves: list[str] = Field(description="prefectures of residence it is the nearest desk for")
    about: Text
    contact: list[Contact] = []
    sources: list[Source] = Field(min_length=1)
    as_of: PartialDate
    verified_on: dt.date


class Place(Strict):
    """The prefecture the desk is of: everything about it that a sentence or a rule needs."""

    prefecture: str
    name: Text = Field(description="the prefecture's name as a sentence uses it")
    service: Text = Field(description="this service's name")
    capital: str = Field(description="the municipality that shares the prefecture's name")
    default_desk: str
    consent_version: str
    names_as_of: PartialDate = Field(description="the day the municipalities' names were read")
