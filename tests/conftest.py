"""Fixtures shared by the suites: databases, an app with a fake engine, and the real thing once a session."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.db.upgrade import upgrade
from bot.settings import Settings
from knowledge import loader
from knowledge.loader import Knowledge
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
    made = Settings(_env_file=None, var=tmp_path, database_url=url, internal_token="test-token", engine_urls="http://127.0.0.1:1")
    upgrade(made.database)
    yield made
    if url:
        postgres.drop(url)
