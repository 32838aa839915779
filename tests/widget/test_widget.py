"""The widget as a resident uses it, in a real browser: writing, reading, losing the network, coming back."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect
from widget_fake import card
from widget_page import FIELD, PHONE, Widget

Make = Callable[..., Widget]
TOUCH = {"viewport": PHONE, "has_touch": True, "is_mobile": True}


def press_enter(widget: Widget, options: str) -> None:
    """A keydown no automation tool can type: Enter while an input method converts."""
    widget.field.evaluate(
        f"(field) => field.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, cancelable: true, {options}}}))"
    )


def test_asks_chooses_and_reads_a_cited_answer(widget: Make) -> None:
    page = widget().open()
    page.panel.get_by_role("button", name="空き家・住まい").click()
    choice = page.panel.get_by_role("button", name="山の市")
    choice.click()
    answer = page.bot("空き家バンクがあります。")
    expect(answer).to_contain_text("出典")
    expect(answer).to_contain_text("2022年12月時点")
    expect(answer.get_by_role("link", name="市の空き家バンク")).to_have_attribute("rel", "noopener noreferrer")
    expect(page.log.locator("dt", has_text="対象")).to_be_visible()
    # Used choices stay where they are, and keep the focus.
    expect(choice).to_have_attribute("aria-disabled", "true")
    expect(choice).to_be_focused()
    choice.click(force=True)
    assert [body["text"] for body in page.api.sent][1:] == ["山の市"]


def test_enter_during_conversion_does_not_send(widget: Make) -> None:
    page = widget().open()
    page.field.fill("こんにちは")
    press_enter(page, "isComposing: true")
    press_enter(page, "keyCode: 229")
    page.field.press("Shift+Enter")
    expect(page.field).to_have_value("こんにちは\n")
    assert page.api.sent == []
    page.field.press("Enter")
    page.bot("「こんにちは」へのお答えです。")
    expect(page.field).to_have_value("")


def test_blank_is_not_sent(widget: Make) -> None:
    page = widget().open()
    page.field.fill(" 　\n")
    page.field.press("Enter")
    expect(page.panel.locator("#send")).to_have_attribute("aria-disabled", "true")
    assert page.api.sent == [] and page.api.opened == []


def test_reload_keeps_the_history_without_reading_it_out(widget: Make) -> None:
    page = widget().open().say("こんにちは")
    page.bot("「こんにちは」へのお答えです。")
    page.field.fill("書きかけ")
    page.page.reload()
    page.open()
    page.bot("「こんにちは」へのお答えです。")
    expect(page.log.locator(".message")).to_have_count(2)
    expect(page.log).to_have_attribute("aria-live", "polite")
    expect(page.field).to_have_value("書きかけ")
    assert len(page.api.opened) == 1


def test_history_is_complete_before_the_log_becomes_live(widget: Make) -> None:
    page = widget(
        script="""
        new MutationObserver(() => {
          const log = document.getElementById("log");
          if (!log || log.dataset.loud) return;
          if (log.getAttribute("aria-live") !== "off" && log.childElementCount === 0 && localStorage.length) log.dataset.loud = "early";
        }).observe(document, {subtree: true, childList: true, attributes: true});"""
    )
    page.open().say("こんにちは")
    page.bot("お答えです。")
    page.page.reload()
    page.open()
    page.bot("お答えです。")
    expect(page.log).not_to_have_attribute("data-loud", "early")


def test_resend_uses_the_same_id_and_shows_the_message_once(widget: Make) -> None:
    page = widget().open()
    page.api.failures = [(503, "x", {})]
    page.say("こんにちは")
    expect(page.log).to_contain_text("送れませんでした")
    page.panel.get_by_role("button", name="再送").click()
    page.bot("「こんにちは」へのお答えです。")
    first, second = page.api.sent
    assert first == second
    expect(page.log.locator(".message.resident")).to_have_count(1)
    expect(page.log).not_to_contain_text("送れませんでした")


def test_failures_are_told_in_sentences(widget: Make) -> None:
    page = widget().open()
    page.api.failures = [
        (429, "x", {"Retry-After": "12"}),
        (422, "5,000文字までで送ってください。", {}),
        "internetdisconnected",
        (500, "x", {}),
    ]
    page.say("一")
    expect(page.log).to_contain_text("12秒ほど待って")
    page.say("二")
    expect(page.log).to_contain_text("5,000文字までで送ってください。")
    page.panel.get_by_role("button", name="書き直す").click()
    expect(page.field).to_have_value("二")
    expect(page.field).to_be_focused()
    page.say("三")
    expect(page.log).to_contain_text("インターネットにつながっていない")
    page.say("四")
    expect(page.log).to_contain_text("ただいま答えを用意できませんでした")


def test_a_late_answer_comes_once(widget: Make) -> None:
    page = widget().open()
    page.api.pending = True
    page.say("こんにちは")
    expect(page.panel.get_by_role("status")).to_have_text("入力中です")
    page.page.wait_for_timeout(1800)
    page.api.deliver_late()
    page.bot("「こんにちは」へのお答えです。")
    expect(page.panel.get_by_role("status")).to_have_text("")
    page.page.wait_for_timeout(2000)
    expect(page.log.locator(".message.bot")).to_have_count(1)


def test_a_forgotten_conversation_is_replaced(widget: Make) -> None:
    page = widget().open().say("一")
    page.bot("「一」へのお答えです。")
    page.api.gone = True
    page.api.rows.clear()
    page.say("二")
    page.bot("「二」へのお答えです。")
    expect(page.log).to_contain_text("新しい会話として送りました")
    assert len(page.api.opened) == 2


def test_staff_answer_arrives_and_is_counted_when_closed(widget: Make) -> None:
    page = widget().open().say("職員と話したい")
    page.bot("担当者に引き継ぎました。")
    page.field.press("Escape")
    expect(page.launcher).to_have_attribute("aria-expanded", "false")
    page.api.add("staff", "窓口の者です。")
    expect(page.launcher).to_contain_text("1")
    page.launcher.click()
    expect(page.log.locator(".message.staff")).to_contain_text("窓口の者です。")
    expect(page.launcher.locator(".badge")).to_be_hidden()


def test_nothing_written_is_parsed(widget: Make) -> None:
    page = widget().open()
    links = [{"label": "悪い", "url": "javascript:alert(1)"}, {"label": "良い", "url": "https://example.jp/x"}]
    page.api.answer = lambda words: (
        "answered",
        [card("<img src=x onerror=alert(1)>", "<b>太字</b> https://example.jp/a?b=1、です", [["<i>", "x"]], links)],
    )
    page.say("<script>alert(1)</script>")
    answer = page.bot("<img src=x onerror=alert(1)>")
    expect(page.log).to_contain_text("<script>alert(1)</script>")
    expect(answer.locator("img, b, i")).to_have_count(0)
    expect(answer.get_by_role("link", name="悪い")).to_have_count(0)
    expect(answer.get_by_role("link", name="良い")).to_have_attribute("href", "https://example.jp/x")
    expect(answer.get_by_role("link", name="https://example.jp/a?b=1")).to_be_visible()


def test_form_step_has_its_field_its_error_and_its_ways_out(widget: Make) -> None:
    page = widget().open().say("申し込みたい")
    page.bot("familyを教えてください。")
    expect(page.panel.get_by_text("全8問中3問目").last).to_be_visible()
    page.panel.get_by_role("button", name="スキップ").click()
    page.bot("contactを教えてください。")
    expect(page.field).to_have_attribute("type", "email")
    expect(page.field).to_have_attribute("autocomplete", "email")
    expect(page.panel.get_by_role("button", name="スキップ")).to_be_hidden()
    page.field.fill("taro")
    page.field.press("Enter")
    error = page.bot("メールアドレスの形になっていません。").locator(".error")
    expect(page.field).to_have_attribute("aria-invalid", "true")
    expect(page.field).to_have_attribute("aria-describedby", re.compile(rf"\b{error.get_attribute('id')}\b"))
    page.panel.get_by_role("button", name="やめる").click()
    page.bot("「やめる」へのお答えです。")
    expect(page.panel.locator("#formbar")).to_be_hidden()
    expect(page.panel.locator("textarea")).to_be_focused()
    assert [body["text"] for body in page.api.sent] == ["申し込みたい", "スキップ", "taro", "やめる"]


def test_language_changes_with_the_next_conversation(widget: Make) -> None:
    page = widget().open()
    page.panel.locator("#languages").get_by_role("button", name="English").click()
    expect(page.panel.locator("html")).to_have_attribute("lang", "en")
    expect(page.panel.get_by_role("button", name="Where do I start?")).to_be_visible()
    page.say("hello")
    answer = page.bot("「hello」")
    expect(answer).to_contain_text("as of December 2022")
    expect(answer.locator(".prose")).to_have_attribute("lang", "ja")
    page.panel.get_by_role("button", name="Language and menu").click()
    page.panel.locator("#menu").get_by_role("button", name="やさしい日本語").click()
    page.panel.get_by_role("dialog").get_by_role("button", name="Change and start").click()
    expect(page.log.locator(".message")).to_have_count(0)
    expect(page.panel.locator("#greeting ruby").first).to_be_visible()
    page.say("はい")
    page.bot("「はい」")
    assert page.api.opened == ["en", "easy_ja"]


def test_start_again_forgets_the_token(widget: Make) -> None:
    page = widget().open().say("一")
    page.bot("「一」")
    page.panel.get_by_role("button", name="言語とメニュー").click()
    page.panel.get_by_role("button", name="この会話を消して新しく始める").click()
    page.panel.get_by_role("dialog").get_by_role("button", name="やめておく").click()
    expect(page.log.locator(".message")).to_have_count(2)
    page.panel.get_by_role("button", name="言語とメニュー").click()
    page.panel.get_by_role("button", name="この会話を消して新しく始める").click()
    page.panel.get_by_role("dialog").get_by_role("button", name="消して始める").click()
    expect(page.log.locator(".message")).to_have_count(0)
    assert page.panel.locator("body").evaluate("() => localStorage.getItem('iju-desk.conversation')") is None


def test_blocked_storage_still_works(widget: Make) -> None:
    page = widget(
        script="Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }});"
    )
    page.open().say("こんにちは")
    page.bot("「こんにちは」へのお答えです。")


def test_focus_follows_opening_and_closing(widget: Make) -> None:
    page = widget().open()
    expect(page.field).to_be_focused()
    page.field.evaluate(
        "(field) => field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true, isComposing: true}))"
    )
    expect(page.launcher).to_have_attribute("aria-expanded", "true")
    page.field.press("Escape")
    expect(page.launcher).to_have_attribute("aria-expanded", "false")
    expect(page.launcher).to_be_focused()
    page.launcher.press("Enter")
    expect(page.field).to_be_focused()


def test_new_messages_do_not_move_the_focus(widget: Make) -> None:
    page = widget().open().say("職員と話したい")
    page.bot("担当者に引き継ぎました。")
    page.panel.get_by_role("button", name="言語とメニュー").focus()
    page.api.add("staff", "窓口の者です。")
    expect(page.log.locator(".message.staff")).to_be_visible()
    expect(page.panel.get_by_role("button", name="言語とメニュー")).to_be_focused()


def test_phone_is_full_screen_and_modal(widget: Make) -> None:
    page = widget(**TOUCH)
    page.launcher.tap()
    expect(page.panel.locator("#starters button")).to_have_count(5)
    box = page.page.locator("iju-desk iframe").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
    assert page.page.locator("iju-desk dialog").evaluate("(dialog) => dialog.matches(':modal')")
    expect(page.panel.get_by_role("heading", level=1)).to_be_focused()  # the field would bring up the keyboard
    page.field.fill("一")
    page.field.press("Enter")
    expect(page.field).to_have_value("一\n")
    page.panel.get_by_role("button", name="閉じる").tap()
    expect(page.launcher).to_be_focused()
    expect(page.page.locator("html")).to_have_css("overflow-y", "visible")


def test_embeds_in_a_strict_page_of_another_origin(browser: Browser, static_url: str) -> None:
    """The host needs script-src and frame-src for us, nothing else, and never holds the token."""
    host = static_url.replace("127.0.0.1", "localhost")
    context = browser.new_context()
    lines: list[str] = []
    page: Page = context.new_page()
    page.on("console", lambda message: lines.append(message.text))
    page.goto(f"{host}/host")
    expect(page.locator("iju-desk")).to_be_attached()
    page.evaluate(
        "window.log = []; for (const n of ['open', 'close']) ijuDesk.on(n, () => log.push(n)); ijuDesk.open()"
    )
    panel = page.frame_locator("iju-desk iframe")
    expect(panel.get_by_role("button", name="Where do I start?")).to_be_visible()
    expect(panel.locator(FIELD)).to_be_focused()
    # A message of the page itself is not the panel's, whatever it says.
    page.evaluate("postMessage({app: 'iju-desk', type: 'close'}, '*')")
    expect(page.locator("iju-desk button")).to_have_attribute("aria-expanded", "true")
    panel.locator(FIELD).press("Escape")
    expect(page.locator("iju-desk button")).to_be_focused()
    assert page.evaluate("[log, localStorage.length]") == [["open", "close"], 0]
    assert [line for line in lines if "Policy" in line] == []
    context.close()
