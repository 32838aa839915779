"""The engine's one door: `POST /turn` (state and message in, understanding, replies and new state
out) and `GET /health`. Errors are HTTP errors; nothing a resident wrote is in them or in the log.
"""

from __future__ import annotations

import hmac
import json
import time
from pathlib import Path
from typing import Any

import structlog
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.core.events import UserUttered
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from channels.engine import state as states
from channels.engine.actions import ActionClient, install
from channels.engine.turn import Json, Turn, TurnFailed, current_turn
from nlu.text import Normalised, normalise

MAX_TEXT = 5000
_NOTHING_LEFT = "…"  # stands for a message of emoji only; it means nothing to any component
_UNDERSTANDING = ("text", "intent", "topics", "decision", "topic_ranking", "entities", "language")

log = structlog.get_logger(__name__)


class BadTurn(Exception):
    """A request that is refused. `detail` holds no resident's words."""

    def __init__(self, status: int, code: str, message: str, detail: str | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.detail = status, code, message, detail

    def response(self) -> HTTPResponse:
        error = {"code": self.code, "message": self.message, "detail": self.detail}
        return _json({"error": error}, self.status)


class TurnOutput(OutputChannel):
    """Collects the `custom` payloads of actions by kind, in order."""

    def __init__(self) -> None:
        self.replies: list[Json] = []
        self.commands: list[Json] = []

    @classmethod
    def name(cls) -> str:
        return "turn"

    async def send_response(self, recipient_id: str, message: Json) -> None:
        custom = message.get("custom")
        if isinstance(custom, dict) and isinstance(custom.get("reply"), dict):
            self.replies.append(custom["reply"])
        elif isinstance(custom, dict) and isinstance(custom.get("command"), dict):
            self.commands.append(custom["command"])
        elif custom:
            raise TurnFailed("an action uttered a payload that is neither a reply nor a command")
        elif message.get("text"):
            self.replies.append({"type": "text", "text": message["text"], "sources": []})


class TurnInput(InputChannel):
    """Named in `credentials.yml`, with the token that callers have to send."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._actions = ActionClient()
        install(self._actions)

    @classmethod
    def name(cls) -> str:
        return "engine"

    def url_prefix(self) -> str:
        return "/"

    @classmethod
    def from_credentials(cls, credentials: Json | None) -> TurnInput:
        token = (credentials or {}).get("token")
        if not token:
            raise ValueError("IJU_INTERNAL_TOKEN is empty: the engine would answer anybody")
        return cls(str(token))

    def blueprint(self, on_new_message: Any) -> Blueprint:
        routes = Blueprint("engine")

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            model = _model(request.app)
            if model is None:
                return BadTurn(503, "not_ready", "the model is not loaded").response()
            return _json({"status": "ok", "model": model})

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            structlog.contextvars.clear_contextvars()
            try:
                return _json(await self._turn(request))
            except BadTurn as error:
                log.info("turn_refused", status=error.status, code=error.code, detail=error.detail)
                return error.response()
            except Exception as error:
                # The traceback's own message may quote the resident: its type and place are enough.
                log.error("turn_error", error=type(error).__name__, at=_place(error))
                return BadTurn(500, "internal", "the turn could not be worked out").response()

        @routes.listener("after_server_stop")
        async def stop(app: Sanic, loop: Any) -> None:
            await self._actions.close()

        return routes

    async def _turn(self, request: Request) -> Json:
        self._authorise(request)
        body = _read(request)
        structlog.contextvars.bind_contextvars(turn_id=body["turn_id"])
        if _model(request.app) is None:
            raise BadTurn(503, "not_ready", "the model is not loaded")
        started = time.perf_counter()
        agent = request.app.ctx.agent
        tracker, notes = states.restore(body["state"], body["turn_id"], agent.domain)
        for note in notes:
            log.warning("state_dropped", note=note)
        message = normalise(body["text"], close=False)
        output = await _run(agent, Turn(tracker, notes=notes), message, body)
        uttered = tracker.get_last_event_for(UserUttered)
        log.info("turn", ms=round((time.perf_counter() - started) * 1000, 1), replies=len(output.replies))
        return {
            "understanding": _understanding(uttered.parse_data if uttered else {}, message),
            "replies": output.replies,
            "commands": output.commands,
            "state": states.compact(tracker),
            "notes": notes,
        }

    def _authorise(self, request: Request) -> None:
        header = request.headers.get("authorization") or ""
        if not hmac.compare_digest(header.encode("utf-8", "replace"), b"Bearer " + self._token):
            raise BadTurn(401, "unauthorized", "a valid bearer token is needed")


async def _run(agent: Any, turn: Turn, message: Normalised, body: Json) -> TurnOutput:
    """Rasa's own path for one message. Raises BadTurn(502) when an action did not do its part."""
    output = TurnOutput()
    metadata = {
        "context": body["context"],
        "loop": turn.tracker.active_loop_name,
        "original": body["text"],  # what a form keeps of a name is what was typed
        "requested": (body["state"] or {}).get("requested") if turn.tracker.active_loop_name else None,
    }
    user_message = UserMessage(
        message.text or _NOTHING_LEFT, output, turn.tracker.sender_id, input_channel="engine", metadata=metadata
    )
    mark = current_turn.set(turn)
    try:
        await agent.handle_message(user_message)
    except TurnFailed as error:
        if error.unreachable:  # nothing is wrong with this message: it is worth another try
            raise BadTurn(503, "actions_unreachable", "the app's actions cannot be reached", str(error)) from error
        raise BadTurn(502, "action_failed", "an action could not be carried out", str(error)) from error
    finally:
        current_turn.reset(mark)
    if not turn.saved:
        raise RuntimeError("the tracker was not saved: is RequestTrackerStore in endpoints.yml?")
    if not output.replies and not output.commands:
        raise BadTurn(502, "action_failed", "an action could not be carried out", "nothing was uttered")
    return output


def _read(request: Request) -> Json:
    """The request's body with every field present. Raises BadTurn."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadTurn(400, "invalid_json", "the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadTurn(400, "invalid_request", "the body must be an object")
    for key in ("turn_id", "conversation_id", "text"):
        if not isinstance(body.get(key), str):
            raise BadTurn(400, "invalid_request", f"{key} must be a string")
    for key in ("turn_id", "conversation_id"):
        if not 0 < len(body[key]) <= 200 or not body[key].isprintable():
            raise BadTurn(400, "invalid_request", f"{key} must have 1 to 200 printable characters")
    if not isinstance(body.get("context", {}), dict):
        raise BadTurn(400, "invalid_request", "context must be an object")
    try:
        state = states.check(body.get("state"))
    except TypeError as error:
        raise BadTurn(400, "invalid_request", str(error)) from error
    if len(body["text"]) > MAX_TEXT:
        raise BadTurn(422, "text_too_long", f"text has more than {MAX_TEXT} characters")
    if not any(char.isprintable() and not char.isspace() for char in body["text"]):
        raise BadTurn(422, "text_empty", "text is empty")
    return {**body, "context": body.get("context", {}), "state": state}


def _understanding(parsed: Json, message: Normalised) -> Json:
    """Rasa's parse, with the entities' offsets in the text as the resident sent it."""
    result = {key: parsed[key] for key in _UNDERSTANDING if key in parsed}
    result["text"] = message.text
    result["entities"] = []
    for entity in parsed.get("entities", []):
        start, end = message.span(entity["start"], entity["end"])
        result["entities"].append({**entity, "start": start, "end": end, "text": message.original[start:end]})
    return result


def _model(app: Sanic) -> str | None:
    """The loaded model's content hash (its file is named by it), None before one is loaded."""
    agent = getattr(app.ctx, "agent", None)
    if agent is None or not agent.is_ready():
        return None
    return Path(agent.processor.model_filename).name.split(".", 1)[0]


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"


def _json(body: Json, status: int = 200) -> HTTPResponse:
    # ASCII: a lone surrogate from somewhere could not be sent as UTF-8.
    return HTTPResponse(json.dumps(body), status=status, content_type="application/json")
