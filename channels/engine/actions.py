"""Calls the app's actions: a kept connection, a compiled result schema, a failure that is one.

Stock Rasa opens a connection a call, compiles the same JSON schema at every result (17 of a call's
20 ms), waits 300 s, and answers 200 with nothing when an action fails.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
from typing import Any

import aiohttp
import rasa
import structlog
from jsonschema.exceptions import ValidationError
from jsonschema.validators import validator_for
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.shared.core.events import Event, UserUttered, deserialise_events
from rasa.shared.exceptions import RasaException

from channels.engine.turn import TurnFailed

TIMEOUT_S = 10.0
# Shorter than the 5 s after which uvicorn closes an idle connection, so that we close it first.
_KEEP_ALIVE_S = 3.0

_SLOT_KEYS = {"event", "timestamp", "name", "value"}

log = structlog.get_logger(__name__)


class ActionClient:
    """One HTTP session for all calls of the process; opened at the first call."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._result, self._events = _validators()

    async def call(self, url: str, headers: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        """The action's result. Raises ActionExecutionRejection for a 400, else TurnFailed."""
        name = body["next_action"]
        try:
            status, payload = await self._post(url, headers, json.dumps(body).encode())
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            unreachable = isinstance(error, aiohttp.ClientConnectionError) and not isinstance(
                error, asyncio.TimeoutError
            )
            raise TurnFailed(f"{name}: {type(error).__name__}", unreachable=unreachable) from error
        try:
            result = json.loads(payload)
        except ValueError as error:
            raise TurnFailed(f"{name}: status {status}, no JSON") from error
        if status == 400 and isinstance(result, dict) and "action_name" in result:
            raise ActionExecutionRejection(result["action_name"], result.get("error"))
        if status != 200:
            raise TurnFailed(f"{name}: status {status}")
        try:
            self._result.validate(result)
            for event in result.get("events", []):
                if _is_slot(event):
                    continue
                if event["event"] not in self._events:
                    raise TurnFailed(f"{name}: unknown event in its result")
                self._events[event["event"]].validate(event)
        except ValidationError as error:
            # The path, not the message: that would quote the resident's words.
            raise TurnFailed(f"{name}: invalid result at {error.json_path}") from error
        return result  # type: ignore[no-any-return]

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        headers = {**headers, "Content-Type": "application/json"}
        for last in (False, True):
            try:
                async with self._open().post(url, data=body, headers=headers) as response:
                    return response.status, await response.read()
            except aiohttp.ServerDisconnectedError:
                # A kept connection that the app closed (a restart): actions only read, so once more.
                if last:
                    raise
        raise AssertionError("unreachable")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=_KEEP_ALIVE_S),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def _is_slot(event: dict[str, Any]) -> bool:
    """A slot's event just as rasa-sdk makes it: nearly all there are, and a schema takes 50 times as long."""
    return (
        event.keys() == _SLOT_KEYS
        and event["event"] == "slot"
        and type(event["name"]) is str
        and event["timestamp"] is None
    )


def _since_message(tracker: Any) -> list[dict[str, Any]]:
    after = itertools.takewhile(lambda event: not isinstance(event, UserUttered), reversed(tracker.events))
    return [event.as_dict() for event in after][::-1]


def _validators() -> tuple[Any, dict[str, Any]]:
    """Rasa's result schema, compiled once, and one validator a kind of event: an event is held against its own
    branch of the schema instead of all of them in turn (1.2 ms a turn)."""
    schema = copy.deepcopy(RemoteAction.action_response_format_spec())
    branches = schema["properties"]["events"]["items"].pop("oneOf")
    compiled = validator_for(schema)
    return compiled(schema), {branch["properties"]["event"]["const"]: compiled(branch) for branch in branches}


def install(client: ActionClient) -> None:
    """Makes every `RemoteAction` of this process call through `client`."""

    async def run(self: RemoteAction, output_channel: Any, nlg: Any, tracker: Any, domain: Any) -> list[Event]:
        endpoint = self.action_endpoint
        if endpoint is None or not endpoint.url:
            raise TurnFailed(f"{self.name()}: no action endpoint")
        # The message is in the state already: of its events, actions read what came after it.
        body = {
            "next_action": self.name(),
            "sender_id": tracker.sender_id,
            "tracker": {**tracker.current_state(), "events": _since_message(tracker)},
            "version": rasa.__version__,
        }
        result = await client.call(endpoint.url, endpoint.headers, body)
        try:
            uttered: list[Event] = list(
                await self._utter_responses(result.get("responses", []), output_channel, nlg, tracker)
            )
            return uttered + (deserialise_events(result.get("events", [])) or [])
        except (RasaException, KeyError, TypeError, ValueError) as error:
            raise TurnFailed(f"{self.name()}: {type(error).__name__} in its result") from error

    RemoteAction.run = run
