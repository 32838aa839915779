"""The widget on the whole app with its engine: a cited answer, and a consultation request left from the browser."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect
from widget_page import Widget

Make = Callable[..., Widget]

# What a resident types at each field of the consultation form; one not named here is skipped or takes its first choice.
ANSWERS = {
    "destination": "阿蘇市", "interests": "住まい", "family": "夫婦と子ども1人", "timing": "半年以内", "desk": "東京",
    "contact_kind": "メール", "name": "山田", "contact": "yamada@example.jp",
}  # fmt: skip
LONGEST_FORM = 20


def test_real_answer_with_source_survives_a_reload(widget: Make, base_url: str) -> None:
    page = widget(url=base_url).open().say("阿蘇市で空き家を探しています")
    source = page.log.locator(".message.bot .sources").first
    expect(source).to_contain_text("出典", timeout=30_000)
    expect(source).to_contain_text("時点")
    words = page.log.inner_text()
    page.page.reload()
    page.open()
    expect(page.log.locator(".message.bot .sources").first).to_be_visible()
    assert page.log.inner_text() == words


def test_consultation_request_from_the_browser(widget: Make, base_url: str) -> None:
    page = widget(url=base_url)
    turns: list[dict[str, object]] = []

    def keep(response) -> None:  # type: ignore[no-untyped-def]
        if response.request.method == "POST" and response.url.endswith("/messages") and response.status == 200:
            turns.append(response.json())

    page.page.on("response", keep)
    page.open().say("移住の相談を申し込みたいです")
    for step in range(1, LONGEST_FORM):
        # The resident's message and its turn are there: the last reply says what is asked for.
        expect(page.panel.get_by_role("status")).to_have_text("", timeout=30_000)
        page.page.wait_for_timeout(100)
        assert len(turns) == step, "every message got its turn at once"
        if turns[-1]["outcome"] == "stored":
            break
        asked = turns[-1]["replies"][-1]  # type: ignore[index]
        assert asked["type"] == "form_prompt", turns[-1]
        if asked["field"] in ANSWERS:
            page.say(ANSWERS[asked["field"]])
        elif asked["choices"]:
            page.panel.locator(".choice:not([aria-disabled])", has_text=asked["choices"][0]["label"]).first.click()
        else:
            page.panel.get_by_role("button", name="スキップ").click()
    assert turns[-1]["outcome"] == "stored"
    expect(page.panel.locator("#formbar")).to_be_hidden()
