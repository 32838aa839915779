"""「わたしは何が使える？」: at most four questions, then every programme with a rule, the likeliest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import fields, household, origin, places, render
from actions.context import Turn, emit
from actions.eligibility import DONT_KNOW, PROGRAMME, UNKNOWN, yen
from actions.forms import FormAction
from bot import commands as c
from knowledge import eligibility, facts_told
from knowledge.eligibility import Result
from knowledge.loader import Knowledge
from knowledge.residence import place_in
from knowledge.rules import Is, Rule

FORM = "support_form"
FIELDS = ["sup_origin", "sup_destination", "sup_household", "sup_work"]
CARDS = 3
SCHOOL_AGE = 6
Fit = Literal["fits", "ask", "ended", "no"]
ORDER: tuple[Fit, ...] = ("fits", "ask", "ended", "no")


class ValidateSupportForm(FormAction):
    form, topic = FORM, "support_overview"
    leaving = FormAction.leaving | {"request_consultation"}

    def _all(self) -> list[str]:
        return FIELDS

    def fields(self, turn: Turn, filled: dict[str, Any]) -> list[str]:
        return FIELDS

    def start(self, turn: Turn) -> dict[str, Any]:
        """Anew each time, with what was told before and in the message that starts it."""
        told = turn.slot("facts") or {}
        before = "、".join([*map(str, told.get("ages") or []), str(told.get("family") or ""), turn.text])
        named = places.read(turn).named or ([turn.slot("municipality")] if turn.slot("municipality") else [])
        family = household.read(before)
        return {
            "sup_origin": self._origin(turn) or self._residence(turn),
            "sup_destination": named[0] if named else None,
            "sup_household": family if family and {"age", "adults"} <= family.keys() else None,
            "sup_work": None,
        }

    def read(self, turn: Turn, field: str, filled: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        value: Any
        if field == "sup_origin":
            value = self._origin(turn)
        elif field == "sup_destination":
            found = places.read(turn)
            named = found.named or found.likely
            value = named[0] if named else (UNKNOWN if places.UNDECIDED.search(turn.text) else None)
        elif field == "sup_household":
            value = household.read(turn.text)
        else:
            entries = turn.knowledge.phrases[FORM]["sup_work"]["choices"]
            value = next(iter(fields.choice_of(turn.text, entries)), None)
        if value is None and DONT_KNOW.search(turn.text):
            value = UNKNOWN
        return ({field: value}, None) if value is not None else ({}, turn.phrase(FORM, field, "error"))

    def prompt(self, turn: Turn, field: str, filled: dict[str, Any]) -> c.FormPromptReply:
        entry = turn.knowledge.phrases[FORM][field]
        choices = [render.choice(item["label"][turn.locale]) for item in entry.get("choices", {}).values()]
        if field == "sup_destination":
            choices = render.region_choices(turn.knowledge, turn.locale)[-1:]
        text = entry["prompt"][turn.locale]
        kind: Any = "choice" if entry.get("choices") else "text"
        return c.FormPromptReply(form=FORM, field=field, text=text, input=kind, choices=choices, progress=(1, 4))

    @staticmethod
    def _origin(turn: Turn) -> list[dict[str, Any]] | None:
        area = turn.knowledge.rules[PROGRAMME].area
        return origin.read(turn, area) if area else None

    @staticmethod
    def _residence(turn: Turn) -> list[dict[str, Any]] | None:
        """A prefecture told before is enough, unless it is one of those where the town or ward decides."""
        lived, area = turn.slot("residence"), turn.knowledge.rules[PROGRAMME].area
        return [{"lived": lived}] if lived and area and place_in(lived, area) == "outside" else None


class ActionSubmitSupport(Action):
    """What fits, what has to be asked for, what has ended, what does not fit; the likeliest three as cards."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def name(self) -> str:
        return "action_submit_support"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        turn = Turn(self.knowledge, tracker)
        place = turn.slot("sup_destination")
        found = programmes(turn, told(turn))
        offer = render.offer(self.knowledge, turn.locale, "eligibility")
        steps = render.next_steps(self.knowledge, turn.locale, first=offer)
        named = [place] if place in self.knowledge.municipalities else []
        result = c.Result(outcome="answered", topics=["support_overview"], municipalities=named)
        emit(dispatcher, [*_replies(turn, found), steps], result)
        return [SlotSet(name, None) for name in FIELDS] + [SlotSet("last_topics", ["support_overview"])]


@dataclass(frozen=True)
class Programme:
    rule: Rule
    result: Result
    fit: Fit


