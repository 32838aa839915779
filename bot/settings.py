"""Settings from the environment or `.env`; `./iju settings` lists them with their defaults."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

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


def describe(settings: Settings) -> list[dict[str, str]]:
    """Each setting: variable, value (secrets masked), default, what it is for."""
    rows = []
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        variable = str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"IJU_{name.upper()}"
        value = getattr(settings, name)
        shown = "（設定済み）" if name in SECRET and value else str(value if value is not None else "")
        default = "" if field.default is None else str(field.default)
        rows.append({"setting": variable, "value": shown, "default": default, "about": field.description or ""})
    return rows
