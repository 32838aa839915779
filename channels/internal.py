"""What only the operator and the engine use: health, metrics, and the actions the engine calls."""

from __future__ import annotations

import asyncio
import hmac
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from starlette.routing import Route

from actions import registry
from bot import log
from bot.bootstrap import App
from bot.errors import EngineUnavailable, IjuError, NotAuthorised
from channels.web import TheApp

router = APIRouter(tags=["operation"])
logger = log.get(__name__)
LOOPBACK = frozenset({"127.0.0.1", "::1"})


@router.get("/healthz")
async def health(app: TheApp) -> JSONResponse:
    """200 once a message would be answered; 503 naming the part that is not ready."""
    parts = await asyncio.gather(asyncio.to_thread(_database, app), asyncio.to_thread(_engine, app))
    database, (engine, model) = parts
    ready = database == engine == "ok"
    body = {"status": "ok" if ready else "not_ready", "engine": engine, "database": database, "model": model}
    return JSONResponse(body, 200 if ready else 503)


def _database(app: App) -> str:
    try:
        with app.database.read() as session:
            session.execute(sa.text("SELECT 1 FROM conversations LIMIT 1"))
        return "ok"
    except sa.exc.SQLAlchemyError as error:
        return type(error).__name__


def _engine(app: App) -> tuple[str, str | None]:
    try:
        return "ok", app.engine.health()
    except (EngineUnavailable, IjuError) as error:
        return str(error.detail or error.code), None


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, app: TheApp) -> Response:
    """Prometheus text, for loopback or whoever has the internal token."""
    if not (request.client and request.client.host in LOOPBACK) and not _has_token(request, app):
        raise NotAuthorised
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def actions(request: Request) -> JSONResponse:
    """rasa-sdk's executor for the engine's `action_endpoint`. Any failure is an HTTP error, never silence."""
    if not (_is_local(request) and _has_token(request, request.app.state.iju)):
        raise NotAuthorised
    call: dict[str, Any] = await request.json()
    try:
        result = await registry.run(request.app.state.actions, call)
    except ActionExecutionRejection as error:
        return JSONResponse({"error": str(error), "action_name": error.action_name}, 400)
    except ActionNotFoundException as error:
        return JSONResponse({"error": str(error), "action_name": error.action_name}, 404)
    except Exception as error:
        # The exception's text may quote the resident: only its kind and place are logged.
        logger.error("action_failed", action=call.get("next_action"), turn_id=call.get("sender_id"), **where(error))
        return JSONResponse({"error": "action_failed", "action_name": call.get("next_action")}, 500)
    return JSONResponse(result)


# A plain route: every turn comes by here, and nothing of it is for FastAPI to check or to document.
ACTIONS = Route("/internal/actions", actions, methods=["POST"])


def where(error: BaseException) -> dict[str, str]:
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_name}:{frame.tb_lineno}" if frame else ""
    return {"error": type(error).__name__, "where": place}


def _is_local(request: Request) -> bool:
    """From this machine: by loopback, or by the one address that the app listens on."""
    return bool(request.client and request.client.host in LOOPBACK | {request.app.state.iju.settings.host})


def _has_token(request: Request, app: App) -> bool:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    return bool(app.settings.internal_token) and hmac.compare_digest(
        given.encode(), app.settings.internal_token.encode()
    )
