"""The app's parts over a fake engine and a fake LINE sender, on both databases."""

from __future__ import annotations

import pytest

from bot import bootstrap
from bot.bootstrap import App
from bot.settings import Settings
from knowledge.loader import Knowledge
from tests.fakes import FakeEngine, FakeSender


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender()


@pytest.fixture
def iju(settings: Settings, knowledge: Knowledge, engine: FakeEngine, sender: FakeSender) -> App:
    return bootstrap.build(settings, engine=engine, senders={"line": sender}, knowledge=knowledge)
