"""A PostgreSQL server for tests: its own data folder and port, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa


def _binary(name: str) -> str:
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    found = shutil.which(name)
    assert found, f"{name} is missing: requirements/system.sh installs PostgreSQL"
    return found


def server(folder: Path) -> Iterator[str]:
    """Yields the URL of its maintenance database. PostgreSQL refuses to run as root: then as `postgres` or `nobody`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    user: dict[str, object] = {}
    if os.geteuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        name = "postgres" if "postgres" in names else "nobody"
        user = {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}
        for path in (folder, *list(folder.parents)[:2]):
            path.chmod(0o755)
        shutil.chown(folder, name)
    data = folder / "data"
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **user}
    subprocess.run([_binary("initdb"), "-D", data, "-U", "iju", "-A", "trust", "-E", "UTF8", "--locale=C"], **quiet)
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
    subprocess.run([_binary("pg_ctl"), "-D", data, "-w", "-o", options, "-l", folder / "log", "start"], **quiet)
    try:
        yield f"postgresql+psycopg://iju@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([_binary("pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop"], **quiet)


def database(url: str) -> str:
    """A new empty database on the server; its URL."""
    name = f"iju_{uuid4().hex[:12]}"
    _run(url, f'CREATE DATABASE "{name}"')
    return url.rsplit("/", 1)[0] + f"/{name}"


def drop(url: str) -> None:
    server_url, name = url.rsplit("/", 1)
    _run(f"{server_url}/postgres", f'DROP DATABASE "{name}" WITH (FORCE)')


def _run(url: str, statement: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
