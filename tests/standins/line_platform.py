"""A stand-in for the LINE platform: a real HTTP server that is as strict as LINE, and a phone to try.

    python -m tests.standins.line_platform --port 8300 --webhook http://127.0.0.1:8000/line/webhook \
        --secret SECRET --token TOKEN

The app talks to it with LINE_API_BASE set to its address. `GET /` is a talk to type in. Tests drive
it through `LinePlatform`, whose methods are the `/_standin/...` calls below.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from channels.line import limits
from tests.standins import line_rules
from tests.standins.line_spec import Spec
from tests.standins.line_talks import BOT_ID, Answer, Refused, Talks

Json = dict[str, Any]

STATIC = Path(__file__).parent / "line_static"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' https: data:; base-uri 'none'; form-action 'none'"  # fmt: skip


@dataclass
class Fault:
    """A failure to play: `status` (None: no failure, only the delay) for the next `times` calls.

    `accepted`: the call is carried out all the same and only its answer is lost, as in a time-out.
    """

    endpoint: str
    status: int | None = None
    times: int = 1
    delay: float = 0.0
    accepted: bool = False


class Server:
    """The HTTP side. Everything runs in one event loop, so that no state needs a lock."""

    def __init__(self, webhook_url: str, secret: str, token: str, talks: Talks) -> None:
        self.webhook_url, self.secret, self.token, self.talks = webhook_url, secret, token, talks
        self.faults: list[Fault] = []
        self.log: list[Json] = []
        self.events: dict[str, Json] = {}
        self._api, self._webhook = Spec("messaging-api.yml"), Spec("webhook.yml")
        control = {
            "say": self.say, "follow": self.follow, "unfollow": self.unfollow, "sticker": self.sticker,
            "redeliver": self.redeliver, "events": self.raw_events, "faults": self.add_fault,
        }  # fmt: skip
        self.app = Starlette(
            routes=[
                Route("/", self.page),
                Mount("/_standin/static", StaticFiles(directory=STATIC)),
                Route("/_standin/log", self.read_log),
                *(Route(f"/_standin/{name}", _control(call), methods=["POST"]) for name, call in control.items()),
                Route("/{path:path}", self.api, methods=["GET", "POST", "PUT", "DELETE"]),
            ],
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as self._client:
            yield

    # --- LINE's API ----------------------------------------------------------------------------

    async def api(self, request: Request) -> Response:
        """Any call that LINE's specification knows; each is recorded, taken or not."""
        raw = await request.body()
        request_id = secrets.token_hex(16)
        headers = {"x-line-request-id": request_id}
        entry: Json = {
            "kind": "api", "method": request.method, "endpoint": request.url.path, "request_id": request_id,
            "retry_key": request.headers.get("x-line-retry-key"), "accepted": False, "users": [], "body": None,
        }  # fmt: skip
        fault = self._fault(request.url.path)
        try:
            if fault and fault.delay:
                await asyncio.sleep(fault.delay)
            if fault and fault.status and not fault.accepted:
                raise Refused(fault.status, "A fault was asked for")
            answer = self._answer(request, raw, entry, request_id)
            entry.update(accepted=True, status=answer.status, users=answer.users or [])
            if fault and fault.status:
                raise Refused(fault.status, "A fault was asked for, after the call was carried out")
        except Refused as refused:
            entry.update(status=refused.status, problems=refused.details, error=refused.message)
            return JSONResponse(refused.body(), refused.status, {**headers, **refused.headers})
        finally:
            self._record(**entry)
        return JSONResponse(answer.body, answer.status, headers)

    def _answer(self, request: Request, raw: bytes, entry: Json, request_id: str) -> Answer:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {self.token}".encode()):
            raise Refused(401, "Authentication failed. Confirm that the access token is valid.")
        found = self._api.find(request.method, request.url.path)
        if found is None:
            raise Refused(404, "Not found")
        operation, path = found
        retry_key = request.headers.get("x-line-retry-key")
        if retry_key is not None and not operation.retry_key:
            raise Refused(400, "The retry key is not supported by this endpoint")
        body: Any = {}
        if operation.body:
            entry["body"] = body = _json_body(request, raw)
            if details := self._api.problems(operation.body, body):
                raise Refused(400, "The request body has errors", details)
            entry["warnings"] = line_rules.warnings(body.get("messages", []))
        return self.talks.answer(operation, path, body, retry_key, request_id)

    def _fault(self, path: str) -> Fault | None:
        fault = next((fault for fault in self.faults if path.endswith(fault.endpoint) and fault.times > 0), None)
        if fault:
            fault.times -= 1
        return fault

    def _record(self, **entry: Any) -> Json:
        whole = {"seq": len(self.log) + 1, "at": time.time(), "status": None, "problems": [], "warnings": [], **entry}
        self.log.append(whole)
        return whole

    # --- webhooks ------------------------------------------------------------------------------

    async def say(self, asked: Json) -> Json:
        """{"user", "text"} → a text message of that user."""
        return await self._message(asked, "text", text=str(asked["text"]))

    async def sticker(self, asked: Json) -> Json:
        return await self._message(asked, "sticker", packageId="446", stickerId="1988", stickerResourceType="STATIC")

    async def _message(self, asked: Json, kind: str, **content: Any) -> Json:
        user_id = self.talks.user(str(asked["user"]))
        return await self._send([self.talks.event("message", user_id, message=self.talks.message(kind, **content))])

    async def follow(self, asked: Json) -> Json:
        user_id = self.talks.user(str(asked["user"]))
        user = self.talks.users[user_id]
        event = self.talks.event("follow", user_id, follow={"isUnblocked": user.blocked})
        user.blocked = False
        return await self._send([event])

    async def unfollow(self, asked: Json) -> Json:
        user_id = self.talks.user(str(asked["user"]))
        self.talks.users[user_id].blocked = True
        return await self._send([self.talks.event("unfollow", user_id)])

    async def redeliver(self, asked: Json) -> Json:
        """{"event_id"} (the last one if left out) → the same event again, marked as a redelivery."""
        event_id = asked.get("event_id") or [*self.events][-1]
        return await self._send([self.talks.redelivered(self.events[event_id])])

    async def raw_events(self, asked: Json) -> Json:
        """{"events": […]} → these in one signed request, whatever they are."""
        return await self._send(asked["events"], checked=False)

    async def _send(self, events: list[Json], *, checked: bool = True) -> Json:
        """Post the webhook; answers {"status", "event_ids", "user_ids", "seconds", "error"}, status 0: no answer."""
        content = {"destination": BOT_ID, "events": events}
        if checked and (wrong := self._webhook.problems("CallbackRequest", content)):
            raise AssertionError(f"the stand-in made an event that LINE would not: {wrong}")
        self.events.update({event["webhookEventId"]: event for event in events if "webhookEventId" in event})
        users = [event.get("source", {}).get("userId") for event in events]
        entry = self._record(kind="webhook", endpoint=self.webhook_url, users=[u for u in users if u], events=events)
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = {"content-type": "application/json; charset=utf-8", "x-line-signature": sign(self.secret, body)}
        started, error, status = time.monotonic(), None, 0
        try:
            answer = await self._client.post(self.webhook_url, content=body, headers=headers)
            status = answer.status_code
        except httpx.HTTPError as failure:
            error = type(failure).__name__
        seconds = time.monotonic() - started
        if status and seconds > limits.WEBHOOK_ANSWER_SECONDS:
            error = "request_timeout"  # what LINE records; the events may have been taken all the same
        elif status and not 200 <= status < 300:
            error = "error_status_code"
        entry.update(status=status, seconds=seconds, error=error)
        ids = [event.get("webhookEventId") for event in events]
        return {"status": status, "event_ids": ids, "user_ids": users, "seconds": seconds, "error": error}

    # --- control -------------------------------------------------------------------------------

    async def add_fault(self, asked: Json) -> Json:
        self.faults.append(Fault(**asked))
        return asdict(self.faults[-1])

    async def read_log(self, request: Request) -> Response:
        """?after=SEQ&user=NAME → {"entries", "last"}, oldest first."""
        after, user = int(request.query_params.get("after", 0)), request.query_params.get("user")
        entries = self.log[after:]
        if user:
            user_id = self.talks.user(user)
            entries = [entry for entry in entries if user_id in entry["users"] or _refused(entry)]
        return JSONResponse({"entries": entries, "last": len(self.log)}, headers={"cache-control": "no-store"})

    async def page(self, _: Request) -> Response:
        return FileResponse(STATIC / "talk.html", headers={"content-security-policy": POLICY})


