"""Makes a stock Rasa project of this project's sentences and answers: an intent, a rule and the answers
a topic, and a few stories. Runs in the app's environment; the result is plain files.
"""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from nlu import check

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
COPIED = ("config.yml", "endpoints.yml", "credentials.yml")
ACTION = "action_lookup"


def content_hash() -> str:
    """16 hex digits over everything the stock model is trained from."""
    digest = hashlib.sha256()
    digest.update(json.dumps([[s.topic, s.text] for s in check.read()], ensure_ascii=False).encode())
    for path in (*(HERE / name for name in COPIED), Path(__file__), ROOT / "requirements" / "engine.txt"):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def write_project(folder: Path) -> None:
    """Writes config, domain, data/ and answers.json into `folder`."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        (folder / name).write_text((HERE / name).read_text("utf-8"), "utf-8")
    texts: dict[str, list[str]] = {}
    for sentence in check.read():
        texts.setdefault(sentence.topic, []).append(sentence.text)
    topics = sorted(texts)
    _dump(folder / "domain.yml", {"intents": topics, "actions": [ACTION], "responses": {}})
    nlu = [{"intent": t, "examples": "".join(f"- {_escape(x)}\n" for x in dict.fromkeys(texts[t]))} for t in topics]
    _dump(folder / "data" / "nlu.yml", {"nlu": nlu})
    rules = [{"rule": f"answer {topic}", "steps": [{"intent": topic}, {"action": ACTION}]} for topic in topics]
    _dump(folder / "data" / "rules.yml", {"rules": rules})
    _dump(folder / "data" / "stories.yml", {"stories": [_story(pair) for pair in list(pairwise(topics))[::5]]})
    answers = json.dumps(_answers(), ensure_ascii=False)
    (folder / "answers.json").write_text(answers, "utf-8")


def _story(topics: tuple[str, str]) -> dict[str, Any]:
    steps = [step for topic in topics for step in ({"intent": topic}, {"action": ACTION})]
    return {"story": " then ".join(topics), "steps": steps}


def _answers() -> dict[str, list[dict[str, str]]]:
    """The Japanese answers by topic: title, text, source."""
    found: dict[str, list[dict[str, str]]] = {}
    for path in sorted((ROOT / "knowledge" / "data" / "faq").glob("*.yml")):
        for record in yaml.safe_load(path.read_text("utf-8")):
            source = (record.get("sources") or [{}])[0].get("url", "")
            answer = {"title": record["title"]["ja"], "text": record["text"]["ja"], "source": source}
            found.setdefault(record["topic"], []).append(answer)
    return found


def _escape(text: str) -> str:
    """Rasa reads [ ] ( ) as an entity's marks."""
    return text.translate(str.maketrans("[](){}", "［］（）｛｝"))


def _dump(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump({"version": "3.1", **content}, allow_unicode=True, sort_keys=False), "utf-8")
