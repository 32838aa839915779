"""Puts an answer together: the record that fits best, what is known of the place, a next step."""

from __future__ import annotations

from typing import Any

from actions import render
from actions.context import Turn
from bot import commands as c
from knowledge.loader import Knowledge
from knowledge.models import NATIONWIDE, Record
from knowledge.search import Search

CARDS = 2
REGION_CARDS = 4
# How much better another record of the topic must fit than its first one to be said instead.
BETTER = 1.15
# Below this confidence of the engine an answer also offers the runner-up.
CERTAIN = 0.6
OUT_OF_SCOPE = "out_of_scope"
ELSEWHERE = "out_of_scope_other_prefecture"
# Topics whose conditions can be asked one by one, with the phrases of that offer.
CHECKED = {"relocation_grant": "eligibility", "support_overview": "support_form"}
DESK_TOPICS = frozenset({"desk_list", "desk_booking", "human_handoff", "how_to_start"})


class Answers:
    def __init__(self, knowledge: Knowledge, search: Search) -> None:
        self.knowledge, self.search = knowledge, search
        self._wide = {knowledge.place.prefecture, NATIONWIDE}

    def topic(self, turn: Turn, topic: str, named: list[str], *, brief: bool) -> tuple[list[Any], list[str]]:
        """Replies for one topic and the ids of the records they were made from."""
        if topic == "municipality_profile" and named:
            return self._profiles(turn, named[:3])
        ranked = self.search.best(turn.original, self.knowledge.of_topic(topic))
        wide = [(record, score) for record, score in ranked if self._wide & set(record.scope)]
        local = [
            r for r, score in ranked if set(named) & set(r.scope) and (score > 0 or self.knowledge.types[r.id] != "faq")
        ]
        if local:
            used = local[: CARDS if len(named) == 1 else REGION_CARDS]
            replies = self._specific(turn, used)
        else:
            replies, used = self._general(turn, topic, wide, named, brief=brief)
        if topic in DESK_TOPICS and not brief:
            replies += self._desk_cards(turn)
        return replies, [record.id for record in used]

    def _specific(self, turn: Turn, records: list[Record]) -> list[Any]:
        """What is known of the place itself: the best record in words, its figures as a card, then the others."""
        first, *others = records
        replies: list[Any] = [render.text_reply(self.knowledge, first, turn.locale, turn.today)]
        figures = render.card(self.knowledge, first, turn.locale, turn.today)
        if figures.rows or figures.links:
            replies.append(figures.model_copy(update={"text": "", "sources": []}))
        return replies + self._cards(turn, others)

    def _general(
        self, turn: Turn, topic: str, wide: list[tuple[Record, float]], named: list[str], *, brief: bool
    ) -> tuple[list[Any], list[Record]]:
        """What holds for the whole prefecture; where a place was named, that nothing is known of it."""
        main = self._main(topic, wide)
        before = ""
        if named:
            names = "・".join(named[:3])
            before = turn.phrase("nothing_for_place", place=names if len(named) <= 3 else names + "…")
        replies: list[Any] = []
        used: list[Record] = []
        if main:
            replies.append(render.text_reply(self.knowledge, main, turn.locale, turn.today, before))
            used.append(main)
        if topic not in DESK_TOPICS and not brief:
            extra = self._extra(wide, main)
            replies += self._cards(turn, extra)
            used += extra
        return replies, used

    def _main(self, topic: str, wide: list[tuple[Record, float]]) -> Record | None:
        """The topic's first answer, unless another one fits the words clearly better."""
        answers = [(r, score) for r, score in wide if self.knowledge.types[r.id] == "faq"]
        if not answers:
            return wide[0][0] if wide else None
        first = next(r for r in self.knowledge.of_topic(topic) if self.knowledge.types[r.id] == "faq")
        base = next((score for record, score in answers if record.id == first.id), 0.0)
        best, score = answers[0]
        return best if score > base * BETTER and score > 0 else first

    def _extra(self, wide: list[tuple[Record, float]], main: Record | None) -> list[Record]:
        """One more card: a scheme or a figure of the whole prefecture that shares words with the question."""
        found = [r for r, score in wide if self.knowledge.types[r.id] != "faq" and score > 0 and r is not main]
        return found[:1]

    def _cards(self, turn: Turn, records: list[Record]) -> list[c.CardReply]:
        return [render.card(self.knowledge, record, turn.locale, turn.today) for record in records]

    def _profiles(self, turn: Turn, named: list[str]) -> tuple[list[Any], list[str]]:
        replies: list[Any] = []
        used: list[str] = []
        for name in named:
            replies.append(self._profile(turn, name))
            known = [
                r for r in self.knowledge.records.values() if name in r.scope and self.knowledge.types[r.id] != "fact"
            ]
            for record in [r for r, _ in self.search.best(turn.original, known)][:CARDS]:
                replies.append(render.card(self.knowledge, record, turn.locale, turn.today))
                used.append(record.id)
        return replies, used

    def _profile(self, turn: Turn, name: str) -> c.TextReply:
        m = self.knowledge.municipalities[name]
        kind = turn.phrase("kinds", name[-1])
        lines = [
            turn.phrase(
                "profile", name=name, kana=m.kana, romaji=m.romaji, county=m.county or "", kind=kind, region=m.region
            )
        ]
        if m.former:
            lines.append(turn.phrase("profile_former", former="、".join(f["name"] for f in m.former)))
        source = c.Source(title=turn.phrase("profile_source"), url=None, as_of=self.knowledge.place.names_as_of)
        return c.TextReply(text="\n".join(lines), sources=[source])

    def _desk_cards(self, turn: Turn) -> list[c.CardReply]:
        """The desk for this resident, as far as one is known; all desks otherwise."""
        picked = self.desk(turn, ["desk_list"])
        desks = [self.knowledge.desks[picked]] if picked else list(self.knowledge.desks.values())
        cards = []
        for desk in desks:
            sources = render.sources(desk)
            rows = [render.contact_row(self.knowledge, contact, turn.locale) for contact in desk.contact]
            text = desk.about.get(turn.locale)
            cards.append(c.CardReply(title=desk.name.get(turn.locale), text=text, rows=rows, sources=sources))
        return cards

    def desk(self, turn: Turn, topics: list[str]) -> str | None:
        """The desk a question about desks means: the one named, else by the other topics and the residence."""
        if not DESK_TOPICS & set(topics):
            return None
        named = [desk for desk in turn.values("desk") if desk in self.knowledge.desks]
        if named:
            return named[0]
        residence = (turn.values("residence") or [turn.slot("residence")])[0]
        return self.knowledge.desk_for(topics, residence)

    def closing(self, turn: Turn, topics: list[str], named: list[str]) -> c.ChoicesReply:
        """What to do next: narrow to a municipality, or the desk."""
        knowledge, locale = self.knowledge, turn.locale
        entry = knowledge.topics[topics[-1]]
        if asks := CHECKED.get(topics[-1]):
            other = next(topic for topic in CHECKED if topic != topics[-1])
            return render.next_steps(knowledge, locale, other, first=render.offer(knowledge, locale, asks))
        if entry.municipal != "no" and not named:
            picked = render.region_choices(knowledge, locale)[:11]
            picked.append(render.choice(turn.phrase("ask_desk"), turn.phrase("ask_desk_text")))
            return c.ChoicesReply(text=turn.phrase("narrow"), choices=picked)
        near = dict.fromkeys((*self._runner_up(turn), *RELATED.get(entry.group, ())))
        related = [topic for topic in near if topic not in topics][:2]
        return render.next_steps(knowledge, locale, *related)

    @staticmethod
    def _runner_up(turn: Turn) -> list[str]:
        """The second nearest topic, where the first was near but not certain."""
        ranked = turn.message.get("topic_ranking") or []
        if len(ranked) < 2 or ranked[0]["confidence"] >= CERTAIN:
            return []
        return [t for t in turn.ranking[1:2] if t not in ("out_of_scope", "smalltalk")]

    def out_of_scope(self, turn: Turn, *, elsewhere: bool) -> tuple[list[Any], list[str]]:
        """Says so, and what this desk can do instead; each kind of matter has its own sentence."""
        known = self.knowledge.of_topic(OUT_OF_SCOPE)
        if elsewhere:
            record = next(r for r in known if r.id == ELSEWHERE)
        else:  # a word that only a text has in common says nothing: that of a lawyer for somebody in despair
            ranked = (r for r, score in self.search.best(turn.original, known) if score)
            record = next(iter(self.search.named(turn.original, ranked)), known[0])
        replies = [
            render.text_reply(self.knowledge, record, turn.locale, turn.today),
            render.next_steps(self.knowledge, turn.locale, "how_to_start", "support_overview"),
        ]
        return replies, [record.id]

    def own_source(self) -> list[c.Source]:
        """The desk's own policy, the source of what it says about itself."""
        return render.sources(next(r for r in self.knowledge.of_topic("human_handoff")))


RELATED = {
    "housing": ("vacant_house_bank", "housing_subsidy", "trial_stay"),
    "money": ("relocation_grant", "housing_subsidy", "cost_of_living"),
    "work": ("job_center", "relocation_grant", "telework"),
    "life": ("municipality_choice", "house_hunting", "childcare_education"),
    "events": ("event_list", "relocation_tour", "online_yoriai"),
    "connection": ("connection_about", "connection_join", "event_list"),
    "policy": ("support_overview", "relocation_statistics"),
    "desk": ("desk_booking", "how_to_start"),
    "service": ("how_to_start", "support_overview"),
}
