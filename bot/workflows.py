"""Durable work by DBOS: what was started is finished, whichever process dies.

A workflow's arguments and results are ids, never a resident's words. `APPLICATION_VERSION` is raised by
hand, only when a workflow changes shape, or an upgrade would strand what is pending.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, SetEnqueueOptions, SetWorkflowID
from dbos import error as dbos_error

from bot import log
from bot.conversation import repository
from bot.conversation.delivery import Unreachable
from bot.errors import EngineFailed, EngineUnavailable
from bot.ids import new_id
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.bootstrap import App

logger = log.get(__name__)
APPLICATION_VERSION = "1"
QUEUE = "delivery"
RETRY_FOR_EVER = 1_000_000
_app: App | None = None
_waiting: dict[str, list[asyncio.Future[None]]] = {}


def current() -> App:
    assert _app is not None, "workflows.launch() has not run"
    return _app


def _try_again(error: BaseException) -> bool:
    return isinstance(error, EngineUnavailable | EngineFailed | sa.exc.OperationalError)


@DBOS.step(
    name="answer", retries_allowed=True, interval_seconds=0.5, backoff_rate=1.0, max_attempts=RETRY_FOR_EVER,
    should_retry=_try_again,
)  # fmt: skip
async def _answer(message_id: str) -> str:
    return await asyncio.to_thread(current().conversations.answer_up_to, message_id)


@DBOS.workflow(name="turn")
async def turn(message_id: str, conversation_id: str, pushed: bool) -> str:
    """Answer a message, then queue its conversation's delivery. Returns the turn's id."""
    turn_id = await _answer(message_id)
    _wake(message_id)
    if pushed:
        await enqueue_delivery(conversation_id, turn_id)
    return turn_id


def _not_now(error: BaseException) -> bool:
    return isinstance(error, Unreachable | sa.exc.OperationalError)


@DBOS.step(
    name="send", retries_allowed=True, interval_seconds=1.0, backoff_rate=2.0, max_attempts=12,
    should_retry=_not_now,
)  # fmt: skip
async def _send(conversation_id: str) -> None:
    await asyncio.to_thread(current().deliveries.deliver, conversation_id)


@DBOS.workflow(name="deliver")
async def deliver(conversation_id: str) -> None:
    await _send(conversation_id)


async def enqueue_delivery(conversation_id: str, cause: str) -> None:
    with SetWorkflowID(f"deliver:{cause}"), SetEnqueueOptions(queue_partition_key=conversation_id):
        await DBOS.enqueue_workflow_async(QUEUE, deliver, conversation_id)


async def start_turn(message_id: str, conversation_id: str, channel: str, event_id: str, *, pushed: bool) -> None:
    """Start a message's turn at once; starting it twice is harmless."""
    with SetWorkflowID(f"{channel}:{conversation_id}:{event_id}"):
        await DBOS.start_workflow_async(turn, message_id, conversation_id, pushed)


async def wait_for(message_id: str, seconds: float) -> None:
    """Until the message's turn is committed in this process, or the time is over."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    _waiting.setdefault(message_id, []).append(future)
    try:
        await asyncio.wait_for(future, seconds)
    except TimeoutError:
        pass
    finally:
        waiters = _waiting.get(message_id, [])
        if future in waiters:
            waiters.remove(future)
        if not waiters:
            _waiting.pop(message_id, None)


def _wake(message_id: str) -> None:
    for future in _waiting.pop(message_id, []):
        loop = future.get_loop()
        loop.call_soon_threadsafe(_resolve, future)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _sqlite_engine(url: str) -> sa.Engine:
    """As DBOS makes its own, but in WAL: with the rollback journal its commits cost 9 ms a turn."""
    engine = sa.create_engine(url, hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def launch(app: App) -> None:
    """Start DBOS in this process; what this slot left pending is recovered by DBOS itself."""
    global _app
    _app = app
    settings = app.settings
    config: DBOSConfig = {
        "name": "iju",
        "system_database_url": settings.workflow_database,
        "executor_id": f"app-{settings.slot}",
        "application_version": APPLICATION_VERSION,
        "log_level": "WARNING",
        "notification_listener_polling_interval_sec": 0.5,
    }
    if settings.workflow_database.startswith("sqlite"):
        config["system_database_engine"] = _sqlite_engine(settings.workflow_database)
    DBOS(config=config)
    logging.getLogger("dbos").handlers.clear()  # our own handler writes its lines, in our form
    DBOS.launch()
    DBOS.register_queue(QUEUE, partition_concurrency=1, polling_interval_sec=0.2)


async def sweep() -> int:
    """At start: messages without a turn and outbox rows without an end get a workflow again.

    The workflow tables may be lost or restored without harm: the app's own tables know what is open.
    """
    app = current()
    boot = new_id()
    with app.database.read() as session:
        before = app.clock.now() - dt.timedelta(seconds=5)
        messages = repository.all_unanswered(session, before)
        conversations = {m.conversation_id: repository.conversation(session, m.conversation_id) for m in messages}
        undelivered = repository.conversations_with_pending_outbox(session)
    for message in messages:
        conversation = conversations[message.conversation_id]
        assert conversation is not None
        with SetWorkflowID(f"sweep:{boot}:{message.id}"):
            await DBOS.start_workflow_async(turn, message.id, conversation.id, app.is_pushed(conversation.channel))
    for conversation_id in undelivered:
        await enqueue_delivery(conversation_id, f"sweep:{boot}:{conversation_id}")
    return len(messages) + len(undelivered)


def shut_down() -> None:
    DBOS.destroy(workflow_completion_timeout_sec=5)


def enqueue_from_outside(settings: Settings, conversation_id: str) -> None:
    """For the CLI: have a running app deliver what was put into the outbox."""
    client = DBOSClient(system_database_url=settings.workflow_database)
    try:
        client.enqueue(
            {
                "queue_name": QUEUE,
                "workflow_name": "deliver",
                "workflow_id": f"deliver:cli:{new_id()}",
                "queue_partition_key": conversation_id,
                "app_version": APPLICATION_VERSION,
            },
            conversation_id,
        )
    except (sa.exc.SQLAlchemyError, dbos_error.DBOSException):
        logger.warning("delivery_waits_for_the_next_start", conversation_id=conversation_id)
    finally:
        client.destroy()
