"""`python -m channels.engine.train --out DIR`: trains a model unless DIR has the one for these inputs.

Progress lines go to stdout; the last one is the model's path, `DIR/<content hash>.tar.gz`.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import hashlib
import logging
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parents[2]
DATA = ("nlu/data", "bot/dialogue")
MODELS_KEPT = 5  # the newest; a running engine may have to load an older one again
# Everything a model is made from. The knowledge files that become dictionaries come on top.
_INPUTS = (
    "config.yml",
    "domain.yml",
    "nlu/data/**/*.yml",
    "bot/dialogue/**/*.yml",
    "nlu/*.py",
    "nlu/components/*.py",
    "channels/engine/train.py",
    "channels/engine/lean.py",
    "requirements/engine.txt",
)


def content_hash(root: Path = ROOT) -> str:
    """Sixteen hex digits over sentences, config, domain, rules, components, lookups and the lock file.

    Of the knowledge only the names that become dictionaries count: an edit of an answer trains nothing.
    """
    from nlu.components import lexicon

    result = hashlib.sha256()
    for path in _inputs(root):
        result.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    result.update(repr(lexicon.build(root / "knowledge" / "data")).encode())
    return result.hexdigest()[:16]


def _inputs(root: Path) -> Iterator[Path]:
    for pattern in _INPUTS:
        yield from sorted(root.glob(pattern))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="channels.engine.train", description=__doc__)
    parser.add_argument("--out", required=True, type=Path, help="folder for models; made if missing")
    out: Path = parser.parse_args(argv).out
    sys.path[:0] = [str(ROOT)]
    started = time.monotonic()
    model = out.resolve() / f"{content_hash()}.tar.gz"
    if model.is_file():
        _say("材料が変わっていないので、学習は要りません")
        print(model)
        return 0
    try:
        model.parent.mkdir(parents=True, exist_ok=True)
        _train(model)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print("ディスクの空きがありません。空けてから、もう一度実行してください。", file=sys.stderr)
        return 2
    except SystemExit:  # Rasa ends so on data it cannot use, having said what is wrong
        print("学習の材料を使えませんでした。上のメッセージを確かめてください。", file=sys.stderr)
        return 2
    _say(f"できました（{time.monotonic() - started:.0f}秒）")
    print(model)
    return 0


def _train(model: Path) -> None:
    """Trains into a folder beside `model` and moves the result there in one step. Raises OSError."""
    _say("Rasaを読み込んでいます…")
    os.environ.update(RASA_TELEMETRY_ENABLED="false", SQLALCHEMY_SILENCE_UBER_WARNING="1")
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # the content hash decides; a second cache only takes time
    os.environ["LOG_LEVEL"] = "ERROR"  # no progress bars: Rasa draws them at any other level
    from channels.engine import log

    log.configure(logging.WARNING)
    from channels.engine.lean import keep_tensorflow_out

    keep_tensorflow_out()
    from rasa.model_training import train

    for stale in model.parent.glob(".training-*"):  # of a training that was killed
        if time.time() - stale.stat().st_mtime > 3600:
            shutil.rmtree(stale, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=".training-", dir=model.parent))
    before = Path.cwd()
    try:
        os.chdir(ROOT)  # config.yml names its files from the root
        _say("文と規則を読んで、学習しています（1分ほど）…")
        with contextlib.redirect_stdout(sys.stderr):  # the last line of stdout is to be the path
            result = train(
                domain="domain.yml",
                config="config.yml",
                training_files=list(DATA),
                output=str(folder),
                fixed_model_name=model.name.split(".", 1)[0],
            )
        if result.code or not result.model:
            raise SystemExit(result.code or 1)
        Path(result.model).replace(model)
        remove_old(model.parent)
    finally:
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)


def remove_old(folder: Path) -> None:
    """All but the newest MODELS_KEPT models."""
    for old in sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)[:-MODELS_KEPT]:
        old.unlink(missing_ok=True)


def _say(text: str) -> None:
    print(f"train: {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
