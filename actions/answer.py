"""Answers a question: the most specific record, or what has to be asked first, or the desk."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import fields, places, render, told
from actions.compose import DESK_TOPICS, Answers
from actions.context import Turn, emit
from bot import commands as c
from knowledge.loader import Knowledge
from knowledge.search import Search

MAX_ANSWERS = 3
LOST_BEFORE_DESK = 2
# What follows another prefecture's name when its own schemes, offices or houses are meant (「…の補助金」,
# 「…県庁の窓口」), or a move there (「…で就農したい」); not what somebody has there now (「…の家賃が高くて」).
THEIRS = re.compile(
    r"(県|府|都)?(庁|内)?(市|町|村)?"
    r"(の(?!人|者|もの|もん|かた|方々|会社|実家|友|学生|大学)|で使える|、(?=地域おこし)|が(やって(い)?る|出(す|して)))"
    r"([ァ-ヺーA-Za-z]{2,16}の?)?.{0,6}?(補助|助成|支援|給付|空き?家|移住(?!フェア|祭|イベント|相談会)|制度|住宅|物件|求人|バンク|協力隊|就農|農地|お?試し|ツアー"
    r"|窓口|subsid|grant)"
    r"|(県|府|都)?(の(どこか|田舎|離島|島|山奥|ほう|方))?(で|に|へ)"
    r"(移住|引っ?越|住|暮ら|就農|農業|酪農|起業|開業|家を(買|借)|店を)[ぁ-ん]{0,4}(たい|方法|予定|つもり)"
    r"|( prefecture)?( government)?( give| offer| pay| have)"
)
COMPARED = re.compile(r"そっち|そちら|こっち|こちら|比べ|より")
OWN_DESK = re.compile(r"窓口|desk")
PLAUSIBLE = 0.1  # confidence of the second topic from which it may stand for a declined first one


class ActionAnswer(Action):
    """Emits replies and one `result`; sets the slots that later messages lean on."""

    def __init__(self, knowledge: Knowledge, search: Search) -> None:
        self.knowledge = knowledge
        self.answers = Answers(knowledge, search)

    def name(self) -> str:
        return "action_answer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        turn = Turn(self.knowledge, tracker)
        step = _Step(turn, self.answers)
        replies, commands, slots = step.take()
        if turn.entities("contact_data") and not turn.loop:
            replies.insert(0, c.TextReply(text=turn.phrase("personal_data"), sources=self.answers.own_source()))
        emit(dispatcher, replies, *commands)
        events = [SlotSet(name, value) for name, value in slots.items()]
        # Outside a form nothing follows an answer: said here, it needs no prediction.
        return events if turn.loop else [*events, FollowupAction("action_listen")]


Made = tuple[list[Any], list[Any], dict[str, Any]]


class _Step:
    def __init__(self, turn: Turn, answers: Answers) -> None:
        self.turn, self.answers = turn, answers
        self.places = places.read(turn)
        self.slots: dict[str, Any] = {}

    def take(self) -> Made:
        turn = self.turn
        self.slots |= told.facts(turn)
        if len(self.places.named) == 1:
            self.slots["municipality"] = self.places.named[0]
        topics = self._topics()
        if not topics:
            return self._declined() if self._elsewhere() else self._not_understood()
        self.slots["lost_count"] = None
        if topics == ["human_handoff"] or turn.intent == "request_person":
            return self._hand_off(["human_handoff"], "asked", "handed_off")
        if topics[0] == "out_of_scope" or self._elsewhere():
            return self._declined()
        if "human_handoff" in topics:
            return self._answer_and_hand_off([topic for topic in topics if topic != "human_handoff"])
        return self._answer(topics)

    def _topics(self) -> list[str]:
        """The topics to answer: those asked, or those waiting for the place that was now named."""
        turn = self.turn
        pending = list(turn.slot("pending_topics") or [])
        if self.places.only or (self.places.undecided and pending):
            last = [t for t in turn.slot("last_topics") or [] if turn.knowledge.topics[t].municipal != "no"]
            return pending or last or ["municipality_profile"]
        if turn.topics == ["out_of_scope"] and self._ours_beside_theirs():
            second = turn.message["topic_ranking"][1]
            return [second["id"]] if second["confidence"] >= PLAUSIBLE else []
        if turn.topics == ["out_of_scope"] and fields.AGREED.fullmatch(turn.text):
            return []  # a yes to nothing that was asked
        return turn.topics[:MAX_ANSWERS] if turn.decision == "sure" else []

    def _ours_beside_theirs(self) -> bool:
        """「…県の支援金はもう調べたけど、ここでは？」: another prefecture only serves to compare."""
        named = self.places.named or self.turn.knowledge.place.prefecture[:-1] in self.turn.text
        return bool(named and self.turn.entities("prefecture"))

    def _elsewhere(self) -> bool:
        """Another prefecture's scheme: named, and ours is not; where it is unclear what is asked, its name is enough."""
        if self._ours():
            return False
        places = self._places_elsewhere()
        if OWN_DESK.search(self.turn.text):  # 「大阪の窓口」 is one of ours
            places = [place for place in places if not self._has_desk(place)]
        unsure = self.turn.decision == "unsure"
        return any(unsure or THEIRS.match(self.turn.text, place["end"]) for place in places)

    def _ours(self) -> bool:
        text, own = self.turn.text, self.turn.knowledge.place.prefecture[:-1]
        return bool(self.places.named or self.places.region or own in text or COMPARED.search(text))

    def _has_desk(self, place: dict[str, Any]) -> bool:
        return any(str(place["value"]).startswith(desk) for desk in self.turn.knowledge.desks)

    def _places_elsewhere(self) -> list[dict[str, Any]]:
        """Other prefectures with their towns, and cities that exist and are none of ours (a 町 alone may be a part of
        one of ours)."""
        prefectures = self.turn.entities("prefecture")
        ends = {prefecture["end"] for prefecture in prefectures}
        others = [
            entity
            for entity in self.turn.entities("unknown_place")
            if entity["matched_as"] == "gazetteer"
            and (entity["value"].endswith("市") or ends & {entity["start"], entity["start"] - 1, entity["start"] - 2})
        ]
        return [*prefectures, *others]

    def _answer(self, topics: list[str]) -> Made:
        turn, knowledge = self.turn, self.turn.knowledge
        local = [topic for topic in topics if knowledge.topics[topic].municipal != "no"]
        if local and self.places.unclear:
            return self._ask_which(topics, *self.places.unclear)
        if self.places.unknown and not DESK_TOPICS.issuperset(local):
            return self._ask_instead(topics, self.places.unknown)
        named = self.places.named or self._carried(local)
        if self.places.region and local and not named:
            wants_one = any(knowledge.topics[topic].municipal == "ask_first" for topic in local)
            if wants_one:
                return self._ask_in_region(topics, self.places.region)
            named = knowledge.in_region(self.places.region)
        if len(named) == 1:
            self.slots["municipality"] = named[0]
        missing = [t for t in local if knowledge.topics[t].municipal == "ask_first"]
        ask = bool(missing) and not named and not self.places.undecided
        self.slots |= {"last_topics": topics, "pending_topics": topics if ask else None}
        replies, records = [], []
        for topic in topics:
            made, used = self.answers.topic(turn, topic, named if topic in local else [], brief=len(topics) > 1)
            replies += made
            records += used
        if ask:
            prompt = turn.phrase("which_municipality")
            replies.append(c.ChoicesReply(text=prompt, choices=render.region_choices(knowledge, turn.locale)))
        else:
            replies.append(self.answers.closing(turn, topics, named if local else []))
        desk = self.answers.desk(turn, topics)
        result = c.Result(
            outcome="asked_back" if ask else "answered",
            topics=topics,
            municipalities=named if self.places.named or (local and len(named) <= MAX_ANSWERS) else self.places.likely,
            desk=desk,
            records=records,
        )
        return replies, [result], self.slots

    def _answer_and_hand_off(self, topics: list[str]) -> Made:
        """A person asked for beside something else. That is answered first, unless the bot would have to ask back: it
        is silent from now on."""
        answers, (answered, *_), _ = self._answer(topics)
        replies, (handed, *more), slots = self._hand_off([*topics, "human_handoff"], "asked", "handed_off")
        if answered.outcome == "answered":
            replies = [*answers[:-1], *replies]  # without what to ask next
            handed = handed.model_copy(update={"records": answered.records})
        self.slots["pending_topics"] = None
        return replies, [handed, *more], slots

    def _carried(self, local: list[str]) -> list[str]:
        carried = self.turn.slot("municipality")
        if self.turn.values("desk") and DESK_TOPICS.issuperset(local):
            return []  # 「東京で相談できますか」 is not about the town talked of before
        return [carried] if local and carried and not self.places.undecided else []

    def _ask_which(self, topics: list[str], text: str, candidates: list[str]) -> Made:
        turn = self.turn
        self.slots["pending_topics"] = topics
        prompt = turn.phrase("which_place", text=text)
        reply = c.ChoicesReply(text=prompt, choices=[render.choice(name) for name in candidates[:13]])
        meant = self.places.likely or candidates[:MAX_ANSWERS]
        result = c.Result(outcome="asked_back", topics=topics, municipalities=meant)
        return [reply], [result], self.slots

    def _ask_instead(self, topics: list[str], unknown: str) -> Made:
        turn = self.turn
        self.slots["pending_topics"] = topics
        text = turn.phrase("unknown_place", text=unknown, count=str(len(turn.knowledge.municipalities)))
        reply = c.ChoicesReply(text=text, choices=render.region_choices(turn.knowledge, turn.locale))
        return [reply], [c.Result(outcome="asked_back", topics=topics)], self.slots

    def _ask_in_region(self, topics: list[str], region: str) -> Made:
        turn = self.turn
        self.slots["pending_topics"] = topics
        names = turn.knowledge.in_region(region)
        picked = [render.choice(name) for name in names[:12]] + [render.choice(turn.phrase("undecided"))]
        reply = c.ChoicesReply(text=turn.phrase("which_in_region", region=region), choices=picked)
        return [reply], [c.Result(outcome="asked_back", topics=topics)], self.slots

    def _declined(self) -> Made:
        replies, records = self.answers.out_of_scope(self.turn, elsewhere=bool(self._places_elsewhere()))
        result = c.Result(
            outcome="declined", topics=["out_of_scope"], municipalities=self.places.named[:MAX_ANSWERS], records=records
        )
        return replies, [result], self.slots

    def _not_understood(self) -> Made:
        """Unsure: the nearest topics as choices. Lost: again, in other words; the second time the desk."""
        turn = self.turn
        if turn.message.get("language") == "other":
            languages = c.TextReply(text=turn.phrase("languages"), sources=self.answers.own_source())
            return [languages], [c.Result(outcome="declined", topics=["out_of_scope"])], self.slots
        lost = int(turn.slot("lost_count") or 0) + 1
        self.slots["lost_count"] = lost
        nearest = [topic for topic in turn.ranking if topic not in ("out_of_scope", "smalltalk")][:3]
        if lost >= LOST_BEFORE_DESK and turn.decision == "lost":
            return self._hand_off(nearest or ["human_handoff"], "lost", "lost_again", c.Unanswered(candidates=nearest))
        unsure = turn.decision == "unsure"
        shown = nearest if unsure else ["how_to_start", "house_hunting", "job_center", "support_overview"]
        picked = [render.topic_choice(turn.knowledge, topic, turn.locale) for topic in shown]
        picked.append(render.choice(turn.phrase("ask_person"), turn.phrase("ask_person_text")))
        reply = c.ChoicesReply(text=turn.phrase("unsure" if unsure else "lost"), choices=picked)
        result = c.Result(
            outcome="asked_back", topics=nearest or ["how_to_start"], municipalities=self.places.named[:MAX_ANSWERS]
        )
        return [reply], [result, c.Unanswered(candidates=nearest)], self.slots

    def _hand_off(self, topics: list[str], reason: Any, key: str, *more: Any) -> Made:
        turn = self.turn
        talked_of = [*turn.topics, *(turn.slot("last_topics") or [])]
        desk = self.answers.desk(turn, ["human_handoff", *talked_of]) or turn.knowledge.place.default_desk
        name = turn.knowledge.desks[desk].name.get(turn.locale)
        self.slots["lost_count"] = None
        reply = c.TextReply(text=turn.phrase(key, desk=name), sources=self.answers.own_source())
        named = self.places.named[:MAX_ANSWERS]
        result = c.Result(outcome="handed_off", topics=topics, municipalities=named, desk=desk)
        return [reply], [result, c.HandOff(desk=desk, reason=reason), *more], self.slots
