"""The documents say what is true: commands, settings, links and pictures in them exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import Settings, describe

ROOT = Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "decisions").glob("*.md"))]
GROUPS = {
    group.name: {c.name or c.callback.__name__ for c in group.typer_instance.registered_commands}
    for group in app.registered_groups
}
COMMANDS = {c.name or c.callback.__name__ for c in app.registered_commands}


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_commands_settings_and_links_exist(path: Path) -> None:
    text = path.read_text("utf-8")
    for words in re.findall(r"\./iju ([a-z][a-z-]*)(?: ([a-z-]+))?", text):
        assert words[0] in COMMANDS or words[1] in {*GROUPS[words[0]], ""}, words
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"\bmake ([a-z]+)", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    known = {row["setting"] for row in describe(Settings(_env_file=None))} | {"IJU_ACTIONS_URL", "IJU_LOG_FORMAT"}
    for name in re.findall(r"\b(?:IJU|LINE)_[A-Z_]+\b", text):
        assert name in known, name
    for link in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert (path.parent / link).exists(), link


def test_every_command_is_in_the_readme_and_has_help() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    everything = [[name] for name in COMMANDS] + [[group, name] for group, names in GROUPS.items() for name in names]
    for words in everything:
        assert f"./iju {' '.join(words)}" in readme, words
        result = CliRunner().invoke(app, [*words, "--help"])
        assert result.exit_code == 0 and len(result.output) > 80


def test_every_setting_says_what_it_is_for() -> None:
    assert all(row["about"] for row in describe(Settings(_env_file=None)))
