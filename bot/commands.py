"""What an action may say (replies) and ask the app to do (commands).

Actions never write: they emit these as rasa-sdk `custom` payloads, `{"reply": …}` or
`{"command": …}`; the engine carries them unread; the app validates them here and carries them out
in the turn's one transaction. Shapes of replies: CONTRACT "turn".
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Outcome = Literal["answered", "asked_back", "form_prompt", "stored", "handed_off", "declined", "staff"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Source(Strict):
    title: str
    url: str | None = None
    as_of: str


class Link(Strict):
    label: str
    url: str


class Choice(Strict):
    """`label` is shown (≤ 20 characters on LINE), `text` is sent as the resident's message."""

    label: str
    text: str


class TextReply(Strict):
    type: Literal["text"] = "text"
    text: str = Field(min_length=1)
    sources: list[Source] = []


class CardReply(Strict):
    type: Literal["card"] = "card"
    title: str
    text: str = ""
    rows: list[tuple[str, str]] = []
    links: list[Link] = []
    sources: list[Source] = []


class ChoicesReply(Strict):
    type: Literal["choices"] = "choices"
    text: str
    choices: list[Choice] = Field(min_length=1, max_length=13)
    sources: list[Source] = []


class FormPromptReply(Strict):
    """One question of a form. `input` is an HTML input type (or `textarea`) to help the keyboard."""

    type: Literal["form_prompt"] = "form_prompt"
    form: str
    field: str
    text: str
    input: Literal["text", "email", "tel", "textarea", "choice"] = "text"
    optional: bool = False
    choices: list[Choice] = []
    error: str | None = None
    progress: tuple[int, int]
    sources: list[Source] = []


Reply = Annotated[TextReply | CardReply | ChoicesReply | FormPromptReply, Field(discriminator="type")]


class Result(Strict):
    """What became of the turn: exactly one a turn that an action answered."""

    command: Literal["result"] = "result"
    outcome: Outcome
    topics: list[str] = []
    municipalities: list[str] = []
    desk: str | None = None
    records: list[str] = Field([], description="ids of the knowledge records the answer was made from")


class StoreLead(Strict):
    """A confirmed consultation request; the columns of `leads` it fills. Personal data."""

    command: Literal["store_lead"] = "store_lead"
    name: str | None = None
    name_kana: str | None = None
    contact_kind: Literal["line", "email", "phone", "none"]
    contact: str | None = None
    residence: str | None = None
    family: str | None = None
    age_band: str | None = None
    destination: list[str] = Field([], description="five-digit municipality codes; empty is undecided")
    topics: list[str] = []
    timing: str | None = None
    desk: str
    message: str | None = None
    consent_version: str
    consent_at: dt.datetime


class HandOff(Strict):
    command: Literal["hand_off"] = "hand_off"
    desk: str
    reason: Literal["asked", "lost", "complaint", "failed"]


class Unanswered(Strict):
    """The message was not understood: it goes to the queue that staff teach from."""

    command: Literal["unanswered"] = "unanswered"
    candidates: list[str] = []


Command = Annotated[Result | StoreLead | HandOff | Unanswered, Field(discriminator="command")]

replies: TypeAdapter[list[Reply]] = TypeAdapter(list[Reply])
commands: TypeAdapter[list[Command]] = TypeAdapter(list[Command])


def reply_payload(reply: BaseModel) -> dict[str, Any]:
    return {"reply": reply.model_dump(mode="json")}


def command_payload(command: BaseModel) -> dict[str, Any]:
    return {"command": command.model_dump(mode="json")}
