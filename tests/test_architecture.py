"""Directions of import (DESIGN "Layout"), and nothing of one prefecture in code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"bot", "knowledge", "actions", "channels", "nlu", "tests"}
ENGINE = ("channels/engine", "nlu/components")
# Package (or file) → what of ours, and which of the frameworks, it may import.
MAY_IMPORT = {
    "nlu/text.py": set(),
    "knowledge": {"knowledge", "nlu"},
    "bot": {"bot", "knowledge", "nlu"},
    "actions": {"actions", "knowledge", "bot", "nlu"},
    "channels": {"channels", "actions", "knowledge", "bot", "nlu"},
    "channels/engine": {"channels", "nlu"},
    "nlu/components": {"nlu"},
}
FORBIDDEN = {
    "bot": {"fastapi", "starlette", "rasa", "rasa_sdk", "linebot"},
    "knowledge": {"fastapi", "sqlalchemy", "rasa", "rasa_sdk", "linebot", "dbos"},
    "actions": {"fastapi", "sqlalchemy", "rasa", "linebot", "dbos"},
    "nlu/text.py": {"spacy", "rasa", "pydantic", "sqlalchemy"},
    "channels/engine": {"fastapi", "pydantic", "sqlalchemy", "dbos", "rasa_sdk"},
    "nlu/components": {"fastapi", "pydantic", "sqlalchemy", "dbos", "rasa_sdk"},
}


def files(place: str) -> list[Path]:
    path = ROOT / place
    found = [path] if path.is_file() else sorted(path.rglob("*.py"))
    if place == "channels":
        found = [f for f in found if not str(f.relative_to(ROOT)).startswith(ENGINE)]
    return found


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return names


@pytest.mark.parametrize("place", MAY_IMPORT)
def test_imports_go_one_way(place: str) -> None:
    for path in files(place):
        for name in imports(path):
            top = name.split(".")[0]
            where = f"{path.relative_to(ROOT)} imports {name}"
            assert top not in OURS or top in MAY_IMPORT[place], where
            assert top not in FORBIDDEN.get(place, set()), where
            if top == "nlu" and not str(path.relative_to(ROOT)).startswith(ENGINE):
                assert name == "nlu" or name.startswith(("nlu.text", "nlu.facts")), where
            if top == "bot" and place == "actions":
                assert name == "bot" or name.startswith("bot.commands"), where


def test_nobody_imports_the_console_of_another_layer() -> None:
    for place in ("bot", "knowledge", "actions"):
        for path in files(place):
            assert not any(name.startswith("channels") for name in imports(path)), path


def test_code_names_no_prefecture() -> None:
    words = re.compile("熊本|くまもと|クマモト|kumamoto", re.IGNORECASE)
    sources = [p for place in ("bot", "knowledge", "actions", "channels", "nlu") for p in (ROOT / place).rglob("*")]
    for path in sources:
        if path.suffix in {".py", ".js", ".html", ".css"} and "data" not in path.relative_to(ROOT).parts:
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                assert not words.search(line), f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"


def test_importing_does_nothing() -> None:
    """No module opens a connection or file at import: importing all of the app leaves no file and no thread."""
    import subprocess
    import sys

    code = (
        "import threading, channels.app, bot.cli, bot.supervise, actions.registry, channels.line.webhook;"
        "assert threading.active_count() == 1, threading.enumerate()"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True, timeout=60)
