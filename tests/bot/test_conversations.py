"""The conversation service: once, in order, whatever runs at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot import bootstrap
from bot.bootstrap import App
from bot.conversation import repository
from bot.conversation.delivery import Rejected, Uncertain, Unreachable
from bot.conversation.models import Conversation, Message, OutboxRow, Turn
from bot.conversation.service import Incoming
from bot.crm.models import Consent, Lead, LeadEvent
from bot.errors import NotFound
from bot.settings import Settings
from knowledge.loader import Knowledge
from tests.fakes import FakeEngine, FakeSender

LEAD = {
    "command": "store_lead",
    "name": "山田花子",
    "contact_kind": "email",
    "contact": "hanako@example.jp",
    "destination": ["43214"],
    "topics": ["vacant_house_bank"],
    "timing": "来年の春",
    "desk": "東京",
    "consent_version": "2026-11-1",
    "consent_at": "2026-11-24T00:00:00+00:00",
}


def count(iju: App, model: type) -> int:
    with iju.database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_one_event_ten_times_at_once_is_one_turn(iju: App, engine: FakeEngine) -> None:
    conversation = iju.conversations.start("web")

    def deliver(_: int) -> str:
        stored = iju.conversations.receive(conversation.id, Incoming("same", text="家"))
        return iju.conversations.answer_up_to(stored.message_id)

    with ThreadPoolExecutor(10) as pool:
        turns = set(pool.map(deliver, range(10)))
    assert len(turns) == 1 and count(iju, Turn) == 1 and count(iju, Message) == 2


def test_messages_answered_out_of_order_are_made_in_order(iju: App) -> None:
    conversation = iju.conversations.start("web")
    stored = [iju.conversations.receive(conversation.id, Incoming(f"e{n}", text=str(n))) for n in range(5)]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda s: iju.conversations.answer_up_to(s.message_id), reversed(stored)))
    with iju.database.read() as session:
        texts = [
            repository.replies_of(session, t.id)[0].reply["text"]
            for t in session.scalars(sa.select(Turn).order_by(Turn.id))
        ]
    assert texts == [f"{n + 1}: {n}" for n in range(5)]


def test_two_apps_on_one_database_answer_a_message_once(settings: Settings, knowledge: Knowledge) -> None:
    """Another process is another service object: only the database keeps them apart."""
    engines = [FakeEngine(), FakeEngine()]
    for engine in engines:
        engine.delay = 0.05
    apps = [bootstrap.build(settings, engine=engine, knowledge=knowledge) for engine in engines]
    conversation = apps[0].conversations.start("web")
    stored = [apps[0].conversations.receive(conversation.id, Incoming(f"e{n}", text=str(n))) for n in range(4)]
    jobs = [(app, s.message_id) for s in stored for app in apps]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda job: job[0].conversations.answer_up_to(job[1]), jobs))
    assert count(apps[0], Turn) == 4
    with apps[0].database.read() as session:
        assert session.get(Conversation, conversation.id).state == {"count": 4}  # type: ignore[union-attr]


def test_a_lead_is_stored_with_its_consent_and_first_event(iju: App, engine: FakeEngine) -> None:
    engine.commands = [LEAD]
    conversation = iju.conversations.start("web")
    stored = iju.conversations.receive(conversation.id, Incoming("e", text="送信する"))
    for _ in range(3):
        iju.conversations.answer_up_to(stored.message_id)
    assert [count(iju, model) for model in (Lead, LeadEvent, Consent)] == [1, 1, 1]
    with iju.database.read() as session:
        lead = session.scalars(sa.select(Lead)).one()
        assert (lead.name, lead.desk, lead.channel, lead.status) == ("山田花子", "東京", "web", "new")
        assert lead.consent_at.tzinfo is not None and lead.conversation_id == conversation.id


def test_a_failed_commit_leaves_nothing_behind(iju: App, engine: FakeEngine) -> None:
    engine.commands = [LEAD, {**LEAD, "name": "二人目"}]  # one turn stores one lead: the second breaks the unique key
    conversation = iju.conversations.start("web")
    stored = iju.conversations.receive(conversation.id, Incoming("e", text="送信する"))
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(iju.conversations.answer_up_to, stored.message_id)
        assert not future.done() or future.exception()
        engine.commands = []
        future.result(timeout=20)
    assert count(iju, Lead) == 0 and count(iju, Turn) == 1


def test_receiving_for_an_unknown_conversation_is_not_found(iju: App) -> None:
    with pytest.raises(NotFound):
        iju.conversations.receive("nope", Incoming("e", text="家"))


@pytest.mark.parametrize(
    ("failure", "status"), [(Rejected("400: no"), "dead"), (Uncertain("maybe"), "uncertain"), (None, "sent")]
)
def test_a_delivery_ends_in_a_state_staff_can_see(
    iju: App, sender: FakeSender, failure: Exception | None, status: str
) -> None:
    conversation = iju.conversations.of_channel_user("line", "U1")
    stored = iju.conversations.receive(conversation.id, Incoming("e", text="家", reply_token="t"))
    iju.conversations.answer_up_to(stored.message_id)
    sender.fail = [failure] if failure else []
    iju.deliveries.deliver(conversation.id)
    with iju.database.read() as session:
        row = session.scalars(sa.select(OutboxRow)).one()
    assert row.status == status and row.ended_at and row.attempts == 1


def test_an_unreachable_channel_keeps_the_row_and_the_order(iju: App, sender: FakeSender) -> None:
    conversation = iju.conversations.of_channel_user("line", "U1")
    for n in range(2):
        stored = iju.conversations.receive(conversation.id, Incoming(f"e{n}", text=str(n)))
        iju.conversations.answer_up_to(stored.message_id)
    sender.fail = [Unreachable("503")]
    with pytest.raises(Unreachable):
        iju.deliveries.deliver(conversation.id)
    assert sender.sent == []
    iju.deliveries.deliver(conversation.id)
    assert [replies[0]["text"] for _, replies in sender.sent] == ["1: 0", "2: 1"]


def test_the_words_of_a_message_are_kept_once(iju: App) -> None:
    """The stored understanding holds topics and place names, never the text."""
    conversation = iju.conversations.start("web")
    stored = iju.conversations.receive(conversation.id, Incoming("e", text="秘密の言葉"))
    iju.conversations.answer_up_to(stored.message_id)
    with iju.database.read() as session:
        assert "秘密" not in str(session.scalars(sa.select(Turn)).one().understanding)
