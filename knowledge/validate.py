"""Is the knowledge fit to be told? Schema, references, dates, contradictions, gaps."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from knowledge import loader
from knowledge.dates import older_than
from knowledge.loader import Knowledge, KnowledgeError
from knowledge.models import NATIONWIDE, Record

STALE_CONTACT_MONTHS = 24
UNVERIFIED_MONTHS = 12
FIGURE = re.compile(r"\d+(?:,\d{3})*(?:円|万円|人|件|組|世帯|%|％)")


@dataclass(frozen=True)
class Finding:
    level: Literal["error", "note"]
    record: str
    message: str


def check(folder: Path, today: dt.date) -> list[Finding]:
    """Errors stop a release; notes are for the next review. A file that does not load is one error."""
    try:
        known = loader.load(folder)
    except KnowledgeError as error:
        return [Finding("error", "knowledge", str(error))]
    findings = [finding for record in known.records.values() for finding in _record(known, record, today)]
    return [*findings, *_topics(known), *_desks(known), *_contradictions(known), *_rules(known, today)]


def _record(known: Knowledge, record: Record, today: dt.date) -> Iterator[Finding]:
    def error(message: str) -> Finding:
        return Finding("error", record.id, message)

    def note(message: str) -> Finding:
        return Finding("note", record.id, message)

    if record.topic not in known.topics:
        yield error(f"topic {record.topic} does not exist")
    for place in record.scope:
        if place not in known.municipalities and place not in (known.place.prefecture, NATIONWIDE):
            yield error(f"scope {place} is no municipality")
    if record.replaced_by and record.replaced_by not in known.records:
        yield error(f"replaced_by {record.replaced_by} does not exist")
    if record.verified_on > today:
        yield error("verified_on lies in the future")
    if record.as_of < max(source.as_of for source in record.sources)[: len(record.as_of)]:
        yield note("a source is newer than as_of")
    if record.valid_to and record.valid_to < today and record.status in ("open", "planned"):
        yield error(f"past its end ({record.valid_to}) but still {record.status}")
    if FIGURE.search(record.text.ja) and not any(
        s.url or "資料" in s.title or "方針" in s.title for s in record.sources
    ):
        yield error("a figure without a checkable source")
    if older_than(record.verified_on.isoformat(), today, UNVERIFIED_MONTHS):
        yield note(f"not verified for more than {UNVERIFIED_MONTHS} months")
    if record.confidence == "inferred":
        yield note("inferred: said as such wherever it is told")
    for contact in record.contact:
        if not (contact.phone or contact.email or contact.address or contact.url):
            yield error("a contact without any way to reach it")
        if older_than(contact.source.as_of, today, STALE_CONTACT_MONTHS):
            yield note(f"contact is of {contact.source.as_of}: shown with its date and a request to confirm")


def _topics(known: Knowledge) -> Iterator[Finding]:
    for topic in known.topics.values():
        wide = [r for r in known.of_topic(topic.id) if known.place.prefecture in r.scope and known.types[r.id] == "faq"]
        if not wide:
            yield Finding("error", topic.id, "no answer for the whole prefecture")
        if topic.desk and topic.desk not in known.desks:
            yield Finding("error", topic.id, f"desk {topic.desk} does not exist")
    for name, municipality in known.municipalities.items():
        if municipality.region not in known.regions:
            yield Finding("error", name, f"region {municipality.region} does not exist")
        for former in municipality.former:
            if former.get("now") not in known.municipalities:
                yield Finding("error", name, f"former {former.get('name')} became no municipality of today")
    for ambiguous in known.ambiguous.values():
        for candidate in ambiguous.candidates:
            if candidate not in known.municipalities:
                yield Finding("error", ambiguous.text, f"candidate {candidate} is no municipality")


def _desks(known: Knowledge) -> Iterator[Finding]:
    served: dict[str, list[str]] = defaultdict(list)
    for desk in known.desks.values():
        for prefecture in desk.serves:
            served[prefecture].append(desk.id)
    for prefecture, desks in served.items():
        if len(desks) > 1:
            yield Finding("error", prefecture, f"nearest to several desks: {desks}")
    if len(served) != 47:
        yield Finding("error", "desks", f"{len(served)} of 47 prefectures have a nearest desk")
    if known.place.default_desk not in known.desks:
        yield Finding("error", "place", "default_desk does not exist")


def _rules(known: Knowledge, today: dt.date) -> Iterator[Finding]:
    for name, rule in known.rules.items():
        if rule.topic not in known.topics:
            yield Finding("error", name, f"topic {rule.topic} does not exist")
        if rule.record and rule.record not in known.records:
            yield Finding("error", name, f"record {rule.record} does not exist")
        named = [one.municipality for one in rule.per_child] + [one.municipality for one in rule.closed]
        for place in set(named) - set(known.municipalities):
            yield Finding("error", name, f"{place} is no municipality")
        if rule.versions and not any(v.valid_from <= today <= v.valid_to for v in rule.versions):
            yield Finding("note", name, f"no version covers {today}: told as unknown, with the newest one's answer")
        for clause in rule.clauses:
            if clause.confidence == "inferred":
                yield Finding("note", name, f"{clause.id} is inferred: to be confirmed with the municipality")


def _contradictions(known: Knowledge) -> Iterator[Finding]:
    """Two schemes of one name, place and period that differ in status: only one can be so."""
    seen: dict[tuple[str, ...], Record] = {}
    for record in known.records.values():
        if known.types[record.id] != "programme":
            continue
        key = (record.topic, record.title.ja, *sorted(record.scope), str(record.valid_from), str(record.valid_to))
        other = seen.setdefault(key, record)
        if other is not record and other.status != record.status:
            yield Finding("error", record.id, f"contradicts {other.id}: {record.status} and {other.status}")
