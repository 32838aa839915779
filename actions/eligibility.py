"""「もらえるか確かめる」: one question after the other until the rule is decided, then the verdict clause by clause."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import fields, household, origin, places, render
from actions.context import Turn, emit
from actions.forms import FormAction
from bot import commands as c
from knowledge import dates, eligibility, facts_told
from knowledge.eligibility import Result
from knowledge.loader import Knowledge
from knowledge.residence import place_in
from knowledge.rules import Fact, Rule

FORM = "eligibility_form"
PROGRAMME = "relocation_grant"
UNKNOWN = "?"  # the slot of a fact the resident does not know
DONT_KNOW = re.compile(
    r"(わか|分か|判)(ら|り)(ない|ません|ん)|不明|未定|まだ(決|きま|きめ|です|$)|(don't|do not|not) (know|sure)|not decided",
    re.IGNORECASE,
)
NONE = re.compile(r"いない|いません|おらん|おりません|なし|ゼロ|0人|none|no children|no kids", re.IGNORECASE)
FIX = "el_fix"  # the field that asks which answer to change
FIXES = re.compile(
    r"(その|前の|さっきの|今の)?(答え|回答)?[をは]?(直す|なおす|直したい|訂正(する|したい)?|変え(る|たい)|間違え(た|ました)|まちがえた)(です)?[。!]*"
    r"|(change|fix) (an|my|the) answers?[.!]*",
    re.IGNORECASE,
)
ANEW = re.compile(r"(はじめ|初め|最初)から|\b(start over|from the beginning|anew)\b", re.IGNORECASE)
DAY = re.compile(r"(?P<year>20\d\d)[年/-](?P<month>\d{1,2})[月/-](?P<day>\d{1,2})日?")


def slot_of(fact: str) -> str:
    return "el_" + fact.replace("[].", "_")


class ValidateEligibilityForm(FormAction):
    form, topic = FORM, PROGRAMME
    leaving = FormAction.leaving | {"request_consultation"}

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self.rule = knowledge.rules[PROGRAMME]
        self._facts = {slot_of(fact.name): fact for fact in self.rule.facts if fact.ask}

    def _all(self) -> list[str]:
        return [*self._facts, FIX]

    def fields(self, turn: Turn, filled: dict[str, Any]) -> list[str]:
        """What was answered, and what can still decide, the most decisive first; or which answer to change."""
        open_ = [slot_of(name) for name in weigh(self.rule, turn, filled).missing]
        open_ = [name for name in open_ if name in self._facts and name not in filled]
        requested = turn.slot("requested_slot")
        before = {name: turn.slot(name) for name in self._facts if turn.slot(name) is not None}
        again = requested in (None, FIX) and not open_ and before == filled  # nothing new was told
        fixing = requested != FIX and FIXES.fullmatch(turn.text.strip())
        return [*filled, *([FIX] if filled and (again or fixing) else open_)]

    def start(self, turn: Turn) -> dict[str, Any]:
        """What was left half-way goes on; what the message that starts it tells counts before it."""
        found: dict[str, Any] = {}
        named = places.read(turn).named
        place = named[0] if named else turn.slot("el_destination") or turn.slot("municipality")
        if place:
            found["el_destination"] = place
        if self.rule.area and (periods := origin.read(turn, self.rule.area)):
            found |= {name: None for name in self._facts if name.startswith("el_origin")} | {"el_origin": periods}
        return found

    def read(self, turn: Turn, field: str, filled: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        if FIXES.fullmatch(turn.text.strip()):
            return {}, None
        if field == FIX:
            return self._fix(turn, filled)
        fact = self._facts[field]
        value = self._value(turn, fact)
        if value is None and DONT_KNOW.search(turn.text):
            value = UNKNOWN
        if value is None:
            return {}, turn.phrase("eligibility", "errors", fact.type)
        if fact.of_period and value != UNKNOWN:
            return {field: value, slot_of(fact.of_period): _completed(fact, value, filled)}, None
        return {field: value}, None

    def _fix(self, turn: Turn, filled: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        """Forgets the answer to be changed (of a place also what was said of it), so that it is asked again."""
        if ANEW.search(turn.text):
            return dict.fromkeys(self._facts), None
        labels = {name: {"label": self._facts[name].meaning.model_dump()} for name in filled if name in self._facts}
        if not (picked := fields.choice_of(turn.text, labels)):
            return {}, turn.phrase("eligibility", "errors", "choice")
        return {name: None for name in self._facts if name.startswith(picked[0])}, None

    def _value(self, turn: Turn, fact: Fact) -> Any:
        match fact.type:
            case "periods":
                return origin.read(turn, self.rule.area) if self.rule.area else None
            case "bool":
                return fields.consent(turn)
            case "choice":
                labels = {str(one.value): {"label": one.label.model_dump(), "words": one.words} for one in fact.choices}
                return next(iter(fields.choice_of(turn.text, labels)), None)
            case "municipality":
                named = places.read(turn).named
                return named[0] if named else next(iter(turn.values("unknown_place")), None)
            case "date":
                return _day(turn) if fact.of_period is None else _since(turn)
            case "int":
                told = (household.read(turn.text) or {}).get("adults")
                return told or next((number for number in _numbers(turn) if 1 <= number <= 20), None)
            case "ages":
                if NONE.search(turn.text):
                    return []
                ages = [number for number in _numbers(turn) if number <= household.OLDEST]
                return (household.read(turn.text) or {}).get("children_ages") or ages or None
            case "text":
                if fact.of_period and self.rule.area:
                    periods = origin.read(turn, self.rule.area)
                    return periods[0]["lived"] if periods else turn.original[:60]
                return turn.original[:60] or None
        return None

    def prompt(self, turn: Turn, field: str, filled: dict[str, Any]) -> c.FormPromptReply:
        if field == FIX:
            asked = [self._facts[name].meaning.get(turn.locale) for name in filled if name in self._facts]
            picked = [render.choice(label) for label in asked[:12]] + [
                render.choice(turn.phrase("eligibility", "anew"))
            ]
            text = turn.phrase("eligibility", "which")
            return c.FormPromptReply(form=FORM, field=field, text=text, input="choice", choices=picked, progress=(1, 1))
        fact = self._facts[field]
        assert fact.ask
        yes_no = [render.choice(turn.phrase("eligibility", name)) for name in ("yes", "no")]
        choices = yes_no if fact.type == "bool" else [render.choice(one.label.get(turn.locale)) for one in fact.choices]
        if fact.type == "municipality":
            choices = render.region_choices(turn.knowledge, turn.locale)[:1]
        if fact.type == "ages":
            choices = [render.choice(turn.phrase("eligibility", "no_children"))]
        choices.append(render.choice(turn.phrase("eligibility", "dont_know")))
        text = fact.ask.get(turn.locale)
        if fact.of_period and filled.get(slot_of(fact.of_period)) not in (None, UNKNOWN):
            where = [period["lived"] for period in filled[slot_of(fact.of_period)]]
            lived = "・".join(
                place for place in where if self.rule.area and place_in(place, self.rule.area) != "outside"
            )
            text = turn.phrase("eligibility", "of_period", places=lived) + text
        kind: Any = "choice" if fact.type in ("bool", "choice") else "text"
        return c.FormPromptReply(form=FORM, field=field, text=text, input=kind, choices=choices, progress=(1, 1))

    def before_prompt(self, turn: Turn, field: str, filled: dict[str, Any], changed: dict[str, Any]) -> list[Any]:
        if turn.slot("requested_slot") is not None or field == FIX:
            return []
        text = turn.phrase("eligibility", "begin", title=self.rule.title.get(turn.locale))
        return [c.TextReply(text=text, sources=render.cited(self.rule.clauses[0].sources[:1]))]


class ActionSubmitEligibility(Action):
    """The verdict: what it is, the amount, what to do next, and every clause with its source."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge, self.rule = knowledge, knowledge.rules[PROGRAMME]

    def name(self) -> str:
        return "action_submit_eligibility"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        turn = Turn(self.knowledge, tracker)
        names = [slot_of(fact.name) for fact in self.rule.facts]
        filled = {name: turn.slot(name) for name in names if turn.slot(name) is not None}
        result = weigh(self.rule, turn, filled)
        place = filled.get("el_destination")
        fix = render.offer(self.knowledge, turn.locale, "eligibility", "fix")
        steps = render.next_steps(self.knowledge, turn.locale, "support_overview", first=fix)
        named = [place] if place in self.knowledge.municipalities else []
        told = c.Result(outcome="answered", topics=[PROGRAMME], municipalities=named)
        emit(dispatcher, [*verdict(turn, self.rule, result), steps], told)
        return [SlotSet("last_topics", [PROGRAMME])]  # the answers stay: any of them can be changed


