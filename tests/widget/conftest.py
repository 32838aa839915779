"""A real Chromium, the widget's own files over HTTP, and optionally the whole app (`base_url`)."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, BrowserContext, expect
from widget_fake import FakeApi
from widget_page import DESKTOP, Widget, answer

from channels.widget.routes import router

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def static_url() -> Iterator[str]:
    """The widget's routes alone, on a free port of the loopback interface."""
    app = FastAPI()
    app.include_router(router)

    @app.get("/host")
    def host_page() -> HTMLResponse:
        """Somebody else's page with a strict policy; opened as `localhost`, it is of another origin than the widget."""
        policy = f"default-src 'none'; script-src {url}; frame-src {url}; require-trusted-types-for 'script'; trusted-types 'none'"
        html = f"<!doctype html><title>t</title><script src='{url}/widget.js' async data-locale='en' data-position='left'></script><p>x"
        return HTMLResponse(html, headers={"content-security-policy": policy})

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.started
    yield url
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def base_url(request: pytest.FixtureRequest) -> str:
    """The real app with its engine: IJU_TEST_URL, or the one the test session starts."""
    return os.environ.get("IJU_TEST_URL") or str(request.getfixturevalue("live").url)


@pytest.fixture
def widget(browser: Browser, static_url: str) -> Iterator[Callable[..., Widget]]:
    """widget(viewport=…, color_scheme=…, url=…, …) opens the demo page; at the end no policy may have been violated."""
    made: list[tuple[BrowserContext, Widget]] = []

    def make(*, url: str | None = None, viewport: Any = DESKTOP, script: str | None = None, **options: Any) -> Widget:
        context = browser.new_context(viewport=viewport, locale="ja-JP", timezone_id="Asia/Tokyo", **options)
        if script:
            context.add_init_script(script)
        one = Widget(context, url or static_url, None if url else FakeApi(answer))
        made.append((context, one))
        return one

    yield make
    for context, one in made:
        bad = [
            line
            for line in one.console
            if "Content Security Policy" in line or "TrustedHTML" in line or line.startswith("uncaught")
        ]
        context.close()
        assert bad == []
