"""Settings from the environment or `.env`; `./iju settings` lists them with their defaults."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from dotenv.parser import parse_stream
from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="IJU_", env_file=".env", extra="ignore", populate_by_name=True)

    host: str = Field("127.0.0.1", description="address the app listens on")
    port: int = Field(8000, ge=1, le=65535, description="port the app listens on")
    var: Path = Field(Path("var"), description="folder of the database, the model and the logs")
    database_url: str = Field("", description="empty: the SQLite file iju.sqlite3 under IJU_VAR")
    engine_urls: str = Field("", description="comma-separated engines; empty: `up` starts one on a free loopback port")
    internal_token: str = Field("", description="shared by app and engine; empty: `up` makes one a start")
    reply_wait_s: float = Field(8.0, gt=0, description="seconds a message's request waits for its answer before 202")
    engine_timeout_s: float = Field(10.0, gt=0, description="seconds the app waits for the engine's turn")
    turn_attempts: int = Field(3, ge=1, description="failed turns of one message before the desk takes over")
    slot: str = Field("0", description="name of this app among several; each needs its own")
    public_url: str = Field("", description="the address residents see; empty: http://IJU_HOST:IJU_PORT")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    now: dt.datetime | None = Field(
        None, description="tests and demos only: fixes the clock (ISO, Asia/Tokyo if naive)"
    )
    line_channel_secret: str = Field(
        "",
        validation_alias=AliasChoices("LINE_CHANNEL_SECRET"),
        description="from the LINE Developers console; signs webhooks",
    )
    line_channel_access_token: str = Field(
        "",
        validation_alias=AliasChoices("LINE_CHANNEL_ACCESS_TOKEN"),
        description="long-lived or issued channel access token",
    )
    line_api_base: str = Field(
        "",
        validation_alias=AliasChoices("LINE_API_BASE"),
        description="empty: LINE itself; a stand-in's address in tests and demos",
    )

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{(self.var / 'iju.sqlite3').absolute()}"

    @property
    def workflow_database(self) -> str:
        """DBOS's own tables: a schema of the same PostgreSQL, or a file of its own beside SQLite's.

        In one SQLite file a long write of the app held DBOS up for 1.8 s, in two for 0.04 s.
        """
        if self.database.startswith("sqlite"):
            return f"sqlite:///{(self.var / 'workflows.sqlite3').absolute()}"
        return self.database

    @property
    def engines(self) -> list[str]:
        return [url.strip().rstrip("/") for url in self.engine_urls.split(",") if url.strip()]

    @property
    def address(self) -> str:
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def local(self) -> str:
        """Where programs of this machine reach the app."""
        return f"http://{'127.0.0.1' if self.host in ('0.0.0.0', '::') else self.host}:{self.port}"  # noqa: S104

    @property
    def line_configured(self) -> bool:
        return bool(self.line_channel_secret and self.line_channel_access_token)


SECRET = {"internal_token", "line_channel_secret", "line_channel_access_token", "database_url"}


def _variable(name: str) -> str:
    alias = Settings.model_fields[name].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"IJU_{name.upper()}"


def problem_of(env_file: Path) -> str | None:
    """What is wrong with a `.env`, in a sentence: dotenv passes over a line it cannot read, and over a misspelt name."""
    if not env_file.is_file():
        return None
    known = {_variable(name) for name in Settings.model_fields}
    with env_file.open(encoding="utf-8") as stream:
        for line in parse_stream(stream):
            if line.error or (line.key and line.value is None):
                return f"{env_file} の{line.original.line}行目を読めません。名前=値 の形にしてください"
            if line.key and line.key.startswith(("IJU_", "LINE_")) and line.key not in known:
                return f"{env_file} の{line.original.line}行目：{line.key} という設定はありません（./iju settings に一覧があります）"
    return None


def describe(settings: Settings) -> list[dict[str, str]]:
    """Each setting: variable, value (secrets masked), default, what it is for."""
    rows = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown = "（設定済み）" if name in SECRET and value else str(value if value is not None else "")
        default = "" if field.default is None else str(field.default)
        rows.append({"setting": _variable(name), "value": shown, "default": default, "about": field.description or ""})
    return rows
