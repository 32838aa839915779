"""Eligibility over HTTP: the contract's shape, today's unknown year, wrong input, repayment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bot import bootstrap
from bot.settings import Settings
from channels.app import create
from knowledge.loader import Knowledge
from tests.fakes import FakeEngine
from tests.knowledge.test_eligibility import SINGLE

PATH = "/api/v1/eligibility/relocation_grant"


@pytest.fixture
def client(settings: Settings, knowledge: Knowledge) -> Iterator[TestClient]:
    iju = bootstrap.build(settings, engine=FakeEngine(), senders={}, knowledge=knowledge)
    with TestClient(create(settings, iju), raise_server_exceptions=False) as client:
        yield client


def test_the_programmes_and_their_facts(client: TestClient) -> None:
    listed = {one["programme"]: one for one in client.get("/api/v1/eligibility").json()}
    assert {"relocation_grant", "startup_grant", "housing_subsidy"} <= set(listed)
    facts = {fact["name"]: fact for fact in listed["relocation_grant"]["facts"]}
    assert facts["origin[].commute_23"]["type"] == "bool"
    assert facts["nationality"]["presumed"] == "日本" and "telework" in facts["route"]["choices"]
    assert listed["relocation_grant"]["fiscal_years"][-1] == 2025


def test_a_verdict_with_clauses_sources_and_the_last_day_to_apply(client: TestClient) -> None:
    told = client.post(PATH, json={"on": "2025-06-01", "facts": SINGLE}).json()
    assert (told["verdict"], told["amount_yen"], told["apply_by"]) == ("yes", 600_000, "2026-04-01")
    assert told["last_known"] is None and told["missing"] == [] and told["next_question"] is None
    by_id = {clause["id"]: clause for clause in told["clauses"]}
    assert by_id["dest_intent_5y"]["value"] == "yes"
    assert by_id["dest_intent_5y"]["source"]["url"].startswith("https://www.town.kosa")
    assert by_id["work_conditions"]["confidence"] == "inferred" and by_id["work_conditions"]["source"] is None
    assert "市町村" in told["note"]


def test_today_no_version_covers(client: TestClient) -> None:
    told = client.post(PATH, json={"facts": SINGLE}).json()  # the clock of tests stands in fiscal 2026
    assert (told["verdict"], told["fiscal_year"], told["amount_yen"]) == ("unknown", None, None)
    assert told["last_known"] == {
        "fiscal_year": 2025,
        "verdict": "yes",
        "amount_yen": 600_000,
        "amount_range_yen": None,
    }


def test_what_is_missing_is_asked_in_the_readers_language(client: TestClient) -> None:
    body: dict[str, Any] = {"on": "2025-06-01", "facts": {**SINGLE, "route": None}}
    told = client.post(PATH, json=body, headers={"accept-language": "en-GB,en;q=0.9"}).json()
    assert told["missing"][0] == "route" == told["next_question"]["fact"]
    assert "work after the move" in told["next_question"]["text"]
    assert {"value": "telework", "label": "Telework"} in told["next_question"]["choices"]
    easy = client.post(PATH, json=body, params={"locale": "easy_ja"}).json()
    assert "引っこした" in easy["next_question"]["text"]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"facts": {"move_date": "someday", "age": 3}}, ["age", "move_date"]),
        ({"facts": {"origin": [{"lived": "東京都港区", "since": "2020"}]}}, ["origin"]),
    ],
)
def test_wrong_facts_are_named_without_their_values(client: TestClient, body: dict[str, Any], names: list[str]) -> None:
    answer = client.post(PATH, json=body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert sorted(error["detail"]["facts"]) == names and "someday" not in answer.text and "港区" not in answer.text


@pytest.mark.parametrize("body", [{"on": "soon"}, {"facts": []}, {"when": "2025-01-01"}, []])
def test_a_wrong_body_is_422(client: TestClient, body: Any) -> None:
    assert client.post(PATH, json=body).status_code == 422


def test_an_unknown_programme_is_404(client: TestClient) -> None:
    assert client.post("/api/v1/eligibility/lottery", json={}).status_code == 404
    assert client.post("/api/v1/eligibility/startup_grant/repayment", json={}).status_code == 404


def test_repayment(client: TestClient) -> None:
    told = client.post(f"{PATH}/repayment", json={"applied_on": "2025-06-01", "left_on": "2029-01-01"}).json()
    assert told["repay"] == "half"
    assert {clause["id"]: clause["value"] for clause in told["clauses"]}["moved_away_3_to_5y"] == "yes"
    assert client.post(f"{PATH}/repayment", json={"left_on": "x"}).status_code == 422
