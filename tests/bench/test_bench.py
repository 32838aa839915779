"""What the benchmarks' figures rest on; the benchmarks themselves are run by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from nlu import check
from tests.bench import record as records
from tests.bench import text
from tests.bench.load import Load, around
from tests.bench.record import Record
from tests.bench.stock import convert


def test_percentiles_are_nearest_ranks() -> None:
    load = Load([float(value) for value in range(20, 0, -1)], seconds=4.0)
    assert (load.percentile(0.5), load.percentile(0.95), load.turns_per_s) == (10.0, 19.0, 5.0)
    assert Load([3.0]).percentile(0.95) == 3.0


def test_turns_around_a_turn_count_from_one() -> None:
    assert around([float(turn) for turn in range(1, 20)], 5, reach=1) == [4.0, 5.0, 6.0]


def test_the_file_has_the_contracts_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "ROOT", tmp_path)
    record = Record("turn")
    record.add("ours_engine", "turn_p50_ms", 2.3, 400, {"conversations": 8})
    record.goal("no more than", 2.3, 2)
    written = json.loads(record.write().read_text("utf-8"))
    assert {"name", "commit", "machine", "rows"} <= written.keys()
    row = {"system": "ours_engine", "metric": "turn_p50_ms", "at": {"conversations": 8}, "value": 2.3, "n": 400}
    assert written["rows"] == [row]
    assert "| turn_p50_ms | conversations 8 | 2.3 (400) |" in record.table()
    assert "not reached" in record.table()


def test_every_run_says_the_same_five_message_conversations() -> None:
    first = text.conversations(20)
    assert first == text.conversations(20)
    assert {len(conversation) for conversation in first} == {text.TURNS}


def test_the_stock_project_has_every_topic_and_sentence(tmp_path: Path) -> None:
    convert.write_project(tmp_path)
    nlu = yaml.safe_load((tmp_path / "data" / "nlu.yml").read_text("utf-8"))["nlu"]
    rules = yaml.safe_load((tmp_path / "data" / "rules.yml").read_text("utf-8"))["rules"]
    topics = {sentence.topic for sentence in check.read()}
    assert {group["intent"] for group in nlu} == topics == {rule["steps"][0]["intent"] for rule in rules}
    assert sum(group["examples"].count("\n") for group in nlu) == len({(s.topic, s.text) for s in check.read()})
    assert set(json.loads((tmp_path / "answers.json").read_text("utf-8"))) >= topics - {"out_of_scope"}


def test_the_table_replaces_the_one_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- turn: begin -->\nold\n<!-- turn: end -->\nafter\n", "utf-8")
    record = Record("turn")
    record.add("stock", "train_s", 300.0, 1)
    record.write_into(page)
    written = page.read_text("utf-8")
    assert written.startswith("before\n<!-- turn: begin -->\n")
    assert written.endswith("<!-- turn: end -->\nafter\n")
    assert "| train_s |  | 300 (1) |" in written
    assert "old" not in written
