"""The demo page with its widget, and what the played app says there."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect
from widget_fake import PAGE, SOURCE, Answer, FakeApi, card, choices, prompt, text

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
FIELD = "#composer .row :is(textarea, input):not([hidden])"


def answer(words: str) -> Answer:
    """What the played app says to the sentences these tests use."""
    if "空き家" in words:
        return "asked_back", [choices("どの市町村で探していますか。", "山の市", "海の市", "まだ決めていない")]
    if words == "山の市":
        rows = [["対象", "市に住みたい人"], ["費用", "無料"]]
        links = [{"label": "物件一覧を見る", "url": "https://example.jp/list"}]
        return "answered", [
            text("空き家バンクがあります。", SOURCE, PAGE),
            card("空き家バンク", "家を探せます。", rows, links),
        ]
    if words == "申し込みたい":
        return "form_prompt", [prompt("family", "text", 3, optional=True, labels=("ひとり", "家族"))]
    if words == "スキップ":
        return "form_prompt", [prompt("contact", "email", 7)]
    if words == "taro":
        return "form_prompt", [prompt("contact", "email", 7, error="メールアドレスの形になっていません。")]
    if words == "職員と話したい":
        return "handed_off", [text("担当者に引き継ぎました。")]
    return "answered", [text(f"「{words}」へのお答えです。", SOURCE)]


class Widget:
    """The demo page with its widget, and what its console said."""

    def __init__(self, context: BrowserContext, url: str, api: FakeApi | None) -> None:
        self.api = api
        self.console: list[str] = []
        if api:
            context.route("**/api/v1/**", api.handle)
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(f"uncaught: {error}"))
        self.page.goto(f"{url}/widget/demo")

    @property
    def launcher(self) -> Locator:
        return self.page.locator("iju-desk button")

    @property
    def panel(self) -> FrameLocator:
        return self.page.frame_locator("iju-desk iframe")

    @property
    def field(self) -> Locator:
        return self.panel.locator(FIELD)

    @property
    def log(self) -> Locator:
        return self.panel.get_by_role("log")

    def open(self) -> Widget:
        self.launcher.click()
        expect(self.panel.locator("#starters button")).to_have_count(5)
        return self

    def say(self, words: str) -> Widget:
        self.field.fill(words)
        self.panel.locator("#send").click()
        return self

    def bot(self, words: str) -> Locator:
        found = self.log.locator(".message.bot", has_text=words).last
        expect(found).to_be_visible()
        return found
