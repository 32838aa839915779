"""Which record answers a question best: BM25 over Sudachi's normalised words and readings.

The index is built once from the records it is given and is read-only after that.
"""

from __future__ import annotations

from collections.abc import Iterable

import bm25s
import numpy as np

from knowledge.models import Record
from nlu import text as nlu_text

_SKIPPED_POS = frozenset({"助詞", "助動詞", "補助記号", "空白"})


def terms(text: str) -> list[str]:
    """The words that carry meaning, in normal form, with their readings (so that kana finds kanji)."""
    found: list[str] = []
    for word in nlu_text.words(nlu_text.normalise(text).text):
        if word.pos[0] in _SKIPPED_POS:
            continue
        found.append(word.norm.lower())
        if word.reading != word.surface:
            found.append(nlu_text.hiragana(word.reading))
    return found


class Search:
    """`best` gives records with their scores, best first; a score of 0 shares no word with the question."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = list(records)
        # Line by line: normalising closes the blanks between kana, and two words would become one.
        self._names = {r.id: terms("\n".join([r.title.ja, *r.keywords])) for r in self._records}
        corpus = [self._document(record) for record in self._records]
        self._index = bm25s.BM25()
        self._index.index(corpus, show_progress=False)
        self._positions = {record.id: number for number, record in enumerate(self._records)}

    def best(self, question: str, among: Iterable[Record]) -> list[tuple[Record, float]]:
        candidates = list(among)
        tokens = [term for term in terms(question) if term in self._index.vocab_dict]
        if not tokens:
            return [(record, 0.0) for record in candidates]
        scores = self._index.get_scores(tokens)
        ranked = [(record, float(np.asarray(scores)[self._positions[record.id]])) for record in candidates]
        return sorted(ranked, key=lambda pair: -pair[1])

    def named(self, question: str, among: Iterable[Record]) -> list[Record]:
        """Those that share a word with the question by their title or keywords, not only by their text."""
        asked = set(terms(question))
        return [record for record in among if not asked.isdisjoint(self._names[record.id])]

    def _document(self, record: Record) -> list[str]:
        rows = "\n".join(f"{row.label.ja}\n{row.value.ja}" for row in record.rows)
        # The title and its synonyms weigh twice: they are what people ask with.
        return self._names[record.id] * 2 + terms(record.text.ja) + terms(rows) + terms(record.text.en)