def weigh(rule: Rule, turn: Turn, filled: dict[str, Any]) -> Result:
    """The rule on the slots: by the newest known version, for a year that nobody knows decides nothing to ask about."""
    by_slot = {slot_of(fact.name): fact for fact in rule.facts}
    told = {
        by_slot[name].name: value
        for name, value in filled.items()
        if name in by_slot and value != UNKNOWN and by_slot[name].of_period is None
    }
    facts = facts_told.read(rule, told, turn.knowledge.municipalities.__contains__)
    return eligibility.evaluate(rule, facts, turn.today)


def verdict(turn: Turn, rule: Rule, result: Result) -> list[Any]:
    """A sentence with the sources, and a card: amount, last day, where and with what to apply, what to confirm."""
    known = result.last_known
    word = known.verdict if known else result.verdict
    year = known.fiscal_year if known else None
    lines = [turn.phrase("eligibility", "verdict", word, title=rule.title.get(turn.locale))]
    if year:
        era = dates.spoken(str(year), turn.locale)
        lines.insert(0, turn.phrase("eligibility", "year_unknown", year=era))
    marks = {True: "○", False: "×", None: "？"}
    shown = [one for one in result.clauses if one.value is not True] or result.clauses
    if word == "no":
        shown = [one for one in shown if one.value is False]
    for one in shown:
        lines.append(f"{marks[one.value]} {one.clause.text.get(turn.locale)}")
    lines.append(turn.phrase("eligibility", "decides"))
    used = [source for one in shown for source in one.clause.sources[:1]]
    reply = c.TextReply(text="\n".join(lines), sources=render.cited(used)[:6])
    if word == "no":
        return [reply]
    return [reply, c.CardReply(title=rule.title.get(turn.locale), rows=_rows(turn, rule, result))]


