"""The consultation request: consent first, every answer checked kindly, confirmed before it is stored.

In a channel whose talk lies on another company's servers (LINE) only destination, interests, timing, desk
and a nickname are asked for, and the answer comes by that channel.
"""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import fields, render
from actions.context import TALK_CHANNELS, Turn, emit
from actions.forms import FormAction
from bot import commands as c
from knowledge.loader import Knowledge
from nlu import text as nlu_text
from nlu.facts import EMAIL, PHONE

FORM = "consultation_form"
FIELDS = [
    "consent",
    "destination",
    "interests",
    "family",
    "timing",
    "desk",
    "contact_kind",
    "name",
    "contact",
    "confirm",
]
TALK_FIELDS = ["consent", "destination", "interests", "timing", "desk", "name", "confirm"]
OPTIONAL = frozenset({"family"})
INPUTS = {"interests": "textarea", "family": "text", "timing": "text", "name": "text", "destination": "text"}
# Words by which residents name a field when they correct it.
LABELS = {
    "destination": r"移住先|行き?先|場所|市町村|destination|place",
    "interests": r"相談(したいこと|内容)|興味|topics?",
    "family": r"家族|人数|family",
    "timing": r"時期|いつ|タイミング|timing|when",
    "desk": r"窓口|desk",
    "contact_kind": r"連絡方法|返事の(方法|しかた)|way of contact",
    "name": r"お?名前|なまえ|氏名|ニックネーム|name",
    "contact": r"連絡先|メール(アドレス)?|電話(番号)?|アドレス|e-?mail|phone",
}
CHANGE = re.compile(
    r"(?P<label>{labels})[はをが:： ]+(is |to )?(?P<new>.+?)(に|へ)?(変えて|変更|直して|修正|して)?(ください|下さい|お願いします|です|ます)?[。!]*".format(
        labels="|".join(LABELS.values())
    ),
    re.IGNORECASE,
)
FIX = re.compile(r"直す|なおす|修正|訂正|変更|変えたい|間違|ちがう|違う|change|fix|edit", re.IGNORECASE)


