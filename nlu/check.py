"""`python -m nlu.check [--json]`: are the training sentences fit to learn from?

Errors: a sentence twice, one text in two topics, a topic with too few sentences. Notes: sentences of one topic that are
nearly the same, near sentences of two topics (to be looked at: are they a contrast, or a contradiction?), styles and
authors that a topic lacks.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import yaml

from nlu.text import key, normalise

DATA = Path(__file__).parent / "data"
LEAST = 60
LEAST_OF_FEW_ASKED = 25  # for the topics of `policy` and of digitalisation, which few ask about
FEW_ASKED = frozenset({"dx_business", "smart_city", "cashless"})
LEAST_OUT_OF_SCOPE = 600
NEARLY_SAME = 0.8  # share of common pairs of letters from which two sentences of a topic are one
TOO_NEAR = 0.7  # the same across topics
LEAST_LETTERS = 6  # shorter ones are alike by chance


@dataclass(frozen=True)
class Sentence:
    text: str
    topic: str
    style: str
    author: str
    file: str


@dataclass(frozen=True)
class Finding:
    level: Literal["error", "note"]
    topic: str
    message: str


def read(data: Path = DATA) -> list[Sentence]:
    """Every sentence that has a topic. Raises ValueError naming the file that cannot be used."""
    found = []
    for path in sorted(data.rglob("*.yml")):
        try:
            groups = yaml.safe_load(path.read_text("utf-8"))["nlu"]
            for group in groups:
                meta = group.get("metadata") or {}
                lines = [line[2:].strip() for line in group["examples"].splitlines() if line.startswith("- ")]
                if meta.get("topic"):
                    found += [Sentence(x, meta["topic"], meta["style"], meta["author"], path.name) for x in lines]
        except (KeyError, TypeError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ValueError(f"{path.name}: {error!r}") from error
    return found


def check(sentences: list[Sentence]) -> list[Finding]:
    """Findings, errors first."""
    findings = [*_counts(sentences), *_same(sentences), *_near(sentences)]
    return sorted(findings, key=lambda finding: (finding.level, finding.topic))


def _counts(sentences: list[Sentence]) -> Iterator[Finding]:
    topics: dict[str, list[Sentence]] = defaultdict(list)
    groups: dict[str, str] = {}
    for sentence in sentences:
        topics[sentence.topic].append(sentence)
    usual = _usual_styles(topics)
    for path in DATA.rglob("*.yml"):
        groups[path.stem] = path.parent.name
    for topic, own in sorted(topics.items()):
        few = groups.get(topic) == "policy" or topic in FEW_ASKED
        least = LEAST_OUT_OF_SCOPE if topic == "out_of_scope" else LEAST_OF_FEW_ASKED if few else LEAST
        if len(own) < least:
            yield Finding("error", topic, f"{len(own)}文だけです（{least}文以上）")
        if missing := sorted(usual - {sentence.style for sentence in own}):
            yield Finding("note", topic, f"ない文体：{'、'.join(missing)}")
        if len({sentence.author for sentence in own}) < 3:
            yield Finding("note", topic, "書き手が3人に足りません")


def _usual_styles(topics: dict[str, list[Sentence]]) -> set[str]:
    """Those in which most topics have sentences: what is missing in one is missing there only."""
    counts = Counter(style for own in topics.values() for style in {sentence.style for sentence in own})
    return {style for style, count in counts.items() if count * 2 > len(topics)}


def _same(sentences: list[Sentence]) -> Iterator[Finding]:
    first: dict[str, Sentence] = {}
    for sentence in sentences:
        other = first.setdefault(key(normalise(sentence.text).text) or sentence.text, sentence)
        if other is sentence:
            continue
        if other.topic == sentence.topic:
            yield Finding("error", sentence.topic, f"同じ文が二つ：{sentence.text}")
        else:
            yield Finding("error", sentence.topic, f"{other.topic} にも同じ文：{sentence.text}")


def _near(sentences: list[Sentence]) -> Iterator[Finding]:
    """By shared pairs of letters: only sentences that share a rare pair are compared."""
    letters = [key(normalise(sentence.text).text) for sentence in sentences]
    pairs = [frozenset(pairwise(text)) for text in letters]
    holds: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, own in enumerate(pairs):
        for pair in own:
            holds[pair].append(number)
    seen: set[tuple[int, int]] = set()
    for number, own in enumerate(pairs):
        if len(letters[number]) < LEAST_LETTERS:
            continue
        rare = sorted(own, key=lambda pair: len(holds[pair]))
        # Two sets this alike share one of the rarest 1 - NEAR of either.
        for pair in rare[: int(len(own) * (1 - TOO_NEAR)) + 1]:
            for other in holds[pair]:
                if other <= number or (number, other) in seen or len(letters[other]) < LEAST_LETTERS:
                    continue
                seen.add((number, other))
                share = len(own & pairs[other]) / len(own | pairs[other])
                yield from _judged(sentences[number], sentences[other], share)


def _judged(one: Sentence, other: Sentence, share: float) -> Iterator[Finding]:
    if share == 1 or share < (NEARLY_SAME if one.topic == other.topic else TOO_NEAR):
        return
    where = "ほぼ同じ" if one.topic == other.topic else f"{other.topic} とほぼ同じ"
    yield Finding("note", one.topic, f"{where}（{share:.2f}）：{one.text}／{other.text}")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="nlu.check", description=__doc__)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    findings = check(read())
    errors = sum(finding.level == "error" for finding in findings)
    if arguments.json:
        told: dict[str, Any] = {"errors": errors, "findings": [asdict(finding) for finding in findings]}
        print(json.dumps(told, ensure_ascii=False))
    else:
        for finding in findings:
            print(f"{'誤り' if finding.level == 'error' else '注意'} {finding.topic} {finding.message}")
        print(f"誤り {errors} 件、注意 {len(findings) - errors} 件")
    return 1 if errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
