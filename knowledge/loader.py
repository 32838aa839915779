"""Reads `knowledge/data` into typed records. Nothing is read at import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from knowledge.models import AmbiguousName, Desk, Municipality, Place, Record, Strict, Topic
from knowledge.rules import Fact, Rule, used_facts

RECORD_TYPES = ("faq", "programme", "fact")
M = TypeVar("M", bound=Strict)


class KnowledgeError(Exception):
    """A file that cannot be used; the message names file, record and reason."""


@dataclass(frozen=True)
class Knowledge:
    """Everything the desk knows, by id. `place` describes the prefecture itself."""

    place: Place
    topics: dict[str, Topic]
    records: dict[str, Record]
    types: dict[str, str]
    municipalities: dict[str, Municipality]
    ambiguous: dict[str, AmbiguousName]
    regions: list[str]
    desks: dict[str, Desk]
    phrases: dict[str, Any]
    rules: dict[str, Rule]

    @cached_property
    def codes(self) -> dict[str, str]:
        """Official name → code."""
        return {name: municipality.code for name, municipality in self.municipalities.items()}

    def in_region(self, region: str) -> list[str]:
        return [name for name, municipality in self.municipalities.items() if municipality.region == region]

    def desk_for(self, topics: Iterable[str], residence: str | None) -> str | None:
        """The desk of the first topic that has its own, else the nearest to the prefecture of residence."""
        own = (self.topics[topic].desk for topic in topics if topic in self.topics)
        nearest = (desk.id for desk in self.desks.values() if residence in desk.serves)
        return next(chain(filter(None, own), nearest), None)

    def of_topic(self, topic: str) -> list[Record]:
        return self._by_topic.get(topic, [])

    @cached_property
    def _by_topic(self) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for record in self.records.values():
            found.setdefault(record.topic, []).append(record)
        return found


def load(folder: Path) -> Knowledge:
    """Raises `KnowledgeError` at the first file that breaks the schema or repeats an id."""
    records: dict[str, Record] = {}
    types: dict[str, str] = {}
    for kind in RECORD_TYPES:
        for path in sorted((folder / kind).glob("*.yml")):
            for record in _models(path, Record, _read(path) or []):
                if record.id in records:
                    raise KnowledgeError(f"{path.name}: the id {record.id} is taken already")
                if record.topic != path.stem:
                    raise KnowledgeError(f"{path.name}: {record.id} has the topic {record.topic}")
                records[record.id], types[record.id] = record, kind
    places = folder / "municipalities.yml"
    data = _read(places)
    return Knowledge(
        place=next(_models(folder / "place.yml", Place, [_read(folder / "place.yml")])),
        topics={topic.id: topic for topic in _models(folder / "topics.yml", Topic, _read(folder / "topics.yml"))},
        records=records,
        types=types,
        municipalities={m.name: m for m in _models(places, Municipality, data["municipalities"])},
        ambiguous={a.text: a for a in _models(places, AmbiguousName, data["ambiguous"])},
        regions=list(data["regions"]),
        desks={desk.id: desk for desk in _models(folder / "desks.yml", Desk, _read(folder / "desks.yml"))},
        phrases=_read(folder / "phrases.yml"),
        rules={rule.programme: rule for rule in _rules(folder / "rules")},
    )


def _rules(folder: Path) -> Iterator[Rule]:
    """The rules of a folder, each with those facts of `facts.yml` that its clauses name."""
    facts = [fact.model_dump() for fact in _models(folder / "facts.yml", Fact, _read(folder / "facts.yml"))]
    for path in sorted(folder.glob("*.yml")):
        if path.stem == "facts":
            continue
        for rule in _models(path, Rule, [{**_read(path), "facts": facts}]):
            if rule.programme != path.stem:
                raise KnowledgeError(f"{path.name}: it is the rule of {rule.programme}")
            used = used_facts(rule)
            own = [fact for fact in rule.facts if fact.name in used or fact.of_period in used]
            yield rule.model_copy(update={"facts": own})


def _read(path: Path) -> Any:
    try:
        return yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise KnowledgeError(f"{path.name}: {error}") from error


def _models(path: Path, model: type[M], items: list[Any]) -> Iterator[M]:
    for number, item in enumerate(items, 1):
        try:
            yield model.model_validate(item)
        except ValidationError as error:
            name = item.get("id") or item.get("name") or number if isinstance(item, dict) else number
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise KnowledgeError(f"{path.name}: {name}: {where}: {first['msg']}") from error
