"""Sending to LINE: the only module that imports line-bot-sdk.

Its errors say what to do next: `LineUnavailable` and `LineRateLimited` may be tried again (a push
with the same retry key), `LineRejected` never.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import urllib3
from linebot.v3.messaging import (
    ApiClient,
    Configuration,
    Message,
    MessagingApi,
    PushMessageRequest,
    ReplyMessageRequest,
)
from linebot.v3.messaging.exceptions import ApiException

TIMEOUT_SECONDS = 5.0


class LineError(Exception):
    """LINE did not take the messages, or did not say that it took them."""


class LineRejected(LineError):
    """4xx: the same request will never be taken. A reply token that is used up or too old is 400."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"LINE refused ({status}): {message}")
        self.status = status
        self.message = message


class LineRateLimited(LineError):
    """429: too many calls, or the month's messages are used up (`monthly`: no use in retrying soon)."""

    def __init__(self, message: str) -> None:
        super().__init__(f"LINE refused (429): {message}")
        self.message = message
        # The wording is not promised by LINE; the quota endpoints are the authority.
        self.monthly = "monthly" in message.lower()


class LineUnavailable(LineError):
    """5xx, no connection, or no answer in time: LINE may still have sent the messages."""


@dataclass(frozen=True)
class Sent:
    """`request_id`: LINE's x-line-request-id, to quote in questions to LINE.

    `already_accepted`: an earlier attempt with this retry key had gone through.
    """

    request_id: str
    message_ids: tuple[str, ...]
    already_accepted: bool = False


class LineClient:
    """One per process; safe to use from several threads. `base_url` "" is LINE's own host."""

    def __init__(self, base_url: str, access_token: str) -> None:
        # No host for LINE itself: the SDK then picks the right one of LINE's two for each call.
        configuration = Configuration(host=base_url.rstrip("/") or None, access_token=access_token)
        configuration.retries = False  # urllib3 would try three times, each with the whole timeout
        self._client = ApiClient(configuration)
        self._api = MessagingApi(self._client)

    def reply(self, token: str, messages: list[dict[str, Any]]) -> Sent:
        """Send `messages` (1–5 message objects) with a reply token: free of charge, works once.

        Raises LineRejected, LineRateLimited, LineUnavailable. A reply has no retry key: after
        LineUnavailable a second try either sends it or is LineRejected because the first one had.
        """
        request = _request(ReplyMessageRequest, messages, reply_token=token)
        return self._send(self._api.reply_message_with_http_info, request)

    def push(self, user_id: str, messages: list[dict[str, Any]], retry_key: str) -> Sent:
        """Send `messages` to a user, once whatever the number of tries with `retry_key` (a UUID).

        LINE keeps the key for 24 hours; user and messages must stay the same. Counts towards the
        month's quota. Raises LineRejected, LineRateLimited, LineUnavailable.
        """
        request = _request(PushMessageRequest, messages, to=user_id)
        return self._send(self._api.push_message_with_http_info, request, x_line_retry_key=retry_key)

    def close(self) -> None:
        self._client.rest_client.pool_manager.clear()

    def _send(self, call: Any, request: Any, **headers: str) -> Sent:
        try:
            response = call(request, _request_timeout=TIMEOUT_SECONDS, **headers)
        except ApiException as error:
            return _outcome(error)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise LineUnavailable(f"LINE did not answer: {type(error).__name__}") from error
        except ValueError as error:  # the SDK cannot read it: a proxy's page, say
            raise LineUnavailable("the answer was not LINE's") from error
        ids = tuple(message.id for message in response.data.sent_messages)
        return Sent((response.headers or {}).get("x-line-request-id", ""), ids)


def _request(model: Any, messages: list[dict[str, Any]], **to: str) -> Any:
    """The SDK's request. Given plain dicts, it would silently drop what they say."""
    try:
        return model(messages=[Message.from_dict(message) for message in messages], **to)
    except (KeyError, TypeError, ValueError) as error:
        raise LineRejected(400, f"not a LINE message: {type(error).__name__}") from None  # its text would quote


def _outcome(error: ApiException) -> Sent:
    """What an answer other than 2xx means; 409 is a success of an earlier attempt."""
    body = _body(error)
    message = str(body.get("message") or error.reason or "")
    details = body.get("details")
    if isinstance(details, list) and details:
        message += " " + json.dumps(details, ensure_ascii=False)
    status = error.status or 0
    if status == 409:
        accepted = (error.headers or {}).get("x-line-accepted-request-id", "")
        sent = body.get("sentMessages") or []
        return Sent(accepted, tuple(str(item["id"]) for item in sent if "id" in item), already_accepted=True)
    if status == 429:
        raise LineRateLimited(message) from error
    if 400 <= status < 500:
        raise LineRejected(status, message) from error
    raise LineUnavailable(f"LINE answered {status}: {message}") from error


def _body(error: ApiException) -> dict[str, Any]:
    try:
        body = json.loads(error.body or "{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
