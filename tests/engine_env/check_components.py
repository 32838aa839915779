"""Checks that need the engine's environment. Run by tests/engine/test_in_engine_env.py, or by hand:
.venv-engine/bin/python -m unittest discover -s tests/engine_env -p "check_*.py" -t .
"""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import spacy
import yaml
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components import classifier, lexicon, topic_model, vectors
from nlu.components.classifier import TopicClassifier
from nlu.components.entities import PlaceEntityExtractor
from nlu.components.tokenizer import GinzaTokenizer
from nlu.text import normalise, words

TEXTS = [
    "阿蘇市で空き家を探しています",
    "ﾘﾌｫｰﾑ ﾉ ﾎｼﾞｮｷﾝ",
    "すごーーい！！ 熊本弁ばしゃべるったい",
    "あそ で いえ を さがして います",
    "How can I get 100万円 from the relocation grant?",
    "移住支援金は、いつまでに申請すればよかですか？ 令和7年度 1,000,000円",
    "二世帯住宅\n改修したか。TEL 096-000-0000 test@example.jp",
    "ヴァイオリン教室・図書館・病院…近くにありますかね〜",
    "𠮷野家と髙橋さんと①②③",
    "a  b　c",
    "😀絵文字🏠",
]


class Tokens(unittest.TestCase):
    def test_words_are_those_of_ja_ginza(self) -> None:
        nlp = spacy.load("ja_ginza", exclude=vectors._PIPES)
        for text in [*TEXTS, *(normalise(text).text for text in TEXTS)]:
            theirs = [
                (token.text, token.lemma_, token.norm_, (token.morph.get("Reading") or [""])[0])
                for token in nlp.tokenizer(text)
                if not token.is_space
            ]
            ours = [(word.surface, word.lemma, word.norm, word.reading) for word in words(text)]
            self.assertEqual(ours, theirs, text)

    def test_tokens_lie_in_the_message(self) -> None:
        tokenizer = GinzaTokenizer()
        for text in TEXTS:
            message = Message({TEXT: text})
            tokenizer.process([message])
            for token in message.get("text_tokens"):
                self.assertEqual(normalise(text[token.start : token.end]).text, normalise(token.text).text)

    def test_vectors_are_ginzas(self) -> None:
        found, rows = vectors.ginza_rows(["空き家", "補助金", "そんな語はないよ"])
        self.assertEqual(found, ["空き家", "補助金"])
        vocab = spacy.load("ja_ginza", exclude=vectors._PIPES).vocab
        theirs = vocab.get_vector("空き家")
        np.testing.assert_allclose(rows[0].astype(float), theirs / np.linalg.norm(theirs), atol=1e-3)


