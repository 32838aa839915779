"""An action server for the engine's tests: one thread, scripted answers, remembers what it was sent.

An answer is a dict (a result), a status code, or a function of the request's body returning either.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable

Answer = dict[str, Any] | int | str | Callable[[dict[str, Any]], Any]


def reply(text: str, *events: dict[str, Any]) -> dict[str, Any]:
    """A result with one text reply and the command that the app expects of every turn."""
    custom = [
        {"custom": {"reply": {"type": "text", "text": text, "sources": []}}},
        {"custom": {"command": {"command": "result", "outcome": "answered", "topics": []}}},
    ]
    return {"events": list(events), "responses": custom}


def slot(name: str, value: Any) -> dict[str, Any]:
    return {"event": "slot", "name": name, "value": value, "timestamp": None}


def echo(body: dict[str, Any]) -> dict[str, Any]:
    """Answers with what was understood, so that a test sees what an action sees."""
    latest = body["tracker"]["latest_message"]
    seen = {
        "action": body["next_action"],
        "text": latest["text"],
        "topics": [topic["id"] for topic in latest.get("topics", [])],
        "slots": {name: value for name, value in body["tracker"]["slots"].items() if value is not None},
        "metadata": latest.get("metadata"),
    }
    places = [entity["value"] for entity in latest["entities"] if entity["entity"] == "municipality"]
    return reply(
        json.dumps(seen, ensure_ascii=False, sort_keys=True), *[slot("municipality", place) for place in places]
    )


class FakeActions:
    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        self.delay_s = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/actions"

    def reset(self) -> None:
        self.answers, self.requests, self.headers, self.delay_s = {}, [], [], 0.0

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # one packet a response

            def setup(self) -> None:
                super().setup()
                fake.connections += 1

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.requests.append(body)
                fake.headers.append(dict(self.headers))
                time.sleep(fake.delay_s)
                answer: Any = fake.answers.get(body["next_action"], echo)
                answer = answer(body) if callable(answer) else answer
                status = answer if isinstance(answer, int) else 200
                payload = answer if isinstance(answer, str) else json.dumps({} if isinstance(answer, int) else answer)
                if isinstance(answer, dict) and "status" in answer:
                    status = answer.pop("status")
                    payload = json.dumps(answer)
                data = payload.encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        return Handler
