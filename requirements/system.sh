#!/bin/sh
# What tests need from the distribution: a browser, PostgreSQL's binaries, Node.js for axe-core, Japanese fonts.
# Installs only what the machine lacks (Debian packages; root or sudo).
set -u
cd "$(dirname "$0")/.." || exit 1
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
fc-list 2>/dev/null | grep -qi "noto.*cjk" || missing="$missing fonts-noto-cjk fontconfig"
if [ -n "$missing" ]; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root=sudo
    printf 'テストに要るものを入れています：%s…\n' "$missing" >&2
    # shellcheck disable=SC2086
    { $as_root apt-get -qq update && DEBIAN_FRONTEND=noninteractive $as_root apt-get -qq install -y --no-install-recommends $missing; } >/dev/null ||
        { printf '入れられませんでした。手で入れてください：apt-get install%s\n' "$missing" >&2; exit 1; }
fi
[ -f tests/widget/node_modules/axe-core/axe.min.js ] || npm ci --silent --prefix tests/widget >/dev/null ||
    { printf 'axe-core を入れられませんでした（npm ci --prefix tests/widget）。\n' >&2; exit 1; }
