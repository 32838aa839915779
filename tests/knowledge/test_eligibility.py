"""Eligibility by Kleene's logic: days at the edges, what is unknown stays so, and what a fact more may change."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from knowledge import eligibility, facts_told, loader
from knowledge.eligibility import Result
from knowledge.facts_told import FactsError
from knowledge.rules import Rule

ROOT = Path(__file__).resolve().parents[2]
KNOWN = loader.load(ROOT / "knowledge" / "data")
GRANT = KNOWN.rules["relocation_grant"]
SINGLE: dict[str, Any] = {
    "origin": [{"from": "2015-04-01", "to": "2025-03-31", "lived": "東京都世田谷区"}],
    "move_date": "2025-04-01",
    "apply_date": "2025-06-01",
    "destination": "阿蘇市",
    "stay_5y": True,
    "adults": 1,
    "children_ages": [],
    "route": "telework",
    "own_will": True,
    "employer_order": False,
}
FAMILY = SINGLE | {"adults": 2, "children_ages": [3, 17, 18], "same_household_before": True}


def asked(on: str = "2025-06-01", rule: Rule = GRANT, **facts: Any) -> Result:
    told = facts_told.read(rule, facts, KNOWN.municipalities.__contains__)
    return eligibility.evaluate(rule, told, dt.date.fromisoformat(on))


def lived(place: str, since: str | None, until: str | None = "2025-03-31", **more: Any) -> list[dict[str, Any]]:
    return [{"from": since, "to": until, "lived": place, **more}]


def values(result: Result) -> dict[str, bool | None]:
    return {one.clause.id: one.value for one in result.clauses}


def test_a_teleworker_from_the_wards_gets_it() -> None:
    result = asked(**SINGLE)
    assert (result.verdict, result.amount_yen, result.missing) == ("yes", 600_000, [])
    assert result.apply_by == dt.date(2026, 4, 1)
    assert set(values(result).values()) == {True}
    assert "nationality" in result.presumed and "spouse_move_date" in result.presumed


@pytest.mark.parametrize(
    ("origin", "verdict"),
    [
        (lived("大阪府堺市", "2010-01-01"), "no"),
        (lived("大阪府大阪市北区", "2010-01-01"), "no"),
        (lived("東京都北区", "2020-04-01"), "yes"),
        (lived("東京都北区", "2020-04-02"), "no"),
        (lived("東京23区", "2020-04-01"), "yes"),
        (lived("中央区", "2020-04-01"), "yes"),
        (lived("大阪市中央区", "2020-04-01"), "unknown"),  # a town without its prefecture has to be asked for
        (lived("東京都23区", "2020-04-01"), "yes"),
        (lived("世田谷区", "2020-04-01"), "yes"),
        (lived("東京都", "2015-04-01"), "unknown"),
        (lived("東京都八王子市", "2015-04-01", commute_23=False), "no"),
        (lived("東京都八王子市", "2015-04-01"), "unknown"),
        (lived("東京都八王子市", "2015-04-01", commute_23=True), "unknown"),
        (lived("東京都八王子市", "2015-04-01", commute_23=True, employee=True, insured=True), "yes"),
        (lived("東京都八王子市", "2015-04-01", commute_23=True, employee=True, insured=False), "no"),
        (lived("東京都八王子市", "2015-04-01", commute_23=True, employee=False), "yes"),
        (lived("東京都檜原村", "2015-04-01", commute_23=True, employee=False), "no"),
        (lived("神奈川県足柄上郡山北町", "2015-04-01", commute_23=True, employee=False), "no"),
        (lived("千葉県千葉市中央区", "2015-04-01", commute_23=False), "no"),
        (lived("東京都港区", "2015-04-01", "2024-03-30") + lived("福岡県福岡市", "2024-03-31"), "no"),
        (lived("東京都港区", "2015-04-01", "2019-03-31") + lived("福岡県福岡市", "2019-04-01", "2024-03-31")
         + lived("東京都港区", "2024-04-01"), "yes"),
        (lived("東京都港区", "2014-04-01", "2019-03-31") + lived("福岡県福岡市", "2019-04-01", "2024-03-31")
         + lived("東京都港区", "2024-04-02"), "no"),
        (lived("東京都港区", "2014-04-01", "2019-03-31"), "no"),
        (lived("埼玉県川口市", "2019-01-01", "2025-01-01", commute_23=True, employee=True, insured=True), "yes"),
        (lived("埼玉県川口市", "2019-01-01", "2024-12-30", commute_23=True, employee=True, insured=True), "no"),
        (lived("埼玉県川口市", "2019-04-01", "2023-03-31", study_23=True)
         + lived("埼玉県川口市", "2023-04-01", commute_23=True, employee=True, insured=True), "yes"),
        (lived("東京都港区", None), "unknown"),
        ([], "no"),
    ],
)  # fmt: skip
def test_where_one_lived_decides(origin: list[dict[str, Any]], verdict: str) -> None:
    assert asked(**SINGLE | {"origin": origin}).verdict == verdict


def test_another_region_settles_it_at_once() -> None:
    result = asked(origin=lived("大阪府堺市", None, None))
    assert (result.verdict, result.missing, result.next_question) == ("no", [], None)


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"apply_date": "2026-03-31"}, "yes"),
        ({"move_date": "2024-06-01", "apply_date": "2025-06-01", "origin": lived("港区", "2010-01-01", None)}, "yes"),
        ({"move_date": "2024-05-31", "apply_date": "2025-06-01", "origin": lived("港区", "2010-01-01", None)}, "no"),
        ({"apply_date": "2025-03-31"}, "no"),
        ({"apply_date": None}, "unknown"),
        ({"stay_5y": False}, "no"),
        ({"stay_5y": None}, "unknown"),
        ({"destination": "福岡市"}, "no"),
        ({"destination": None}, "unknown"),
        ({"employer_order": True}, "no"),
        ({"own_will": False}, "no"),
        ({"route": None}, "unknown"),
        ({"route": "none"}, "no"),
        ({"route": "other_job"}, "no"),
        ({"route": "matching_site"}, "unknown"),
        ({"route": "matching_site", "job_listed_before_applying": True}, "yes"),
        ({"route": "matching_site", "job_listed_before_applying": False}, "no"),
        ({"route": "matching_site", "job_listed_before_applying": True, "employer_order": True}, "no"),
        ({"route": "matching_site", "job_listed_before_applying": True, "employer_public": True}, "no"),
        ({"route": "professional"}, "yes"),
        ({"route": "professional", "employer_relative_within_3": True}, "no"),
        ({"route": "ties"}, "unknown"),
        ({"route": "ties", "ties_to_destination": True}, "yes"),
        ({"route": "startup"}, "unknown"),
        ({"route": "startup", "startup_grant_decided": "2025-05-01"}, "yes"),
        ({"route": "startup", "startup_grant_decided": "2025-06-02"}, "no"),
        ({"route": "startup", "startup_grant_decided": "2024-05-31"}, "no"),
        ({"nationality": "ブラジル"}, "unknown"),
        ({"nationality": "ブラジル", "residence_status": "永住者"}, "yes"),
        ({"nationality": "ブラジル", "residence_status": "留学"}, "no"),
        ({"received_before": True}, "no"),
        ({"anti_social": True}, "no"),
    ],
)
def test_each_condition_decides_some_case(changed: dict[str, Any], verdict: str) -> None:
    assert asked(**SINGLE | changed).verdict == verdict


def test_every_clause_is_no_in_some_case_above_or_of_the_family() -> None:
    cases = [
        {"origin": []}, {"apply_date": "2025-03-31"}, {"stay_5y": False}, {"destination": "福岡市"},
        {"route": "none"}, {"route": "matching_site", "job_listed_before_applying": False, "employer_public": True},
        {"route": "professional", "employer_relative_within_3": True, "employer_order": True},
        {"route": "startup", "startup_grant_decided": "2024-05-31"},
        {"nationality": "ブラジル", "residence_status": "留学"}, {"received_before": True}, {"anti_social": True},
        {"adults": 2, "same_household_before": False}, {"adults": 2, "spouse_move_date": "2024-01-01"},
        {"origin": lived("埼玉県川口市", "2010-01-01", commute_23=True, employee=True, insured=False)},
    ]  # fmt: skip
    refused = {
        name
        for day in ("2019-12-01", "2025-06-01")
        for case in cases
        for name, value in values(asked(day, **SINGLE | case)).items()
        if value is False
    }
    wanted = {name for version in GRANT.versions for name in version.requires}
    assert wanted - refused == set()


def test_a_family_gets_more_and_the_childrens_part_is_the_municipalitys() -> None:
    assert asked(**FAMILY).amount_range_yen == (1_000_000, 3_000_000)
    assert asked(**FAMILY).amount_yen is None
    assert asked(**FAMILY | {"children_ages": [18]}).amount_yen == 1_000_000
    assert asked(**FAMILY | {"children_ages": None}).missing == ["children_ages"]
    moved = {"move_date": "2024-04-02", "apply_date": "2024-06-01", "destination": "美里町"}
    assert asked("2024-06-01", **FAMILY | moved | {"origin": lived("港区", "2010-01-01", None)}).amount_yen == 3_000_000


def test_before_june_2023_one_had_to_wait_three_months() -> None:
    base = SINGLE | {"origin": lived("港区", "2010-01-01", None)}
    early = base | {"move_date": "2023-06-22"}
    assert asked("2023-09-21", **early | {"apply_date": "2023-09-21"}).verdict == "no"
    assert asked("2023-09-22", **early | {"apply_date": "2023-09-22"}).verdict == "yes"
    late = base | {"move_date": "2023-06-23", "apply_date": "2023-06-23"}
    assert asked("2023-06-23", **late).verdict == "yes"


def test_in_2019_five_years_on_end_were_needed_and_six_places_left_out() -> None:
    base = SINGLE | {"move_date": "2019-11-01", "apply_date": "2020-02-01", "route": "professional"}
    onend = base | {"origin": lived("港区", "2014-11-01", None), "destination": "天草市"}
    assert asked("2020-02-01", **onend).verdict == "yes"
    assert asked("2020-02-01", **onend | {"destination": "阿蘇市"}).verdict == "no"
    broken = lived("港区", "2010-01-01", "2016-01-01") + lived("港区", "2017-01-01", None)
    assert asked("2020-02-01", **onend | {"origin": broken}).verdict == "no"


def test_a_year_that_nobody_knows_is_unknown_and_says_what_was() -> None:
    result = asked("2026-11-24", **SINGLE)
    assert (result.verdict, result.version, result.amount_yen) == ("unknown", None, None)
    assert result.last_known
    assert (result.last_known.fiscal_year, result.last_known.verdict) == (2025, "yes")
    assert result.last_known.amount_yen == 600_000
    planned = asked("2026-03-01", **SINGLE | {"apply_date": "2026-04-01"})
    assert (planned.verdict, planned.last_known and planned.last_known.verdict) == ("unknown", "yes")
    assert asked("2020-06-01", **SINGLE).verdict == "unknown"


def test_availability_is_kept_apart() -> None:
    facts = SINGLE | {"destination": "熊本市", "move_date": "2023-10-01", "apply_date": "2024-02-10"}
    result = asked("2024-02-10", **facts | {"origin": lived("港区", "2010-01-01", None)})
    assert result.verdict == "yes" and [str(one.closed_on) for one in result.closed] == ["2024-02-05"]
    assert asked("2024-02-04", **facts).closed == []


def test_what_no_source_tells_ends_at_the_office() -> None:
    for name, facts in (
        ("startup_grant", {"destination": "宇土市", "social_business": True, "starts_business": True}),
        ("housing_subsidy", {"destination": "宇城市", "moves_from_outside": True}),
    ):
        rule = KNOWN.rules[name]
        assert asked(rule=rule, **facts).verdict == "unknown"
        assert asked(rule=rule, destination="福岡市").verdict == "no"
        assert asked(rule=rule).next_question == "destination"


def test_the_next_question_is_one_that_settles_something() -> None:
    """Answering what is asked, one thing at a time, ends in a verdict."""
    told: dict[str, Any] = {}
    answers = SINGLE | {"startup_grant_decided": "2025-05-01", "job_listed_before_applying": True}
    questions = []
    while (name := asked(**told).next_question) is not None:
        assert name not in told
        questions.append(name)
        told[name] = answers[name]
    assert asked(**told).verdict == "yes"
    assert len(questions) <= 10


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        ({"nonsense": 1}, ["nonsense"]),
        ({"move_date": 20250401}, ["move_date"]),
        ({"move_date": "令和7年4月"}, ["move_date"]),
        ({"adults": "two"}, ["adults"]),
        ({"adults": True}, ["adults"]),
        ({"children_ages": [-1]}, ["children_ages"]),
        ({"children_ages": [10**30]}, ["children_ages"]),
        ({"route": "bus"}, ["route"]),
        ({"stay_5y": "yes"}, ["stay_5y"]),
        ({"origin": "東京都"}, ["origin"]),
        ({"origin": [{"lived": ""}]}, ["origin"]),
        ({"origin": [{"lived": "東京都港区", "from": "2025-02-01", "to": "2025-01-01"}]}, ["origin"]),
        ({"origin[].from": "2025-02-01"}, ["origin[].from"]),
    ],
)
def test_wrong_facts_are_named(facts: dict[str, Any], names: list[str]) -> None:
    with pytest.raises(FactsError) as raised:
        asked(**facts)
    assert list(raised.value.reasons) == names


DAYS = st.dates(dt.date(2012, 1, 1), dt.date(2027, 12, 31)).map(str)
PLACES = st.sampled_from(["東京都港区", "東京都八王子市", "埼玉県", "大阪府堺市", "港区", "埼玉県秩父市", "どこか"])
PERIOD = st.fixed_dictionaries(
    {"lived": PLACES},
    optional={"from": DAYS, "commute_23": st.booleans(), "insured": st.booleans(), "study_23": st.booleans()},
)
BOOLEAN = ("stay_5y", "own_will", "employer_order", "job_listed_before_applying", "same_household_before")
FACTS: dict[str, st.SearchStrategy[Any]] = {
    "origin": st.lists(PERIOD, max_size=3),
    "move_date": DAYS,
    "apply_date": DAYS,
    "destination": st.sampled_from(["阿蘇市", "福岡市"]),
    "adults": st.integers(1, 4),
    "children_ages": st.lists(st.integers(0, 20), max_size=3),
    "route": st.sampled_from(["matching_site", "telework", "startup", "none"]),
    "startup_grant_decided": DAYS,
    **{name: st.booleans() for name in BOOLEAN},
}


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries({}, optional=FACTS), st.sampled_from(sorted(FACTS)), st.data())
def test_a_fact_more_never_changes_what_is_settled(told: dict[str, Any], name: str, data: st.DataObject) -> None:
    """But by a clause that says so: what was presumed or taken for not said may turn out otherwise."""
    told.pop(name, None)
    before = values(asked(**told))
    after = values(asked(**told | {name: data.draw(FACTS[name])}))
    for clause, value in before.items():
        if value is not None and clause not in ("transfer_not_new_job", "household_all_within_window"):
            assert after[clause] == value, clause


@settings(max_examples=200, deadline=None)
@given(st.fixed_dictionaries({}, optional=FACTS), DAYS)
def test_a_verdict_is_no_more_than_its_clauses(told: dict[str, Any], on: str) -> None:
    result = asked(on, **told)
    found = set(values(result).values())
    if result.verdict == "yes":
        assert found == {True} and result.version
    if result.verdict == "no":
        assert False in found
    if result.verdict == "unknown" and result.version:
        assert result.missing or result.last_known
    assert result.amount_yen is None or result.verdict == "yes"


@pytest.mark.parametrize(
    ("events", "repay"),
    [
        ({"left_on": dt.date(2028, 5, 31)}, "all"),
        ({"left_on": dt.date(2028, 6, 1)}, "half"),
        ({"left_on": dt.date(2030, 6, 1)}, "half"),
        ({"left_on": dt.date(2030, 6, 2)}, "none"),
        ({"left_job_on": dt.date(2026, 6, 1)}, "all"),
        ({"left_job_on": dt.date(2026, 6, 2)}, "none"),
        ({"left_on": dt.date(2029, 1, 1), "false_claim": True}, "all"),
        ({"false_claim": False}, "none"),
        ({}, "unknown"),
    ],
)
def test_repayment(events: dict[str, Any], repay: str) -> None:
    told = {"left_on": None, "left_job_on": None, "false_claim": None} | events
    assert eligibility.repayment(GRANT, dt.date(2025, 6, 1), told).repay == repay


def test_repayment_without_the_day_of_application_is_unknown() -> None:
    assert eligibility.repayment(GRANT, None, {"left_on": dt.date(2028, 1, 1)}).repay == "unknown"


def _rule(clauses: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    text = {"ja": "x", "easy_ja": "x", "en": "x"}
    made = [{"text": text, "confidence": "inferred"} | clause for clause in clauses]
    facts = [{"name": "a", "type": "bool", "meaning": text}]
    rule = {"programme": "x", "topic": "x", "title": text, "facts": facts, "clauses": made, "apply_at": text}
    return yaml.safe_load(yaml.safe_dump(rule | more))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (_rule([{"id": "p", "when": {"clause": "q"}}, {"id": "q", "when": {"not": {"clause": "p"}}}]), "cycle"),
        (_rule([{"id": "p", "when": {"clause": "p"}}]), "cycle"),
        (_rule([{"id": "p", "when": {"clause": "q"}}]), "no clause q"),
        (_rule([{"id": "p", "when": {"fact": "b"}}]), "no fact"),
        (_rule([{"id": "p", "when": {"fact": "a"}}] * 2), "twice"),
        (_rule([{"id": "p", "when": {"fact": "a"}, "confidence": "seen"}]), "no source"),
        (_rule([{"id": "p", "when": {"residence": "a", "before": "a", "years": 1}}]), "no area"),
        (_rule([{"id": "p", "when": {"maybe": "a"}}]), "maybe"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Rule.model_validate(rule)
