"""`iju evaluate`: what a file may hold, and what the figures mean."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import KNOWLEDGE
from bot.evaluation import Answered, Item, earlier, read, score, table, wilson
from bot.evaluation_report import changes, page
from knowledge import loader
from knowledge.loader import Knowledge
from tests.live import ROOT


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return loader.load(KNOWLEDGE)


def made(
    wanted: list[str],
    got: list[str],
    outcome: str = "answered",
    confidence: float = 0.9,
    places: tuple[str, str] = ("", ""),
) -> Answered:
    named, found = ([name] if name else [] for name in places)
    return Answered(Item(text="x", topics=wanted, municipalities=named), outcome, got, found, got[0], confidence)


@pytest.mark.parametrize(
    ("answered", "verdict"),
    [
        (made(["farming"], ["farming"]), "right"),
        (made(["farming", "transport"], ["transport", "farming"]), "right"),
        (made(["farming", "transport"], ["farming"]), "wrong"),
        (made(["farming"], ["farming", "transport"]), "wrong"),
        (made(["farming"], ["transport"]), "wrong"),
        (made(["farming"], ["transport", "farming"], "asked_back"), "offered"),
        (made(["farming"], ["farming"], "asked_back"), "right"),
        (made(["farming"], ["human_handoff"], "handed_off"), "offered"),
        (made(["farming"], ["out_of_scope"], "declined"), "declined"),
        (made(["out_of_scope"], ["out_of_scope"], "declined"), "right"),
        (made(["out_of_scope"], ["farming"]), "wrong"),
        (made(["human_handoff"], ["human_handoff"], "handed_off"), "right"),
    ],
)
def test_verdicts(answered: Answered, verdict: str) -> None:
    assert answered.verdict == verdict


def test_figures() -> None:
    scores = score(
        [
            made(["farming"], ["farming"], places=("阿蘇市", "阿蘇市")),
            made(["farming"], ["transport"], confidence=0.95, places=("阿蘇市", "")),
            made(["transport"], ["farming"], "asked_back", 0.2, places=("", "八代市")),
            made(["out_of_scope"], ["out_of_scope"], "declined"),
        ]
    )
    overall = scores["overall"]
    assert (overall["n"], overall["right"], overall["right_or_asked"], overall["wrong"]) == (4, 0.5, 0.75, 0.25)
    assert scores["by_topic"]["farming"]["right"] == 0.5
    assert scores["municipalities"]["precision"] == 0.5 and scores["municipalities"]["recall"] == 0.5
    assert scores["out_of_scope"]["declined"] == 1.0 and scores["out_of_scope"]["in_scope_declined"] == 0.0
    assert [row["text"] for row in scores["wrong"]] == ["x"]
    assert scores["calibration"]["bins"][-1]["n"] == 3
    assert "50.0%" in table(scores) and json.loads(json.dumps(scores)) == scores


def test_a_report_shows_what_changed_and_escapes_what_was_written() -> None:
    def scores(verdict: str) -> dict[str, Any]:
        text = "<b>家賃</b>は"
        got = ["farming"] if verdict == "right" else ["transport"]
        item = Item(text=text, topics=["farming"], municipalities=[])
        return score([Answered(item, "answered", got, [], got[0], 0.9)])

    html = page(scores("right"), scores("wrong"))
    assert "（+100.0）" in html and "&lt;b&gt;家賃" in html and "<b>家賃" not in html
    assert changes(scores("wrong"), scores("right")) == [{"text": "<b>家賃</b>は", "before": "right", "now": "wrong"}]
    assert " +100.0" in table(scores("right"), scores("wrong"))
    assert "前回" not in page(scores("wrong"))


@pytest.mark.parametrize("content", ["no json", "[]", "{}"])
def test_what_is_no_earlier_run_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "earlier.json"
    file.write_text(content, "utf-8")
    with pytest.raises(ValueError, match=r"earlier\.json"):
        earlier(file)


def test_wilsons_interval() -> None:
    low, high = wilson(92, 100)
    assert low == pytest.approx(0.850, abs=0.001) and high == pytest.approx(0.959, abs=0.001)
    assert wilson(0, 0) == (0.0, 1.0)


GOOD = '{"text": "家", "topics": ["farming"]}\n'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "一行もありません"),
        (GOOD + "{", ":2: "),
        (GOOD + '{"text": "", "topics": ["farming"]}', ":2: text"),
        (GOOD + '{"text": "家", "topics": []}', ":2: topics"),
        (GOOD + '{"text": "家", "topics": ["nothing"]}', ":2: nothing"),
        (GOOD + '{"text": "家", "topics": ["farming"], "municipalities": ["どこか市"]}', ":2: どこか市"),
        (GOOD + '["家"]', ":2: "),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, knowledge: Knowledge, content: str, said: str) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_text(content, "utf-8")
    with pytest.raises(ValueError, match=said):
        read(file, knowledge)


def iju(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "bot.cli", *arguments]
    environment = {**os.environ, "IJU_VAR": str(ROOT / "var")}  # where the tests' model is
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200)


def test_the_command(tmp_path: Path, model: Path) -> None:
    file = tmp_path / "messages.jsonl"
    lines = [
        {"text": "阿蘇市で空き家バンクを使いたい", "topics": ["vacant_house_bank"], "municipalities": ["阿蘇市"]},
        {"text": "確定申告の書き方を教えて", "topics": ["out_of_scope"], "municipalities": [], "style": "oos"},
    ]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    done = iju("evaluate", str(file), str(file), "--json", "--images", str(tmp_path / "plots"))
    assert done.returncode == 0, done.stderr
    scores = json.loads(done.stdout)
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"styles.svg", "topics.svg", "reliability.svg"}
    assert scores["items"] == 4 and scores["overall"]["right"] == 1.0, scores["wrong"]


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_bytes("家".encode("cp932"))
    failed = iju("evaluate", str(file))
    assert failed.returncode == 1 and "UTF-8" in failed.stderr and "Traceback" not in failed.stderr


def test_a_message_is_explained(model: Path) -> None:
    done = iju("ask", "--explain", "阿蘇市で空き家を探しています", "--json")
    assert done.returncode == 0, done.stderr
    why = json.loads(done.stdout)
    assert why["read_as"] == "某市で空き家を探しています"
    assert [(e["entity"], e["value"]) for e in why["entities"]] == [
        ("municipality", "阿蘇市"),
        ("house_kind", "vacant"),
    ]
    best = why["ranking"][0]
    assert best["id"] == "vacant_house_bank" and any("空き家" in name for name, _ in best["for"])
    assert len(why["nearest"]) == 5 and "vacant_house_bank" in [topic for _, topic, _ in why["nearest"]]
    told = iju("ask", "--explain", "阿蘇市で空き家を探しています").stdout
    assert "某市で" in told and "vacant_house_bank" in told
