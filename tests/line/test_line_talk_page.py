"""The stand-in's phone, in a real browser: what a person trying the bot by `make demo` sees."""

import pytest

from bot.commands import CardReply, Choice, ChoicesReply, Link, TextReply
from channels.line.client import LineRejected
from channels.line.render import render

CARD = CardReply(
    title="移住支援金", rows=[("金額", "100万円")], links=[Link(label="くわしく", url="https://example.jp/金")]
)
CHOICES = ChoicesReply(text="どちら？", choices=[Choice(label="天草市", text="天草市の空き家")])


@pytest.fixture
def page(line, browser):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.told = []
    page.on("console", lambda message: page.told.append(message.text))
    page.on("pageerror", lambda error: page.told.append(str(error)))
    page.goto(f"{line.base_url}/?user=花子")
    yield page
    context.close()


def test_a_talk(page, line, webhook, client):
    page.fill("#text", "空き家は<b>？")
    page.press("#text", "Enter")
    page.wait_for_selector(".mine")
    assert page.inner_text(".mine .bubble") == "空き家は<b>？"
    client.reply(webhook.events()[-1].reply_token, render([TextReply(text="あります。"), CARD, CHOICES], "ja"))
    page.wait_for_selector("#chips button")
    assert page.inner_text("#notice span") == "どちら？"
    assert page.get_attribute(".flex", "aria-label") == "移住支援金\n金額：100万円"
    assert page.get_attribute(".flex a", "href") == "https://example.jp/%E9%87%91"
    page.click("text=天草市")
    page.locator(".mine").nth(1).wait_for()
    assert webhook.events()[-1].text == "天草市の空き家"
    assert page.locator("#chips button").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.told == []


def test_an_enter_that_ends_a_conversion_sends_nothing(page, webhook):
    page.fill("#text", "あまくさ")
    for change in ({"isComposing": True}, {"keyCode": 229}):
        page.evaluate(
            "change => document.getElementById('text').dispatchEvent("
            "new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true, ...change}))",
            change,
        )
    page.press("#text", "Shift+Enter")
    assert webhook.requests == []
    page.press("#text", "Enter")
    page.wait_for_selector(".mine")
    assert len(webhook.requests) == 1


def test_what_line_refuses_is_shown(page, line, webhook, client):
    line.say("花子", "空き家")
    with pytest.raises(LineRejected):
        client.reply("no such token", [{"type": "text", "text": "x"}])
    page.wait_for_selector(".note.bad")
    assert "Invalid reply token" in page.inner_text(".note.bad")
