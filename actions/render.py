"""From knowledge records to replies: what is said of a record's date, status and certainty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from actions.context import phrase
from bot.commands import CardReply, Choice, ChoicesReply, Link, Source, TextReply
from knowledge import dates
from knowledge.loader import Knowledge
from knowledge.models import Contact, Desk, Record
from knowledge.models import Source as KnownSource

DATED_AFTER_MONTHS = 11
LABEL_LIMIT = 20


def sources(record: Record | Desk) -> list[Source]:
    return cited(record.sources)


def cited(known: Iterable[KnownSource]) -> list[Source]:
    """Each once, in order."""
    found = [Source(title=one.title, url=str(one.url) if one.url else None, as_of=one.as_of) for one in known]
    return [source for at, source in enumerate(found) if source not in found[:at]]


def caveats(knowledge: Knowledge, record: Record, locale: str, today: dt.date) -> list[str]:
    """Sentences a reader must see with the record: ended, past its year, inferred."""
    said = []
    if record.status in ("ended", "closed", "budget_exhausted", "planned"):
        said.append(phrase(knowledge, locale, record.status))
    if record.valid_to and record.valid_to < today and record.status != "ended":
        date = dates.spoken(record.valid_to.isoformat(), locale)
        said.append(phrase(knowledge, locale, "past_validity", date=date))
    if record.confidence == "inferred":
        said.append(phrase(knowledge, locale, "inferred"))
    return said


def dated(knowledge: Knowledge, record: Record, locale: str, today: dt.date) -> str:
    """「（2022年（令和4年）12月時点の情報です）」 once a record is about a year old, unless its text says so."""
    text = record.text.get(locale)
    year = record.as_of[:4]
    if not dates.older_than(record.as_of, today, DATED_AFTER_MONTHS) or year in text:
        return ""
    return phrase(knowledge, locale, "dated", date=dates.spoken(record.as_of, locale))


def body(knowledge: Knowledge, record: Record, locale: str, today: dt.date) -> str:
    parts = [
        record.text.get(locale) + dated(knowledge, record, locale, today),
        *caveats(knowledge, record, locale, today),
    ]
    return "\n".join(part for part in parts if part)


def text_reply(knowledge: Knowledge, record: Record, locale: str, today: dt.date, before: str = "") -> TextReply:
    text = body(knowledge, record, locale, today)
    return TextReply(text=f"{before}\n{text}" if before else text, sources=sources(record))


def card(knowledge: Knowledge, record: Record, locale: str, today: dt.date) -> CardReply:
    rows = [(row.label.get(locale), row.value.get(locale)) for row in record.rows]
    rows += [contact_row(knowledge, contact, locale) for contact in record.contact]
    return CardReply(
        title=record.title.get(locale),
        text=body(knowledge, record, locale, today),
        rows=rows,
        links=[Link(label=link.label.get(locale), url=str(link.url)) for link in record.links],
        sources=sources(record),
    )


def contact_row(knowledge: Knowledge, contact: Contact, locale: str) -> tuple[str, str]:
    """A contact is always shown with the day its source showed it, and the request to confirm."""
    label = phrase(knowledge, locale, "contact_row", date=dates.spoken(contact.source.as_of, locale))
    hours = contact.hours.get(locale) if contact.hours else None
    values = [contact.name.get(locale), contact.phone, contact.email, contact.address, hours]
    return label, "\n".join(value for value in values if value)


def choice(label: str, text: str | None = None) -> Choice:
    """A button; a label too long for LINE is cut, the text it sends is not."""
    return Choice(label=label if len(label) <= LABEL_LIMIT else label[: LABEL_LIMIT - 1] + "…", text=text or label)


def topic_choice(knowledge: Knowledge, topic: str, locale: str) -> Choice:
    entry = knowledge.topics[topic]
    return choice(entry.label.get(locale), entry.ask.get(locale))


def region_choices(knowledge: Knowledge, locale: str, first: list[str] | None = None) -> list[Choice]:
    """The prefecture's areas, the capital by its own name, and 「まだ決めていない」: 12 buttons or 13."""
    picked = [choice(name) for name in (first or [])[:1] if name != knowledge.place.capital]
    picked.append(choice(knowledge.place.capital))
    for region in knowledge.regions:
        if knowledge.in_region(region) != [knowledge.place.capital]:
            picked.append(choice(phrase(knowledge, locale, "region_area", region=region), f"{region}地域"))
    return [*picked, choice(phrase(knowledge, locale, "undecided"))]


def offer(knowledge: Knowledge, locale: str, form: str, what: str = "check") -> Choice:
    """The button that begins (`check`) or mends (`fix`) what a form asks: its words stand with the form's phrases."""
    return choice(phrase(knowledge, locale, form, what), phrase(knowledge, locale, form, f"{what}_text"))


def next_steps(knowledge: Knowledge, locale: str, *topics: str, first: Choice | None = None) -> ChoicesReply:
    picked = [first] if first else []
    picked += [topic_choice(knowledge, topic, locale) for topic in topics if topic in knowledge.topics]
    picked.append(choice(phrase(knowledge, locale, "ask_desk"), phrase(knowledge, locale, "ask_desk_text")))
    picked.append(choice(phrase(knowledge, locale, "ask_person"), phrase(knowledge, locale, "ask_person_text")))
    return ChoicesReply(text=phrase(knowledge, locale, "what_next"), choices=picked)
