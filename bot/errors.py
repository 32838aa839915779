"""One base class: what went wrong, with the HTTP status and a sentence for whoever asked."""

from __future__ import annotations

from typing import Any


class IjuError(Exception):
    """`code` is stable, `ja`/`en` are for people, `detail` holds no personal data."""

    status = 500
    code = "internal"
    ja = "うまく処理できませんでした。少し待って、もう一度お試しください。"
    en = "Something went wrong. Please wait a moment and try again."

    def __init__(self, detail: Any = None, *, ja: str = "", en: str = "") -> None:
        super().__init__(f"{self.code}: {detail}" if detail else self.code)
        self.detail = detail
        self.ja, self.en = ja or self.ja, en or self.en

    def body(self, english: bool = False) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.en if english else self.ja, "detail": self.detail}}


class InvalidInput(IjuError):
    status, code = 422, "invalid_input"
    ja = "入力の形が正しくありません。"
    en = "The request is not valid."


class EmptyText(InvalidInput):
    code = "empty_text"
    ja = "メッセージが空です。知りたいことを一言で送ってください。"
    en = "The message is empty. Please write what you would like to know."


class TextTooLong(InvalidInput):
    code = "text_too_long"
    ja = "メッセージは5,000文字までです。いちばん知りたいことを、短く分けて送ってください。"
    en = "A message may have up to 5,000 characters. Please send it in shorter parts."


class MalformedRequest(IjuError):
    status, code = 400, "malformed_request"
    ja = "リクエストを読み取れませんでした（JSONの形を確かめてください）。"
    en = "The request could not be read (is it valid JSON?)."


class NotAuthorised(IjuError):
    status, code = 401, "not_authorised"
    ja = "この会話を開く鍵（トークン）が正しくありません。新しい会話を始めてください。"
    en = "The token does not open this conversation. Please start a new one."


class NotFound(IjuError):
    status, code = 404, "not_found"
    ja = "見つかりませんでした。"
    en = "Not found."


class NotReady(IjuError):
    status, code = 503, "not_ready"
    ja = "準備中です。少し待って、もう一度お試しください。"
    en = "Not ready yet. Please try again in a moment."


class EngineUnavailable(IjuError):
    """The engine did not answer or is loading: the message waits and is tried again."""

    status, code = 503, "engine_unavailable"


class EngineFailed(IjuError):
    """The engine answered with an error for this message: tried a few times, then the desk takes over."""

    status, code = 502, "engine_failed"


class StaleState(IjuError):
    """Another process moved the conversation on meanwhile: the turn is made again from the new state."""

    code = "stale_state"
