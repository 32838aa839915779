"""The app: every channel, the engine's actions and the operator's endpoints behind one port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actions import registry
from bot import bootstrap, log, workflows
from bot.bootstrap import App
from bot.conversation.delivery import Sender
from bot.errors import IjuError, InvalidInput, MalformedRequest, NotFound
from bot.settings import Settings
from channels import eligibility, internal, web
from channels.line import webhook
from channels.widget import routes as widget

MAX_BODY_BYTES = 2 * 1024 * 1024
logger = log.get(__name__)


def create(settings: Settings, iju: App | None = None) -> FastAPI:
    """The ASGI app. `iju` is given by tests; otherwise it is built at start."""

    @asynccontextmanager
    async def lifespan(asgi: FastAPI) -> AsyncIterator[None]:
        built = iju or bootstrap.build(settings, senders=_senders(settings))
        asgi.state.iju, asgi.state.actions = built, registry.build(built.knowledge)
        await asyncio.to_thread(workflows.launch, built)
        swept = await workflows.sweep()
        logger.info("app_ready", address=settings.address, open_work=swept)
        yield
        await asyncio.to_thread(workflows.shut_down)
        built.close()

    asgi = FastAPI(
        title="Iju Desk", version="1", lifespan=lifespan, docs_url="/api/docs", openapi_url="/api/openapi.json"
    )
    asgi.router.routes.append(internal.ACTIONS)
    for router in (web.router, eligibility.router, webhook.router, internal.router, widget.router):
        asgi.include_router(router)
    _errors(asgi)
    asgi.add_middleware(LimitBody)
    return asgi


def _senders(settings: Settings) -> dict[str, Sender]:
    if not settings.line_configured:
        return {}
    # line-bot-sdk takes a second to import: only where LINE is used.
    from bot.clock import Clock
    from channels.line.client import LineClient
    from channels.line.sender import LineSender

    client = LineClient(settings.line_api_base, settings.line_channel_access_token)
    return {"line": LineSender(client, Clock(settings.now))}


class LimitBody:
    """Refuses bodies over `MAX_BODY_BYTES`, whether announced or streamed. Plain ASGI: it is on every request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            error = InvalidInput(ja="データが大きすぎます。", en="The request is too large.")
            await JSONResponse(error.body(web.reads_english(request)), 413)(scope, receive, send)
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY_BYTES:
                raise HTTPException(413)
            return message

        await self.app(scope, limited, send)


def _errors(asgi: FastAPI) -> None:
    async def ours(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, IjuError)
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
        return JSONResponse(error.body(web.reads_english(request)), error.status, headers)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        if any(item["type"] == "json_invalid" for item in error.errors()):
            return await ours(request, MalformedRequest())
        # Names of fields only: the values are the resident's.
        fields = [".".join(str(part) for part in item["loc"]) for item in error.errors()]
        return await ours(request, InvalidInput({"fields": fields}))

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return await ours(request, NotFound())
        body = {"error": {"code": "http", "message": str(error.detail), "detail": None}}
        return JSONResponse(body, error.status_code, error.headers)

    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        logger.error("request_failed", path=request.url.path, **internal.where(error))
        return await ours(request, IjuError())

    asgi.add_exception_handler(IjuError, ours)
    asgi.add_exception_handler(RequestValidationError, invalid)
    asgi.add_exception_handler(HTTPException, http)
    asgi.add_exception_handler(Exception, unexpected)


def main() -> None:
    settings = Settings()
    log.configure(settings.log_level)
    uvicorn.run(
        create(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
