"""`python -m tests.bench.peers.rasa_nlu train|parse CONFIG FOLDER [--lean]`, in the engine's environment.

`train` makes FOLDER/model.tar.gz of FOLDER/nlu.yml; `parse` answers FOLDER/test.json in this process, its figures as
JSON on the last line. `--lean` keeps TensorFlow out, as our engine does. A message's answer is its topics, where it
has any, or its intent.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.peers import memory_mb

WARM = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.peers.rasa_nlu", description=__doc__)
    parser.add_argument("what", choices=("train", "parse"))
    parser.add_argument("config", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lean", action="store_true")
    arguments = parser.parse_args()
    began = time.perf_counter()
    if arguments.lean:
        from channels.engine.lean import keep_tensorflow_out

        keep_tensorflow_out()
    with contextlib.redirect_stdout(sys.stderr):
        if arguments.what == "train":
            figures = train(arguments.config, arguments.folder)
        else:
            figures = asyncio.run(parse(arguments.folder, began))
    print(json.dumps(figures))
    return 0


def train(config: Path, folder: Path) -> dict[str, Any]:
    """Seconds from the loaded libraries to the written model."""
    from rasa.model_training import train_nlu

    began = time.perf_counter()
    made = train_nlu(str(config), str(folder / "nlu.yml"), str(folder), fixed_model_name="model")
    if not made:
        raise SystemExit("nothing was trained")
    return {"train_s": time.perf_counter() - began}


async def parse(folder: Path, began: float) -> dict[str, Any]:
    import structlog
    from rasa.core.agent import Agent

    # As under `rasa run`: no line is written for every message.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    agent = Agent.load(str(folder / "model.tar.gz"))
    await agent.parse_message("こんにちは")
    ready = time.perf_counter() - began
    texts = json.loads((folder / "test.json").read_text("utf-8"))
    for text in texts[:WARM]:
        await agent.parse_message(text)
    predicted, taken = [], []
    for text in texts:
        started = time.perf_counter()
        parsed = await agent.parse_message(text)
        taken.append((time.perf_counter() - started) * 1000)
        predicted.append(
            [topic["id"] for topic in parsed["topics"]] if "topics" in parsed else [parsed["intent"]["name"]]
        )
    return {
        "predicted": predicted,
        "parse_ms": taken,
        "ready_s": ready,
        "memory_mb": memory_mb(),
    }


if __name__ == "__main__":
    os.environ.update(RASA_TELEMETRY_ENABLED="false", SQLALCHEMY_SILENCE_UBER_WARNING="1", LOG_LEVEL="ERROR")
    os.environ.update(RASA_MAX_CACHE_SIZE="0", TF_CPP_MIN_LOG_LEVEL="2")
    raise SystemExit(main())