def told(turn: Turn) -> dict[str, Any]:
    """The four answers as facts of the rules."""
    answers = {name: turn.slot(name) for name in FIELDS if turn.slot(name) not in (None, UNKNOWN)}
    found: dict[str, Any] = {}
    if periods := answers.get("sup_origin"):
        found["origin"] = periods
        found["move_date"] = turn.today.isoformat()  # for an estimate: as if they moved from there now
        found["moves_from_outside"] = not periods[-1]["lived"].startswith(turn.knowledge.place.prefecture)
    if "sup_destination" in answers:
        found["destination"] = answers["sup_destination"]
    family = answers.get("sup_household") or {}
    found |= {name: family[name] for name in ("age", "adults", "children_ages") if name in family}
    if "children_ages" in family:
        ages = family["children_ages"]
        if SCHOOL_AGE not in ages or min(ages) < SCHOOL_AGE:  # at six it depends on the month
            found["preschool_child"] = any(age < SCHOOL_AGE for age in ages)
    if "sup_work" in answers:
        found |= turn.knowledge.phrases[FORM]["sup_work"]["choices"][answers["sup_work"]]["facts"]
    return found


def programmes(turn: Turn, facts: dict[str, Any]) -> list[Programme]:
    """Each with its result, best first; those of other towns than the one meant are left out."""
    found = []
    for rule in turn.knowledge.rules.values():
        names = {fact.name for fact in rule.facts}
        own = {name: value for name, value in facts.items() if name in names}
        read = facts_told.read(rule, own, turn.knowledge.municipalities.__contains__)
        result = eligibility.evaluate(rule, read, turn.today)
        fit = _fit(rule, result)
        named = facts.get("destination")
        if _elsewhere(result) and (named or fit in ("no", "ended")):
            continue
        found.append(Programme(rule, result, fit))
    return sorted(found, key=lambda one: (ORDER.index(one.fit), _elsewhere(one.result), -_met(one.result), -_most(one)))


def _fit(rule: Rule, result: Result) -> Fit:
    """`fits`: all that can be told of the household is met, and only the office knows the rest."""
    verdict = result.last_known.verdict if result.last_known else result.verdict
    if verdict == "no":
        return "no"
    if rule.status in ("ended", "closed", "budget_exhausted"):
        return "ended"
    return "ask" if result.missing else "fits"


def _elsewhere(result: Result) -> bool:
    """Whether it is a town's own, and that town was not named."""
    return any(
        one.value is not True and isinstance(one.clause.when, Is) and one.clause.when.fact == "destination"
        for one in result.clauses
    )


def _met(result: Result) -> float:
    return sum(one.value is True for one in result.clauses) / len(result.clauses)


def _most(one: Programme) -> int:
    """Yen: what this household would get, else the most that the rule names."""
    known = one.result.last_known or one.result
    newest = one.rule.versions[-1].amounts if one.rule.versions else None
    return (
        known.amount_yen
        or max(known.amount_range_yen or (0,))
        or one.rule.max_yen
        or (newest.household_yen if newest else 0)
    )


def _replies(turn: Turn, found: list[Programme]) -> list[Any]:
    lines = [turn.phrase(FORM, "done" if found else "nothing")]
    for fit in ORDER:
        own = [one for one in found if one.fit == fit]
        if own:
            lines.append(turn.phrase(FORM, "fit", fit))
            lines += [f"・{one.rule.title.get(turn.locale)}{_short(turn, one)}" for one in own]
    lines.append(turn.phrase("eligibility", "decides"))
    shown = [one for one in found if one.fit in ("fits", "ask")][:CARDS]
    sources = [source for one in shown or found[:CARDS] for source in one.rule.clauses[0].sources[:1]]
    return [c.TextReply(text="\n".join(lines), sources=render.cited(sources)), *(_card(turn, one) for one in shown)]


def _short(turn: Turn, one: Programme) -> str:
    """The amount of what fits; why it does not, of what does not."""
    if one.fit == "no":
        refused = next(c.clause for c in one.result.clauses if c.value is False)
        return turn.phrase(FORM, "because", text=refused.text.get(turn.locale))
    most = _most(one)
    return turn.phrase(FORM, "up_to", amount=yen(turn, most)) if most else ""


def _card(turn: Turn, one: Programme) -> c.CardReply:
    def label(name: str) -> str:
        return turn.phrase("eligibility", "rows", name)

    open_ = [part.clause.text.get(turn.locale) for part in one.result.clauses if part.value is None]
    rows = [(label("confirm"), "\n".join(open_))] if open_ else []
    rows.append((label("apply_at"), one.rule.apply_at.get(turn.locale)))
    record = turn.knowledge.records.get(one.rule.record or "")
    links: list[c.Link] = []
    if record:
        links = [c.Link(label=link.label.get(turn.locale), url=str(link.url)) for link in record.links]
        rows += [render.contact_row(turn.knowledge, contact, turn.locale) for contact in record.contact]
    return c.CardReply(
        title=one.rule.title.get(turn.locale),
        text=turn.phrase(FORM, "fit", one.fit) + _short(turn, one),
        rows=rows,
        links=links,
        sources=render.cited(one.rule.clauses[0].sources[:1]),
    )