class ValidateConsultationForm(FormAction):
    form, topic = FORM, "desk_booking"

    def _all(self) -> list[str]:
        return FIELDS

    def fields(self, turn: Turn, filled: dict[str, Any]) -> list[str]:
        if filled.get("consent") is False or filled.get("confirm") is False:
            return []
        if turn.channel in TALK_CHANNELS:
            return TALK_FIELDS
        return [name for name in FIELDS if name != "contact" or filled.get("contact_kind") != "none"]

    def start(self, turn: Turn) -> dict[str, Any]:
        wanted = TALK_FIELDS if turn.channel in TALK_CHANNELS else FIELDS
        before = {name: said for name, said in (turn.slot("facts") or {}).items() if name in ("timing", "family")}
        found = {**before, **fields.also_told(turn, ["destination", "timing", "family", "desk"])}
        return {name: value for name, value in found.items() if name in wanted}

    def read(self, turn: Turn, field: str, filled: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        if field == "confirm" and fields.consent(turn):
            return {field: True}, None
        if field != "consent" and (fixed := self._correction(turn, field, filled)):
            return fixed, None
        value = self._parse(turn, field, filled)
        if value is None:
            return {}, self._error(turn, field, filled)
        found = {field: value}
        if field in ("destination", "interests", "timing", "name"):
            open_fields = [f for f in self.fields(turn, filled) if f not in filled and f != field]
            found = {**fields.also_told(turn, open_fields, filled.get("contact_kind")), **found}
        return found, None

    def _parse(self, turn: Turn, field: str, filled: dict[str, Any]) -> Any:
        if field == "consent":
            given = fields.consent(turn)
            return {"at": turn.now.isoformat(), "version": turn.knowledge.place.consent_version} if given else given
        if field == "confirm":
            return fields.consent(turn)
        if field == "contact":
            return fields.contact(turn, filled.get("contact_kind", "email"))
        return getattr(fields, field)(turn)

    def _correction(self, turn: Turn, field: str, filled: dict[str, Any]) -> dict[str, Any] | None:
        """Slots a correction changes; a field that is to be asked again is set to None."""
        text = turn.original
        if (said := fields.CORRECTION.fullmatch(text)) and (target := self._target(turn, said["old"], field, filled)):
            return self._changed(turn, target, said["new"], filled)
        if (said := CHANGE.fullmatch(text)) and (target := self._labelled(said["label"])) in filled:
            return self._changed(turn, target, said["new"], filled)
        if field == "confirm":
            target = self._labelled(text)
            if target in filled and len(text) <= 20:
                return {target: None} | ({"contact": None} if target == "contact_kind" else {})
        return None

    def _target(self, turn: Turn, old: str, field: str, filled: dict[str, Any]) -> str | None:
        """The field a 「AじゃなくてB」 is about: named, or the one whose value A is."""
        label = self._labelled(old)
        if label == "contact" and not (EMAIL.search(old) or PHONE.search(old)) and "contact_kind" in filled:
            label = "contact_kind"  # 「メールじゃなくて電話で」
        if label in filled:
            return label
        old = fields.NAME_ENDINGS.sub("", old).strip(" 「」")
        for name, value in filled.items():
            if name not in ("consent", "confirm") and old and old in self._shown(turn, name, value):
                return name
        return None

    @staticmethod
    def _labelled(text: str) -> str | None:
        return next((name for name, words in LABELS.items() if re.search(words, text, re.IGNORECASE)), None)

    def _changed(self, turn: Turn, target: str, new: str, filled: dict[str, Any]) -> dict[str, Any] | None:
        part = _PartOf(turn, new.strip(" 「」。"))
        value = self._parse(part, target, filled)
        if value is None:
            return None
        changed: dict[str, Any] = {target: value}
        if target == "contact_kind" and value != filled.get("contact_kind"):
            changed["contact"] = None
        return changed

    def _error(self, turn: Turn, field: str, filled: dict[str, Any]) -> str:
        if field == "confirm" and FIX.search(turn.text):
            return turn.phrase(FORM, "confirm", "which")
        talk = turn.channel in TALK_CHANNELS and "line_error" in turn.knowledge.phrases[FORM][field]
        key = "line_error" if talk else "error"
        if field == "contact":
            key = f"error_{filled.get('contact_kind', 'email')}"
        return turn.phrase(FORM, field, key)

    def prompt(self, turn: Turn, field: str, filled: dict[str, Any]) -> c.FormPromptReply:
        talk = turn.channel in TALK_CHANNELS
        key = "line_prompt" if talk and "line_prompt" in turn.knowledge.phrases[FORM][field] else "prompt"
        kind = "text"
        if field == "contact":
            key = f"prompt_{filled['contact_kind']}"
            kind = "email" if filled["contact_kind"] == "email" else "tel"
        choices = self._choices(turn, field)
        return c.FormPromptReply(
            form=FORM,
            field=field,
            text=turn.phrase(FORM, field, key),
            input=INPUTS.get(field, "choice" if choices else kind),
            optional=field in OPTIONAL,
            choices=choices,
            progress=(1, 1),
        )

    def _choices(self, turn: Turn, field: str) -> list[c.Choice]:
        knowledge, locale = turn.knowledge, turn.locale
        entry = knowledge.phrases[FORM][field]
        if field in ("consent", "confirm"):
            keys = ("accept", "stop") if field == "consent" else ("accept", "fix", "stop")
            return [render.choice(entry[key][locale]) for key in keys]
        if field == "destination":
            return render.region_choices(
                knowledge, locale, [turn.slot("municipality")] if turn.slot("municipality") else None
            )
        if field == "interests":
            return [
                render.choice(item["label"][locale]) for item in entry["choices"].values() if not item.get("hidden")
            ]
        if field == "family":
            return [render.choice(item[locale]) for item in entry["choices"]]
        if field == "timing":
            return [render.choice(item[locale]) for item in knowledge.phrases["timings"]]
        if field == "desk":
            return [*(render.choice(d) for d in knowledge.desks), render.choice(entry["any"][locale])]
        if field == "contact_kind":
            return [render.choice(item[locale]) for key, item in entry["choices"].items() if key != "line"]
        return []

    def before_prompt(self, turn: Turn, field: str, filled: dict[str, Any], changed: dict[str, Any]) -> list[Any]:
        requested = turn.slot("requested_slot")
        said: list[Any] = []
        for name, value in changed.items():
            if name != requested and value is not None and turn.slot(name) is not None:
                text = turn.phrase(
                    "forms", "corrected", label=self._label(turn, name), value=self._shown(turn, name, value)
                )
                said.append(c.TextReply(text=text))
        if field == "confirm" and (requested != "confirm" or changed):
            rows = [
                (self._label(turn, name), self._shown(turn, name, filled[name]))
                for name in self.fields(turn, filled)
                if name in filled and name not in ("consent", "confirm")
            ]
            said.append(c.CardReply(title=turn.phrase(FORM, "confirm", "title"), rows=rows))
        return said

    def _label(self, turn: Turn, name: str) -> str:
        talk = turn.channel in TALK_CHANNELS and "line_label" in turn.knowledge.phrases[FORM][name]
        return turn.phrase(FORM, name, "line_label" if talk else "label")

    def _shown(self, turn: Turn, name: str, value: Any) -> str:
        """A value in words, as the summary shows it."""
        if value == fields.SKIPPED:
            return "—"
        if name == "destination":
            names = {code: name for name, code in turn.knowledge.codes.items()}
            return "・".join(names[code] for code in value) or turn.phrase("undecided")
        if name == "interests":
            return str(value["words"])
        if name == "desk":
            return turn.knowledge.desks[value].name.get(turn.locale)
        if name == "contact_kind":
            return turn.phrase(FORM, name, "choices", value)
        return str(value)


class _PartOf(Turn):
    """A turn in which only a part of the message counts: the new value of a correction."""

    def __init__(self, whole: Turn, part: str) -> None:
        super().__init__(whole.knowledge, whole.tracker)
        text = nlu_text.normalise(part).text
        entities = [e for e in whole.message.get("entities") or [] if str(e.get("text")) in text]
        metadata = {**whole.metadata, "original": part}
        self.__dict__["message"] = {**whole.message, "text": text, "entities": entities, "metadata": metadata}


class ActionCancelForm(Action):
    """Says that nothing was stored and forgets what was entered."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def name(self) -> str:
        return "action_cancel_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        return cancel(Turn(self.knowledge, tracker), dispatcher)


def cancel(turn: Turn, dispatcher: CollectingDispatcher) -> list[dict[str, Any]]:
    own = render.sources(turn.knowledge.of_topic("privacy")[0])
    said = c.TextReply(text=turn.phrase("forms", "cancelled"), sources=own)
    steps = render.next_steps(turn.knowledge, turn.locale, "how_to_start")
    emit(dispatcher, [said, steps], c.Result(outcome="answered"))
    return [SlotSet(name, None) for name in (*FIELDS, "guide_concern", "guide_timing", "guide_place")]


class ActionSubmitConsultation(Action):
    """Emits the lead of a confirmed request; a refused one ends like a cancelled one."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def name(self) -> str:
        return "action_submit_consultation"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        turn = Turn(self.knowledge, tracker)
        if turn.slot("confirm") is not True or not turn.slot("consent"):
            return cancel(turn, dispatcher)
        lead = self._lead(turn)
        desk = self.knowledge.desks[lead.desk].name.get(turn.locale)
        kind = turn.phrase(FORM, "contact_kind", "choices", lead.contact_kind)
        key = "stored_in_chat" if lead.contact_kind == "none" else "stored"
        own = render.sources(self.knowledge.of_topic("privacy")[0])
        replies = [
            c.TextReply(text=turn.phrase(FORM, key, desk=desk, contact_kind=kind), sources=own),
            render.next_steps(self.knowledge, turn.locale, *(lead.topics or ["how_to_start"])[:2]),
        ]
        emit(dispatcher, replies, lead, c.Result(outcome="stored", desk=lead.desk))
        return [SlotSet(name, None) for name in FIELDS]

    def _lead(self, turn: Turn) -> c.StoreLead:
        talk = turn.channel in TALK_CHANNELS
        interests = turn.slot("interests") or {}
        family = turn.slot("family")
        return c.StoreLead(
            name=turn.slot("name"),
            contact_kind="line" if talk else turn.slot("contact_kind"),
            contact=None if talk else turn.slot("contact"),
            residence=turn.slot("residence"),
            family=None if talk or family == fields.SKIPPED else family,
            destination=list(turn.slot("destination") or []),
            topics=list(interests.get("topics") or []),
            timing=turn.slot("timing"),
            desk=turn.slot("desk"),
            message=interests.get("words"),
            consent_version=turn.slot("consent")["version"],
            consent_at=turn.slot("consent")["at"],
        )
