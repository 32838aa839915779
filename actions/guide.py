"""The guided start for those who do not know where to begin: three questions, then a next step."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import fields, places, render, told
from actions.compose import Answers
from actions.context import Turn, emit
from actions.forms import FormAction
from bot import commands as c
from knowledge.loader import Knowledge
from knowledge.search import Search

FORM = "guide_form"
FIELDS = ["guide_concern", "guide_timing", "guide_place"]


class ValidateGuideForm(FormAction):
    form, topic = FORM, "how_to_start"
    leaving = FormAction.leaving | {"request_consultation"}

    def _all(self) -> list[str]:
        return FIELDS

    def fields(self, turn: Turn, filled: dict[str, Any]) -> list[str]:
        return FIELDS

    def start(self, turn: Turn) -> dict[str, Any]:
        """Anew each time: what an earlier guide was told may have been left half-way."""
        return {**dict.fromkeys(FIELDS), "guide_timing": told.timing(turn)}

    def read(self, turn: Turn, field: str, filled: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        """Any answer is taken: the guide is for those who are not sure."""
        if field == "guide_concern":
            found = fields.choice_of(turn.text, turn.knowledge.phrases[FORM][field]["choices"])
            return {field: {"key": (found or ["unsure"])[0], "words": turn.original[:60]}}, None
        if field == "guide_place":
            said = places.read(turn)
            names = said.named or ([] if not said.region else turn.knowledge.in_region(said.region))
            slots: dict[str, Any] = {field: {"names": names, "words": turn.original[:60]}}
            return slots | ({"municipality": names[0]} if len(names) == 1 else {}), None
        return {field: turn.original[:60]}, None

    def prompt(self, turn: Turn, field: str, filled: dict[str, Any]) -> c.FormPromptReply:
        knowledge, locale = turn.knowledge, turn.locale
        entry = knowledge.phrases[FORM][field]
        if field == "guide_concern":
            choices = [render.choice(item["label"][locale]) for item in entry["choices"].values()]
        elif field == "guide_timing":
            choices = [render.choice(item[locale]) for item in knowledge.phrases["timings"]]
        else:
            choices = render.region_choices(
                knowledge, locale, [turn.slot("municipality")] if turn.slot("municipality") else None
            )
        return c.FormPromptReply(
            form=FORM, field=field, text=entry["prompt"][locale], input="choice", choices=choices, progress=(1, 3)
        )

    def before_prompt(self, turn: Turn, field: str, filled: dict[str, Any], changed: dict[str, Any]) -> list[Any]:
        """The first question comes with the general way, cited."""
        if field != FIELDS[0]:
            return []
        record = turn.knowledge.of_topic(self.topic)[0]
        return [render.text_reply(turn.knowledge, record, turn.locale, turn.today)]


class ActionSubmitGuide(Action):
    """Sums up and gives the answer to the concern that was named, with the nearest desk."""

    def __init__(self, knowledge: Knowledge, search: Search) -> None:
        self.knowledge, self.answers = knowledge, Answers(knowledge, search)

    def name(self) -> str:
        return "action_submit_guide"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        turn = Turn(self.knowledge, tracker)
        concern, place = turn.slot(FIELDS[0]) or {}, turn.slot(FIELDS[2]) or {}
        names = list(place.get("names") or [])
        entry = self.knowledge.phrases[FORM]["guide_concern"]["choices"][concern.get("key", "unsure")]
        said = turn.phrase(
            FORM,
            "done",
            concern=entry["label"][turn.locale],
            timing=str(turn.slot(FIELDS[1]) or ""),
            place=str(place.get("words") or ""),
        )
        replies: list[Any] = [c.TextReply(text=said, sources=self.answers.own_source())]
        made, records = self.answers.topic(turn, entry["topic"], names, brief=False)
        replies += made
        desk = self.knowledge.desk_for([], turn.slot("residence"))
        if desk:
            name = self.knowledge.desks[desk].name.get(turn.locale)
            replies.append(c.TextReply(text=turn.phrase("nearest_desk", desk=name), sources=self.answers.own_source()))
        replies.append(render.next_steps(self.knowledge, turn.locale, "municipality_choice", "support_overview"))
        result = c.Result(
            outcome="answered", topics=["how_to_start"], municipalities=names[:3], desk=desk, records=records
        )
        emit(dispatcher, replies, result)
        return [SlotSet(name, None) for name in FIELDS] + [SlotSet("last_topics", [entry["topic"]])]
