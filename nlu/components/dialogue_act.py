"""What a message does: ask, answer a form's question, cancel, or request something (Rasa's intent).

The topic says what a message is about; this component, last in the pipeline, decides what to do with it.
Inside a form it depends on the question that stands open, which the channel puts into the message's
metadata (`loop`, `requested`): a name that looks like a topic is still a name, and a question in the
middle is still a question.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Set

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu import text as nlu_text
from nlu.components.tokenizer import NORMALISED

_MARKS = re.compile(r"[\s。、.,!?]+")
REQUESTS = ("request_consultation", "request_eligibility", "request_guide", "request_person", "request_support")
REQUEST_OF_TOPIC = {"how_to_start": "request_guide"}
FREE_TEXT_FIELDS = frozenset({"name", "contact", "family", "interests", "timing"})

CANCEL = re.compile(
    r"(もう|やっぱり?|いったん|一旦|とりあえず|すみません(が)?|ごめん(なさい)?|[、。 ])*"
    r"(相談|申し?込み?|入力|登録|予約|これ)?[をはの]?(の)?(申し?込み?を?)?"
    r"(やめ(ます|る|て|たい|たいです|とく|とくわ|ておきます|させてください)|キャンセル(する|します|したい|したいです|で|して)?"
    r"|中止(する|します|して|してください)?|取り?消し?(ます|て|たいです?)?|取りやめ(ます|る)?)(ください)?[。!、 ]*"
)
QUESTION = re.compile(
    r"[?]|(ますか|ですか|でしょうか|んか|のか|かな|かね|なの|とね|やろか|っけ|ばい?か)[。!\s]*$"
    r"|教えて|おしえて|知りたい|しりたい|について|って何|ってなに|とは何|ありますか|とは[。!]?$"
    r"|^(what|how|where|when|who|is|are|can|could|do|does|which|tell me)\b",
    re.IGNORECASE,
)
AGREEMENT = re.compile(
    r"(はい|いいえ|うん|ええ|ok|オーケー|おっけー?|同意(します|する|しません|しない)?|いいです(よ)?|大丈夫(です)?"
    r"|お願い(します|いたします)|送信(する|します|して|してください)?|yes|no|sure|agree|i agree)[。!、 ]*",
    re.IGNORECASE,
)
WISH = re.compile(
    r"(申し?込み?|もうしこみ|予約|よやく|相談)[をはに]?.{0,6}(たい|お願い|おねがい|頼みたい|取りたい|とりたい|希望|入れたい|させて)"
    r"|\b(book|apply|reserve|make an appointment|request a consultation)\b",
    re.IGNORECASE,
)
# Said of a person in the middle of a form: 「ひとり」 alone is an answer.
PERSON = re.compile(
    r"(職員|担当|オペレーター|スタッフ|人間|人|ひと).{0,6}(話|はな|相談|つな|代わ|替わ|かわ|呼|対応|出)|\b(staff|person|human|agent)\b",
    re.IGNORECASE,
)
# An answer to 「どの市町村ですか」, not the vague start that it looks like.
UNDECIDED = re.compile(
    r"(まだ|特に)?(決めて|きめて|決まって|きまって)(い)?(ない|ません)(です)?[。!]*|未定(です)?|not decided( yet)?",
    re.IGNORECASE,
)
CORRECTS = re.compile(r"(じゃ|では|や)(なく|のうて)")
# Wants it found out for them, not told in general: 「もらえるか確かめたい」, not 「もらえますか」.
CHECK = re.compile(
    r"(か(どうか)?[をは]?、?|(対象|条件|要件|該当|可否).{0,8})(確かめ|たしかめ|診断|チェック|ちぇっく|判定|調べ|しらべ|確認)(て(?!い)|し(たい|て)|たい|する|よう|$)"
    r"|\b(check|find out|tell me) (if|whether) (i|we)\b",
    re.IGNORECASE,
)
CHECKED_TOPICS = {"relocation_grant": "request_eligibility", "support_overview": "request_support"}
DETAIL = re.compile(
    r"[?]|必要|何時|いつ|料金|無料|方法|どう|どこ|変更|キャンセル|ますか|ですか|でしょうか|土曜|日曜|なし|\b(how|when|where|can|do|is)\b",
    re.IGNORECASE,
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DialogueActClassifier(GraphComponent):
    """Sets `intent`: ask, inform, cancel, request_consultation, request_eligibility, request_guide,
    request_person or request_support.

    Reads `topics` and `decision` from the topic classifier before it in the pipeline.
    """

    def __init__(self, storage: ModelStorage, resource: Resource, phrases: Dict[str, List[str]]) -> None:
        self._storage, self._resource = storage, resource
        self._acts: Dict[str, Set[str]] = {act: set(texts) for act, texts in phrases.items()}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DialogueActClassifier:
        return cls(model_storage, resource, {})

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DialogueActClassifier:
        with model_storage.read_from(resource) as folder:
            phrases = json.loads((folder / "phrases.json").read_text("utf-8"))
        return cls(model_storage, resource, phrases)

    def train(self, training_data: TrainingData) -> Resource:
        """Remember the sentences of the acts that are known by their wording."""
        for example in training_data.intent_examples:
            act = example.get(INTENT)
            if act in (*REQUESTS, "cancel"):
                text = nlu_text.normalise(example.get(TEXT) or "").text
                self._acts.setdefault(act, set()).add(self._key(text))
        with self._storage.write_to(self._resource) as folder:
            phrases = {act: sorted(texts) for act, texts in sorted(self._acts.items())}
            (folder / "phrases.json").write_text(json.dumps(phrases, ensure_ascii=False), "utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            metadata = message.get("metadata") or {}
            act = self._act(message, metadata.get("loop"), metadata.get("requested"))
            confidence = (message.get(INTENT) or {}).get("confidence", 1.0)
            message.set(INTENT, {"name": act, "confidence": confidence}, add_to_output=True)
        return messages

    def _act(self, message: Message, loop: Any, requested: Any) -> str:
        normalised = message.get(NORMALISED) or nlu_text.normalise(message.get(TEXT) or "")
        text = normalised.text.strip()
        topics = [topic["id"] for topic in message.get("topics") or []]
        sure = message.get("decision") == "sure"
        topic = topics[0] if sure and topics else None
        if loop:
            return self._act_in_form(text, topic, message, requested)
        key = "" if UNDECIDED.fullmatch(text) else self._key(text)
        for act in REQUESTS:
            if key in self._acts.get(act, ()):
                return act
        if len(topics) == 1 and not UNDECIDED.fullmatch(text):
            if topic == "desk_booking" and WISH.search(text) and not DETAIL.search(text):
                return "request_consultation"
            if topic in CHECKED_TOPICS and CHECK.search(text):
                return CHECKED_TOPICS[topic]
            if topic in REQUEST_OF_TOPIC:
                return REQUEST_OF_TOPIC[topic]
        return "ask"

    def _act_in_form(self, text: str, topic: Any, message: Message, requested: Any) -> str:
        if AGREEMENT.fullmatch(text):
            return "inform"
        key = self._key(text)
        if CANCEL.fullmatch(text) or key in self._acts.get("cancel", ()):
            return "cancel"
        if key in self._acts.get("request_person", ()) or (
            topic == "human_handoff"
            and PERSON.search(text)
            and (requested not in ("name", "contact") or QUESTION.search(text))
        ):
            return "request_person"
        if topic is None or topic in ("smalltalk", "out_of_scope"):
            return "inform"
        if QUESTION.search(text):
            return "ask"
        if CORRECTS.search(text):
            return "inform"
        place = any(entity.get("entity") == "municipality" for entity in message.get("entities") or [])
        asked_for = requested in ("destination", "guide_place") or str(requested).startswith(("el_", "sup_"))
        if place and requested not in FREE_TEXT_FIELDS and not asked_for:
            return "ask"
        return "inform"

    @staticmethod
    def _key(text: str) -> str:
        """A normalised text without blanks and marks."""
        return _MARKS.sub("", text).lower()
