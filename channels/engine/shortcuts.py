"""Work that Rasa does at every turn and that changes nothing here, left out: about a quarter of a turn.

`tests/engine` proves that turns are answered as by `rasa run`, which takes none of these.
"""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any

import rasa.core.actions.forms
import rasa.core.policies.rule_policy
import rasa.core.processor
import rasa.shared.core.events
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.shared.core.slots import AnySlot


def install() -> None:
    """Takes the shortcuts in this process. Call it once every kind of event is imported."""
    # These three copy whole messages, for debug lines only.
    uncopied: Any = SimpleNamespace(deepcopy=lambda value: value)
    rasa.core.processor.copy = uncopied
    rasa.core.policies.rule_policy.copy = uncopied
    rasa.core.actions.forms.copy = uncopied

    # A tracker is copied several times a turn, each of its slots through pickle's protocol.
    AnySlot.__copy__ = _copy_slot

    # Walked anew for every event that is read.
    common = rasa.shared.core.events.rasa.shared.utils.common
    common.all_subclasses = functools.lru_cache(maxsize=None)(common.all_subclasses)

    # Warns of intents and entities that the domain lacks: `rasa data validate` and training do.
    MessageProcessor._check_for_unseen_features = lambda self, parse_data: None

    # No slot is filled by Rasa itself (domain.yml): actions set them all.
    MessageProcessor.run_action_extract_slots = _unchanged
    MessageProcessor._log_slots = lambda self, tracker: None  # for a debug line

    RulePolicy._find_action_from_rules = _by_intent_only(RulePolicy._find_action_from_rules)


async def _unchanged(self: MessageProcessor, output_channel: Any, tracker: Any) -> Any:
    return tracker


def _copy_slot(slot: AnySlot) -> AnySlot:
    copied = AnySlot.__new__(AnySlot)
    copied.__dict__.update(slot.__dict__)
    return copied


def _by_intent_only(find: Any) -> Any:
    """Rules are looked up by the message's text, then by its intent: no rule of ours is written by text."""

    @functools.wraps(find)
    def by_intent(self: RulePolicy, tracker: Any, domain: Any, use_text_for_last_user_input: bool) -> Any:
        if use_text_for_last_user_input:
            return None, None, False
        return find(self, tracker, domain, use_text_for_last_user_input)

    return by_intent
