"""YAML conversations over HTTP against the real desk. What a turn is compared with: `README` in the first file.

A turn: `say` and any of `outcome`, `topics`, `municipalities`, `desk`, `contains` (texts that must occur in the
replies), `lacks`, `field` (of the last form_prompt), `error` (true: the prompt carries one), `choices` (labels that
must be offered), `cited` (true: a reply has a source with a date).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.live import Live

FOLDER = Path(__file__).parent


def conversations() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.yml")):
        for conversation in yaml.safe_load(path.read_text("utf-8")):
            found.append(pytest.param(conversation, id=f"{path.stem}: {conversation['name']}"))
    return found


@pytest.mark.parametrize("conversation", conversations())
def test_conversation(live: Live, conversation: dict[str, Any]) -> None:
    talk = live.talk(conversation.get("locale", "ja"))
    for step in conversation["turns"]:
        turn = talk.say(step["say"])
        problems = list(differences(step, turn))
        assert not problems, f"{step['say']}: {problems}\n{json.dumps(turn, ensure_ascii=False, indent=1)[:3000]}"


def test_what_is_cancelled_or_refused_leaves_no_row(live: Live) -> None:
    cancelled, refused, stored = live.talk(), live.talk(), live.talk()
    for talk, answers in (
        (cancelled, ["はい", "阿蘇市", "住まい", "やめます"]),
        (refused, ["いいえ"]),
        (stored, ["はい", "阿蘇市", "住まい", "夫婦", "来年の春", "おまかせ", "この画面", "花子", "はい"]),
    ):
        for text in ("相談を申し込みたいです", *answers):
            turn = talk.say(text)
    assert turn["outcome"] == "stored"
    leads = json.loads(live.iju("leads", "export", "--json").stdout)["leads"]
    assert [
        sum(row["conversation_id"] == talk.conversation_id for row in leads) for talk in (cancelled, refused, stored)
    ] == [0, 0, 1]


def differences(step: dict[str, Any], turn: dict[str, Any]) -> Any:
    said = json.dumps(turn["replies"], ensure_ascii=False)
    prompts = [reply for reply in turn["replies"] if reply["type"] == "form_prompt"]
    labels = [choice["label"] for reply in turn["replies"] for choice in reply.get("choices", [])]
    cited = any(source["as_of"] for reply in turn["replies"] for source in reply.get("sources", []))
    for key in ("outcome", "topics", "municipalities", "desk"):
        if key in step and turn[key] != step[key]:
            yield f"{key}: {turn[key]} is not {step[key]}"
    for text in step.get("contains", []):
        if text not in said:
            yield f"lacks {text}"
    for text in step.get("lacks", []):
        if text in said:
            yield f"contains {text}"
    if "field" in step and (not prompts or prompts[-1]["field"] != step["field"]):
        yield f"asks {prompts[-1]['field'] if prompts else 'nothing'}, not {step['field']}"
    if "error" in step and bool(prompts and prompts[-1]["error"]) != step["error"]:
        yield f"error: {prompts and prompts[-1]['error']}"
    for label in step.get("choices", []):
        if label not in labels:
            yield f"does not offer {label}"
    if step.get("cited") and not cited:
        yield "cites nothing"
