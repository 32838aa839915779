"""Runs Rasa's prediction graph without dask, which plans anew for every run (three a turn).

A graph's order is worked out once for each set of targets; the nodes are called as dask calls them.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner


def install() -> None:
    """Replaces `DaskGraphRunner.run` in this process."""
    DaskGraphRunner.run = _run


def _run(
    self: DaskGraphRunner, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
) -> dict[str, Any]:
    wanted = tuple(targets or self._graph_schema.target_names)
    plans = self.__dict__.setdefault("_plans", {})
    if wanted not in plans:
        plans[wanted] = _plan(self, wanted)
    outputs: dict[str, tuple[str, Any]] = {name: (name, value) for name, value in (inputs or {}).items()}
    try:
        for name, needs in plans[wanted]:
            outputs[name] = self._instantiated_nodes[name](*(outputs.get(need, need) for need in needs))
    except RuntimeError as error:
        raise GraphRunError("Error running runner.") from error
    return {name: outputs[name][1] for name in wanted}


def _plan(runner: DaskGraphRunner, wanted: tuple[str, ...]) -> list[tuple[str, list[str]]]:
    """The nodes that the targets need, each after those it needs itself."""
    nodes = runner._graph_schema.minimal_graph_schema(list(wanted)).nodes
    plan: list[tuple[str, list[str]]] = []
    done: set[str] = set()

    def visit(name: str) -> None:
        if name in done or name not in nodes:  # an input
            return
        done.add(name)
        needs = list(nodes[name].needs.values())
        for need in needs:
            visit(need)
        plan.append((name, needs))

    for name in wanted:
        visit(name)
    return plan
