"""Fixtures shared by the suites: databases, an app with a fake engine, and the real thing once a session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from bot.db.upgrade import upgrade
from bot.settings import Settings
from bot.supervise import trained_model
from knowledge import loader
from knowledge.loader import Knowledge
from tests import postgres
from tests.live import Live, running
from tests.standins.line_platform import LinePlatform

# Without the network flags Chromium keeps looking for its maker's hosts.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

LINE_SECRET, LINE_TOKEN = "line-test-secret", "line-test-token"
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return loader.load(ROOT / "knowledge" / "data")


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own, on a socket of its own."""
    yield from postgres.server(tmp_path_factory.mktemp("pg"))


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings on a migrated, empty database: each test runs on SQLite and on PostgreSQL."""
    url = ""
    if request.param == "postgresql":
        url = postgres.database(request.getfixturevalue("postgres_url"))
    made = Settings(
        _env_file=None, var=tmp_path, database_url=url, internal_token="test-token", engine_urls="http://127.0.0.1:1"
    )
    upgrade(made.database)
    yield made
    if url:
        postgres.drop(url)


@pytest.fixture(scope="session")
def line_platform() -> Iterator[LinePlatform]:
    """The stand-in that the live desk talks to in LINE's place."""
    with LinePlatform("http://127.0.0.1:1", LINE_SECRET, LINE_TOKEN) as platform:
        yield platform


@pytest.fixture(scope="session")
def model() -> Path:
    """Today's model, trained once: what starts a desk of its own finds it there."""
    return trained_model(Settings(_env_file=None, var=ROOT / "var"))


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory, line_platform: LinePlatform) -> Iterator[Live]:
    """The real desk: app, two engines, LINE's stand-in."""
    line = {
        "LINE_CHANNEL_SECRET": LINE_SECRET,
        "LINE_CHANNEL_ACCESS_TOKEN": LINE_TOKEN,
        "LINE_API_BASE": line_platform.base_url,
    }
    with running(tmp_path_factory.mktemp("live"), engines=2, **line) as desk:
        line_platform.server.webhook_url = f"{desk.url}/line/webhook"
        yield desk


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    binary = os.environ.get("IJU_CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if binary is None:
        pytest.fail("No Chromium found: install the distribution's package `chromium`, or set IJU_CHROMIUM.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=binary, args=FLAGS)
        yield started
        started.close()
