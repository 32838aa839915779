"""The training sentences are fit to learn from, and the check would say so if not."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.check import LEAST, Sentence, check, main, read


def said(sentences: list[Sentence]) -> list[str]:
    return [f"{finding.level} {finding.topic} {finding.message}" for finding in check(sentences)]


def test_the_sentences_have_no_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"]) == 0, capsys.readouterr().out[:3000]


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        ([("畑を借りたいです", "farming"), ("畑を借りたいです。", "farming")], "error farming 同じ文が二つ"),
        ([("畑を借りたいです", "farming"), ("畑を借りたいです！", "farmland_house")], "error farmland_house farming にも同じ文"),
        ([("畑を借りて野菜を作りたいです", "farming"), ("畑を借りて野菜を作りたいなです", "farming")], "note farming ほぼ同じ"),
        ([("畑を借りて野菜を作りたいです", "farming"), ("畑を借りて野菜を売りたいです", "farmland_house")], "note farming farmland_house とほぼ同じ"),
        ([("畑", "farming")], f"error farming 1文だけです（{LEAST}文以上）"),
        ([("畑", "farming"), ("庭", "a"), ("空", "b")], "note farming ない文体：casual"),
        ([("畑", "farming")], "note farming 書き手が3人に足りません"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(texts: list[tuple[str, str]], complaint: str) -> None:
    told = said([Sentence(text, topic, "casual" if topic in "ab" else "plain", "a1", "x.yml") for text, topic in texts])
    assert any(line.startswith(complaint) for line in told), told


@pytest.mark.parametrize("content", ["nlu: [{intent: ask}]", "x", "nlu: [", "nlu: 3"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "farming.yml").write_text(content, "utf-8")
    with pytest.raises(ValueError, match=r"farming\.yml"):
        read(tmp_path)