def _refused(entry: Json) -> bool:
    """An API call that was not taken; whom it was for is then often unknown."""
    return entry["kind"] == "api" and not entry["accepted"]


def sign(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _control(call: Any) -> Any:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await call(await request.json()))
        except (LookupError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 422)

    return endpoint


def _json_body(request: Request, raw: bytes) -> Any:
    if len(raw) > limits.REQUEST_BYTES:
        raise Refused(413, "The request body is too large")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(415, "The content type is not application/json")
    try:
        return json.loads(raw)
    except ValueError as error:
        raise Refused(400, "The request body could not be parsed as JSON") from error


class LinePlatform:
    """The stand-in in a thread of this process: `with LinePlatform(url, "secret", "token") as line:`.

    Options go to `Talks`: reply_token_seconds, quota, clock. `server.webhook_url` may be set later.
    """

    def __init__(self, webhook_url: str, secret: str, token: str, port: int = 0, **options: Any) -> None:
        self.server = Server(webhook_url, secret, token, Talks(**options))
        self._socket = socket.create_server(("127.0.0.1", port))
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(self.server.app, log_level="warning", timeout_graceful_shutdown=2)
        self._uvicorn = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._uvicorn.run, args=([self._socket],), daemon=True)
        self._http = httpx.Client(base_url=self.base_url, trust_env=False, timeout=60)

    def start(self) -> LinePlatform:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._uvicorn.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the LINE stand-in did not start")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        self._http.close()
        self._uvicorn.should_exit = True
        self._thread.join(10)
        self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def control(self, name: str, **asked: Any) -> Json:
        """POST /_standin/`name`; e.g. control("say", user="花子", text="空き家"). Raises on an error."""
        answer: Json = self._http.post(f"/_standin/{name}", json=asked).raise_for_status().json()
        return answer

    def say(self, user: str, text: str) -> Json:
        return self.control("say", user=user, text=text)

    def fail(self, endpoint: str, **fault: Any) -> None:
        """Play a `Fault` for paths ending in `endpoint`."""
        self.control("faults", endpoint=endpoint, **fault)

    def log(self, kind: str | None = None) -> list[Json]:
        """What happened, oldest first; `kind`: api or webhook."""
        return [entry for entry in self.server.log if kind in (None, entry["kind"])]

    def messages(self, user: str) -> list[Json]:
        """The message objects that this user got, oldest first."""
        user_id = self.server.talks.user(user)
        taken = [entry for entry in self.log("api") if entry["accepted"] and user_id in entry["users"]]
        return [message for entry in taken for message in (entry["body"] or {}).get("messages", [])]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--webhook", required=True, help="the app's webhook URL")
    parser.add_argument("--secret", required=True, help="the channel secret")
    parser.add_argument("--token", required=True, help="the channel access token")
    parser.add_argument("--reply-token-seconds", type=float, default=limits.REPLY_TOKEN_SECONDS)
    chosen = parser.parse_args()
    talks = Talks(reply_token_seconds=chosen.reply_token_seconds)
    server = Server(chosen.webhook, chosen.secret, chosen.token, talks)
    uvicorn.run(server.app, host="127.0.0.1", port=chosen.port, log_level="warning", timeout_graceful_shutdown=2)


if __name__ == "__main__":
    main()