class Model(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        texts = {
            "空き家を探しています": "house", "空き家バンクの使い方": "house", "古い家を買いたい": "house", "家を探す": "house",
            "仕事を探しています": "work", "求人を見たい": "work", "就職の相談": "work", "働きたいです": "work",
        }  # fmt: skip
        cls.model = topic_model.fit(
            [(text, words(text)) for text in texts], list(texts.values()), texts, 1, (1.0, 1.0, 1.0, 1.0, 1.5), 0.5
        )

    def best(self, model: topic_model.TopicModel, text: str) -> str:
        return model.topics[int(model.scores(text, words(text)).argmax())]

    def test_learns(self) -> None:
        self.assertEqual(self.best(self.model, "空き家はありますか"), "house")
        self.assertEqual(self.best(self.model, "はたらきたいです"), "work")

    def test_stored_and_read_again(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.model.save(Path(folder))
            again = topic_model.TopicModel.load(Path(folder))
        for text in TEXTS:
            np.testing.assert_allclose(self.model.scores(text, words(text)), again.scores(text, words(text)), atol=1e-5)
        self.assertEqual(again.known("空き家を、探しています。"), 0)
        self.assertIsNone(again.known(""))

    def test_unknown_language_is_not_covered(self) -> None:
        known = self.model.coverage(words("空き家を探しています"))
        noise = self.model.coverage(words("zxqv jklp wrtz"))
        self.assertGreater(known, 0.9)
        self.assertLess(noise, 0.1)


CONFIG = next(
    {key: value for key, value in component.items() if key != "name"}
    for component in yaml.safe_load((Path(__file__).parents[2] / "config.yml").read_text("utf-8"))["pipeline"]
    if component["name"].endswith("TopicClassifier")
)


class Decisions(unittest.TestCase):
    """The classifier's way from confidences to topics, without a model: it is told them."""

    def decide(self, told: dict[str, tuple[str, float]], text: str) -> tuple[Any, str]:
        """`told`: text → its topic; of the whole text all of these are thought possible."""
        component = TopicClassifier(CONFIG, None, None)  # type: ignore[arg-type]
        names = {"other", *(name for name, _ in told.values())}

        def rank(part: str, *_: Any) -> Any:
            topic, confidence = told.get(part, ("other", 0.2))
            return [(topic, confidence), *((name, 0.05) for name in sorted(names - {topic}))]

        with mock.patch.object(component, "_rank", rank):
            return component._decide(text, words(text), rank(text))

    def test_one(self) -> None:
        self.assertEqual(self.decide({"家": ("house", 0.9)}, "家"), ([("house", 0.9)], "sure"))
        self.assertEqual(self.decide({"家": ("house", 0.3)}, "家")[1], "unsure")
        self.assertEqual(self.decide({"家": ("out_of_scope", 0.5)}, "家")[1], "unsure")
        self.assertEqual(self.decide({"家": ("house", 0.05)}, "家")[1], "lost")

    def several(self, *parts: tuple[str, str], sure: float = 0.999) -> list[str]:
        text = normalise("".join(part for part, _ in parts)).text
        told = {text: (parts[0][1], 0.9), **{normalise(part).text: (topic, sure) for part, topic in parts}}
        return [topic for topic, _ in self.decide(told, text)[0]]

    def test_several_in_order(self) -> None:
        for parts in (
            (("家はありますか？", "house"), ("仕事は見つかりますか？", "work")),
            (("家を探しています。", "house"), ("あと仕事もありますか？", "work")),
            (("家賃の相場と、", "house"), ("年収の目安を教えてください", "work")),
            (("家は借りられるか、", "house"), ("仕事はあるか、", "work"), ("保育園は入れるか知りたい", "school")),
        ):
            self.assertEqual(self.several(*parts), [topic for _, topic in parts])

    def test_what_is_told_negated_or_greeted_is_not_asked(self) -> None:
        for parts in (
            (("空き家じゃなくて、", "house"), ("仕事の話を聞きたい", "work")),
            (("夫の転職で行きます。", "work"), ("家はどう探しますか", "house")),
            (("ありがとうございますか？", "smalltalk"), ("家はありますか？", "house")),
            (("家を借りたいです。", "house"), ("どうすればいいですか？", "other")),
        ):
            self.assertEqual(len(self.several(*parts, sure=0.9)), 1, parts)

    def test_a_story_with_one_question(self) -> None:
        text = "東京で会社員をしています。子どもが二人います。家はどう探せばいいですか?"
        told = {
            "東京で会社員をしています。": ("work", 0.99),
            "家はどう探せばいいですか?": ("house", 0.95),
            text: ("work", 0.4),
        }
        self.assertEqual(self.decide(told, text), ([("house", 0.95)], "sure"))


class Fingerprints(unittest.TestCase):
    """Rasa's cache looks at a component's class only; ours add what else they are made from."""

    def test_an_edit_changes_them(self) -> None:
        for component, module in ((TopicClassifier, classifier.topic_model), (PlaceEntityExtractor, lexicon)):
            before = component.fingerprint_addon({})
            with mock.patch("nlu.components.source.inspect.getsource", lambda part: f"{part} edited"):
                self.assertNotEqual(component.fingerprint_addon({}), before, module)
            with mock.patch.object(lexicon, "build", lambda folder: {"forms": [], "edited": True}):
                self.assertNotEqual(component.fingerprint_addon({}), before)
            self.assertEqual(component.fingerprint_addon({}), before)


if __name__ == "__main__":
    unittest.main()
