from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from channels.line.client import LineClient
from channels.line.events import parse, verify
from tests.standins.line_platform import LinePlatform

SECRET, TOKEN = "channel-secret", "channel-token"


class Webhook:
    """A bot's side: keeps what came and answers `status`."""

    def __init__(self):
        self.status, self.requests = 200, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.requests.append((body, self.headers["x-line-signature"]))
                self.send_response(outer.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/line/webhook"
        Thread(target=self._http.serve_forever, args=[0.02], daemon=True).start()

    def events(self):
        """The events of every request so far, each request's signature checked."""
        assert all(verify(SECRET, body, signature) for body, signature in self.requests)
        return [event for body, _ in self.requests for event in parse(body)]

    def stop(self):
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def webhook():
    webhook = Webhook()
    yield webhook
    webhook.stop()


class Clock:
    def __init__(self):
        self.now = 1_700_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def line(webhook, clock):
    with LinePlatform(webhook.url, SECRET, TOKEN, clock=clock) as platform:
        yield platform


@pytest.fixture
def client(line):
    client = LineClient(line.base_url, TOKEN)
    yield client
    client.close()
