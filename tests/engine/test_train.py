"""Training: a content hash decides, an edit trains again, nothing else does."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from channels.engine.train import MODELS_KEPT, content_hash, remove_old
from tests.engine.conftest import PYTHON, ROOT

COPIED = ("config.yml", "domain.yml", "nlu", "bot/dialogue", "knowledge/data", "channels/engine", "requirements")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what a model is made from."""
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return tmp_path


def test_nothing_edited(tree: Path) -> None:
    assert content_hash(tree) == content_hash(ROOT)


@pytest.mark.parametrize(
    "name",
    [
        "config.yml",
        "domain.yml",
        "nlu/data/housing/trial_stay.yml",
        "bot/dialogue/rules/answer.yml",
        "nlu/text.py",
        "nlu/components/places.py",
        "requirements/engine.txt",
        "knowledge/data/municipalities.yml",
    ],
)
def test_an_edit_trains_again(tree: Path, name: str) -> None:
    path = tree / name
    edited = (
        path.read_text("utf-8").replace("菊地市", "菊池し")
        if "municipalities" in name
        else path.read_text("utf-8") + "\n# edited\n"
    )
    path.write_text(edited, "utf-8")
    assert content_hash(tree) != content_hash(ROOT)


def test_an_edited_answer_trains_nothing(tree: Path) -> None:
    for path in (tree / "knowledge" / "data" / "faq").glob("*.yml"):
        path.write_text(path.read_text("utf-8") + "\n# edited\n", "utf-8")
    assert content_hash(tree) == content_hash(ROOT)


def test_a_second_training_does_nothing(model: Path) -> None:
    before = model.stat().st_mtime_ns
    command = [str(PYTHON), "-m", "channels.engine.train", "--out", str(model.parent)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout.splitlines()[-1] == str(model)
    assert model.stat().st_mtime_ns == before


def test_old_models_do_not_pile_up(tmp_path: Path) -> None:
    for age in range(MODELS_KEPT + 2):
        path = tmp_path / f"{age}.tar.gz"
        path.touch()
        os.utime(path, (1000 - age, 1000 - age))
    remove_old(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{age}.tar.gz" for age in range(MODELS_KEPT)]


def test_rasa_finds_nothing_to_complain_about() -> None:
    command = [str(PYTHON), "-m", "rasa", "data", "validate", "--fail-on-warnings", "--max-history", "5"]
    command += ["--data", "nlu/data", "bot/dialogue"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