def _rows(turn: Turn, rule: Rule, result: Result) -> list[tuple[str, str]]:
    def label(name: str) -> str:
        return turn.phrase("eligibility", "rows", name)

    known = result.last_known or result
    rows = []
    if known.amount_yen is not None:
        rows.append((label("amount"), yen(turn, known.amount_yen)))
    elif known.amount_range_yen:
        least, most = known.amount_range_yen
        text = turn.phrase("eligibility", "range", least=yen(turn, least), most=yen(turn, most))
        rows.append((label("amount"), text))
    if result.apply_by:
        rows.append((label("apply_by"), dates.spoken(result.apply_by.isoformat(), turn.locale)))
    rows.append((label("apply_at"), rule.apply_at.get(turn.locale)))
    if rule.prepare:
        rows.append((label("prepare"), "\n".join(text.get(turn.locale) for text in rule.prepare)))
    inferred = [one for one in result.clauses if one.clause.confidence == "inferred"]
    if inferred:
        rows.append((label("confirm"), "\n".join(one.clause.text.get(turn.locale) for one in inferred)))
    facts = {fact.name: fact.meaning.get(turn.locale) for fact in rule.facts}
    presumed = [facts[name] for name in result.presumed if name not in ("spouse_move_date",)]
    rows.append((label("presumed"), turn.phrase("eligibility", "presumed", facts="、".join(presumed))))
    return rows


def yen(turn: Turn, amount: int) -> str:
    if turn.locale == "en":
        return f"{amount:,} yen"
    return f"{amount:,}円" if amount % 10_000 else f"{amount // 10_000:,}万円"


def _completed(fact: Fact, value: Any, filled: dict[str, Any]) -> list[dict[str, Any]]:
    """The periods with what was said of those still open in this."""
    part = fact.name.partition("[].")[2]
    return [
        period | {part: value} if part == "lived" or period.get(part) is None else period
        for period in filled.get(slot_of(str(fact.of_period))) or []
    ]


def _day(turn: Turn) -> str | None:
    """A day, or the first day of the month that was said."""
    if found := DAY.search(turn.text):
        try:
            return dt.date(int(found["year"]), int(found["month"]), int(found["day"])).isoformat()
        except ValueError:
            return None
    said = turn.entities("date")
    return str(said[0]["value"]).partition("/")[0] + "-01" if said else None


def _since(turn: Turn) -> str | None:
    """「7年くらい」 or a year: the first day of a period that lasts until now."""
    numbers = _numbers(turn)
    if not numbers:
        return None
    if numbers[0] > 1900:
        return dt.date(numbers[0], 1, 1).isoformat() if numbers[0] <= turn.today.year else None
    return turn.today.replace(year=turn.today.year - numbers[0], day=1).isoformat() if numbers[0] < 100 else None


def _numbers(turn: Turn) -> list[int]:
    return [int(found) for found in re.findall(r"\d{1,4}", turn.text)][:12]
