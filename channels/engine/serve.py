"""`python -m channels.engine.serve --model FILE --port N`: serves one model on the loopback.

Environment: IJU_INTERNAL_TOKEN (what callers and actions are sent), IJU_ACTIONS_URL.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"


def main(argv: list[str] | None = None) -> int:
    arguments = _arguments(argv)
    problem = _problem(arguments)
    if problem:
        print(f"engine: {problem}", file=sys.stderr)
        return 2
    started = time.monotonic()
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    # Products this small take several times as long when a thread pool shares them.
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    sys.path[:0] = [str(ROOT)]  # Rasa imports our channel and components by their dotted paths
    from channels.engine import log

    log.configure()
    if not arguments.with_tensorflow:
        from channels.engine.lean import keep_tensorflow_out

        keep_tensorflow_out()

    from rasa.core import run as rasa_run
    from rasa.core.utils import AvailableEndpoints

    from channels.engine import runner, shortcuts

    runner.install()
    shortcuts.install()

    async def ready(app: object, loop: object) -> None:
        if not app.ctx.agent.is_ready():  # type: ignore[attr-defined]
            print(f"engine: {arguments.model} could not be loaded; train again", file=sys.stderr)
            os._exit(3)  # Sanic 21.12 would go on and serve without a model
        log.structlog.get_logger(__name__).info(
            "engine_ready", seconds=round(time.monotonic() - started, 1), model=Path(arguments.model).name
        )

    rasa_run.serve_application(
        model_path=arguments.model,
        interface=HOST,
        port=arguments.port,
        credentials=str(ROOT / "credentials.yml"),
        endpoints=AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml")),
        enable_api=False,
        server_listeners=[(ready, "after_server_start")],
    )
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="channels.engine.serve", description=__doc__)
    parser.add_argument("--model", required=True, help="the .tar.gz that channels.engine.train wrote")
    parser.add_argument("--port", required=True, type=int, help=f"port on {HOST}")
    parser.add_argument("--with-tensorflow", action="store_true", help="import all of Rasa, as `rasa run` does")
    return parser.parse_args(argv)


def _problem(arguments: argparse.Namespace) -> str | None:
    """What keeps the engine from starting, in a sentence that says what to do."""
    for name in ("IJU_INTERNAL_TOKEN", "IJU_ACTIONS_URL"):
        if not os.environ.get(name):
            return f"set {name} in the environment"
    if not Path(arguments.model).is_file():
        return f"there is no model at {arguments.model}; run channels.engine.train first"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, arguments.port))
        except OSError:
            return f"port {arguments.port} is taken; stop what uses it or choose another"
    return None


if __name__ == "__main__":
    raise SystemExit(main())
