"""Delivers outbox rows over LINE: by the reply token while it lives, else by a push with a retry key."""

from __future__ import annotations

from bot import commands as c
from bot.clock import Clock
from bot.conversation.delivery import Rejected, Uncertain, Unreachable
from bot.conversation.models import Conversation, OutboxRow
from channels.line.client import LineClient, LineRateLimited, LineRejected, LineUnavailable
from channels.line.render import render


class LineSender:
    def __init__(self, client: LineClient, clock: Clock) -> None:
        self.client, self.clock = client, clock

    def send(self, row: OutboxRow, conversation: Conversation) -> None:
        messages = render(c.replies.validate_python(row.replies), conversation.locale)
        if not messages:
            return
        tried_before = row.attempts > 0
        try:
            if row.reply_token and row.reply_token_until and self.clock.now() < row.reply_token_until:
                if self._reply(row.reply_token, messages, tried_before):
                    return
                tried_before = False  # the token was dead from the start: nothing had arrived
            if conversation.blocked_at or not conversation.channel_user_id:
                raise Rejected("the resident has blocked the account")
            self.client.push(conversation.channel_user_id, messages, row.retry_key)
        except LineRejected as error:
            raise Rejected(str(error)) from error
        except (LineUnavailable, LineRateLimited) as error:
            raise Unreachable(str(error)) from error
        if tried_before and row.reply_token:
            raise Uncertain("pushed after a reply whose fate is unknown")

    def _reply(self, token: str, messages: list[dict[str, object]], tried_before: bool) -> bool:
        """True when it arrived. A token works once: a 400 after an attempt of unknown fate says that one did."""
        try:
            self.client.reply(token, messages)
        except LineRejected as error:
            if error.status == 400 and tried_before:
                return True
            if error.status == 400 and "token" in error.message.lower():
                return False
            raise
        return True
