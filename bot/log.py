"""Structured logs: coloured in a terminal, JSON otherwise. Never a resident's words or names."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, cast

import structlog


def configure(level: str = "INFO", stream: Any = None) -> None:
    """Route structlog and the standard library's loggers to one stream (default: stderr)."""
    stream = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.dev.ConsoleRenderer()
        if _for_people(stream)
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "rasa_sdk", "sanic", "uvicorn.access", "dbos"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _for_people(stream: Any) -> bool:
    """A terminal; under the supervisor, which holds the terminal, `up` says so."""
    return bool(stream.isatty()) or os.environ.get("IJU_LOG_FORMAT") == "human"


def get(name: str) -> structlog.stdlib.BoundLogger:
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(name))


def bind_turn(turn_id: str) -> Any:
    """A context in which every line of this thread or task carries the turn's id."""
    return structlog.contextvars.bound_contextvars(turn_id=turn_id)
