"""The evaluation's messages are unseen: none of them trains the model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.bootstrap import KNOWLEDGE
from bot.evaluation import read
from knowledge import loader
from nlu import check
from nlu.text import key, normalise
from tests.live import ROOT

FILES = sorted((ROOT / "tests" / "unseen").glob("*.jsonl"))


@pytest.fixture(scope="module")
def trained() -> set[str]:
    return {key(normalise(sentence.text).text) for sentence in check.read()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_message_is_a_training_sentence(path: Path, trained: set[str]) -> None:
    texts = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    assert [text for text in texts if key(normalise(text).text) in trained] == []


def test_every_file_can_be_read_and_covers_every_topic() -> None:
    knowledge = loader.load(KNOWLEDGE)
    assert len(FILES) >= 4
    for path in FILES:
        items = read(path, knowledge)
        assert {topic for item in items for topic in item.topics} == set(knowledge.topics), path
        assert all(item.municipalities is not None for item in items), path
