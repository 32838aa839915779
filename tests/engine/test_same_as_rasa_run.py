"""Keeping TensorFlow out changes nothing: our way of serving answers as plain `rasa run` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.evaluation import free_port
from tests.engine.conftest import PYTHON, RunningEngine, engine_process
from tests.engine.fake_actions import FakeActions, reply

TEXTS = [
    "阿蘇市で空き家を探しています",
    "リフォームの補助金はありますか",
    "東京で相談できますか。あと子どもの保育園についても教えてください",
    "何から始めたらいいかわかりません",
    "相談を予約したいです",
    "やめます",
    "はい",
    "ｱｷﾔﾊﾞﾝｸ ﾂｶｲﾀｲ",
    "How can I get the relocation grant?",
    "熊本弁のうまか店ば教えてくれんね",
    "/restart",
    "😀",
    "あ" * 300,
    "",
]


def talk(engine: RunningEngine) -> list[tuple[int, Any]]:
    """One conversation through all texts, with the state handed on; forms are entered and left."""
    state: dict[str, Any] | None = None
    result = []
    for number, text in enumerate(TEXTS):
        response = engine.post(text, turn_id=f"turn-{number}", state=state)
        result.append((response.status_code, response.json()))
        state = response.json().get("state", state)
    return result


def test_same_answers(engine: RunningEngine, model: Path, actions: FakeActions, tmp_path_factory: Any) -> None:
    for name in ("validate_guide_form", "validate_consultation_form"):
        actions.answers[name] = lambda body: {"events": [], "responses": []}
    actions.answers["action_ask_guide_concern"] = reply("何が気になりますか")
    port = free_port()
    command = [str(PYTHON), "-m", "rasa", "run", "--model", str(model), "-i", "127.0.0.1", "-p", str(port)]
    command += ["--credentials", "credentials.yml", "--endpoints", "endpoints.yml"]
    ours = talk(engine)
    sent = [body["next_action"] for body in actions.requests]
    actions.requests.clear()
    with engine_process(command, port, actions.url, tmp_path_factory.mktemp("rasa") / "log") as plain:
        assert talk(plain) == ours
    assert [body["next_action"] for body in actions.requests] == sent
    assert {status for status, _ in ours} >= {200, 422}
