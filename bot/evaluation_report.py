"""An evaluation as a page to look at: figures with their change since an earlier one, plots, every mistake."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup

Scores = dict[str, Any]
TEMPLATE = "evaluation_report.html"
SHARES = {"right": "正しい", "right_or_asked": "正しい・聞き返す", "wrong": "誤り"}
TITLES = {
    "styles": "文体ごとの正しさ（95％区間）",
    "topics": "話題ごとの正しさ（95％区間）",
    "reliability": "確信度と実際",
    "confusion": "取り違え（行：聞かれたこと、列：答えたこと）",
}
NOT_ANSWERED = "（聞き返す）"


def page(scores: Scores, earlier: Scores | None = None) -> str:
    """HTML of its own, without anything to be loaded. `earlier`: what an earlier `--json` printed."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape())
    return environment.get_template(TEMPLATE).render(
        scores=scores,
        earlier=earlier,
        shares=SHARES,
        changed=changes(scores, earlier) if earlier else [],
        plots=[(TITLES[name], plot) for name, plot in plots(scores).items()],
    )


def plots(scores: Scores) -> dict[str, Markup]:
    """SVG by name, as in TITLES."""
    return {
        "styles": _bars(scores["by_style"]),
        "topics": _bars(scores["by_topic"]),
        "reliability": _reliability(scores["calibration"]),
        "confusion": _confusion(scores["answers"]),
    }


def changes(scores: Scores, earlier: Scores) -> list[dict[str, str]]:
    """Messages of both runs whose verdict is another one now, those that got worse first."""
    before = {answer["text"]: answer for answer in earlier.get("answers", [])}
    changed = [
        {"text": now["text"], "before": before[now["text"]]["verdict"], "now": now["verdict"]}
        for now in scores["answers"]
        if now["text"] in before and before[now["text"]]["verdict"] != now["verdict"]
    ]
    return sorted(changed, key=lambda change: (change["before"] != "right", change["now"]))


def _bars(groups: dict[str, Any]) -> Markup:
    names = sorted(groups, key=lambda name: float(groups[name]["right"]))
    figure, axes = _figure(7, 0.6 + 0.24 * len(names))
    right = [groups[name]["right"] for name in names]
    errors = [
        [max(0.0, groups[name]["right"] - groups[name]["right_low"]) for name in names],
        [max(0.0, groups[name]["right_high"] - groups[name]["right"]) for name in names],
    ]
    axes.barh(names, right, xerr=errors, color="#0017c1", ecolor="#767676", height=0.7)
    axes.axvline(0.85, color="#b3261e", linewidth=1)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.6, len(names) - 0.4)
    return _svg(figure)


def _reliability(calibration: Scores) -> Markup:
    figure, axes = _figure(4.5, 4)
    bins = calibration["bins"]
    axes.plot([0, 1], [0, 1], color="#767676", linewidth=1)
    axes.plot([row["confidence"] for row in bins], [row["right"] for row in bins], "o-", color="#0017c1")
    for row in bins:
        axes.annotate(f"{row['n']}", (row["confidence"], row["right"]), xytext=(4, -10), textcoords="offset points")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="確信度", ylabel="正しかった割合")
    return _svg(figure)


def _confusion(answers: list[dict[str, Any]]) -> Markup:
    """Only topics that were mistaken, or taken for another: 55 by 55 would mostly be empty."""
    pairs = Counter(
        (answer["asked"][0], (answer["answered"] or [NOT_ANSWERED])[0])
        for answer in answers
        if len(answer["asked"]) == 1 and answer["verdict"] != "right"
    )
    asked = sorted({pair[0] for pair in pairs})
    got = sorted({pair[1] for pair in pairs})
    if not pairs:
        return Markup("<p>ありません。</p>")
    figure, axes = _figure(1.5 + 0.28 * len(got), 1.5 + 0.28 * len(asked))
    axes.imshow([[pairs[row, column] for column in got] for row in asked], cmap="Blues", aspect="auto")
    for (row, column), count in pairs.items():
        axes.text(got.index(column), asked.index(row), str(count), ha="center", va="center", color="#b3261e")
    axes.set_xticks(range(len(got)), got, rotation=90)
    axes.set_yticks(range(len(asked)), asked)
    return _svg(figure)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Any) -> Markup:
    """With its texts as text, in the reader's own fonts."""
    import matplotlib as mpl

    out = io.StringIO()
    with (
        warnings.catch_warnings(),
        mpl.rc_context({"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}),
    ):
        warnings.filterwarnings("ignore", "Glyph")  # matplotlib's own font has no kana; the reader's has
        figure.savefig(out, format="svg", metadata={"Date": None})
    return Markup(out.getvalue()[out.getvalue().index("<svg") :])  # noqa: S704 drawn by matplotlib, which escapes
