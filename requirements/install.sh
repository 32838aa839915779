#!/bin/sh
# Installs what is missing: uv, the engine's environment (.venv-engine, Python 3.10) and the app's
# (.venv, Python 3.11), from hashed lock files. `install.sh dev` adds what tests need.
# A second run with the same lock files does nothing.
set -u
cd "$(dirname "$0")/.." || exit 1
extra=${1:-app}
say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

find_uv() {
    if command -v uv >/dev/null 2>&1; then uv=uv; return; fi
    for uv in .uv/bin/uv .uv/lib/bin/uv; do [ -x "$uv" ] && return; done
    python=""
    for candidate in python3 python3.13 python3.12 python3.11 python3.10 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then python=$candidate; break; fi
    done
    [ -n "$python" ] || stop "Python 3.10以上が見つかりません。Python 3.11 を入れてから、もう一度実行してください。"
    say "uv を入れています…"
    if "$python" -m venv .uv >/dev/null 2>&1 && .uv/bin/python -m pip install -q uv; then uv=.uv/bin/uv; return; fi
    rm -rf .uv
    "$python" -m pip install -q --target .uv/lib uv ||
        stop "uv を入れられませんでした。pip が使えるか（python3 -m pip --version）とネットワークを確かめてください。"
    uv=.uv/lib/bin/uv
}

sync() { # environment, Python version, lock file
    mark=$1/.installed-$(cksum "requirements/$3.txt" | tr ' /' '__')
    [ -f "$mark" ] && return
    free=$(df -Pk . | awk 'NR==2 {print int($4 / 1024)}')
    [ "$free" -ge 4000 ] || stop "ディスクの空きが足りません（空き ${free}MB、4,000MB 必要です）。空けてから、もう一度実行してください。"
    find_uv
    say "$1 に $3 を入れています（Python $2）…"
    [ -x "$1/bin/python" ] || "$uv" venv -q --python "$2" "$1" ||
        stop "Python $2 を用意できませんでした。Python $2 を入れてから、もう一度実行してください。"
    "$uv" pip sync -q --python "$1" --require-hashes "requirements/$3.txt" ||
        stop "$3 を入れられませんでした。上のメッセージ（ネットワーク、ディスク）を確かめて、もう一度実行してください。"
    rm -f "$1"/.installed-*
    : >"$mark"
}

sync .venv-engine 3.10 engine
# What tests need contains what the app needs: an environment with it serves both.
dev_mark=.venv/.installed-$(cksum requirements/dev.txt | tr ' /' '__')
if [ "$extra" = dev ]; then sync .venv 3.11 dev; elif [ ! -f "$dev_mark" ]; then sync .venv 3.11 app; fi
