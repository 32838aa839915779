"""All actions by name, and the executor that runs them inside the app.

rasa-sdk would import every submodule and let two actions of one name overwrite each other silently:
here instances are registered one by one and a second name is an error.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import Action

from actions.answer import ActionAnswer
from actions.consultation import ActionCancelForm, ActionSubmitConsultation, ValidateConsultationForm
from actions.eligibility import ActionSubmitEligibility, ValidateEligibilityForm
from actions.guide import ActionSubmitGuide, ValidateGuideForm
from actions.support import ActionSubmitSupport, ValidateSupportForm
from knowledge.loader import Knowledge
from knowledge.search import Search


def build(knowledge: Knowledge) -> ActionExecutor:
    """Raises `ValueError` where two actions have one name."""
    search = Search(knowledge.records.values())
    executor = ActionExecutor()
    actions: list[Action] = [
        ActionAnswer(knowledge, search),
        ActionCancelForm(knowledge),
        ActionSubmitConsultation(knowledge),
        ActionSubmitEligibility(knowledge),
        ActionSubmitGuide(knowledge, search),
        ActionSubmitSupport(knowledge),
        ValidateConsultationForm(knowledge),
        ValidateEligibilityForm(knowledge),
        ValidateGuideForm(knowledge),
        ValidateSupportForm(knowledge),
    ]
    for action in actions:
        if action.name() in executor.actions:
            raise ValueError(f"two actions are called {action.name()}")
        executor.register_action(action)
    return executor


async def run(executor: ActionExecutor, call: dict[str, Any]) -> dict[str, Any]:
    """One call of the engine: events and responses. The domain is not sent; rasa-sdk wants one."""
    result = await executor.run({**call, "domain": call.get("domain") or {}})
    return result.model_dump() if result else {"events": [], "responses": []}
