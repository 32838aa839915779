"""The website widget: `/widget.js`, the panel it frames, its words, and a page that shows it in use.

Nothing here is built: the files are served as they lie in this folder. The panel and the demo page carry a
content security policy without inline script or style; a host page needs of its own only `script-src` and
`frame-src` for this origin.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from knowledge.models import Locale, Text

FOLDER = Path(__file__).parent
WORDS = FOLDER.parents[1] / "knowledge" / "data" / "widget.yml"
MAX_AGE = 300  # seconds: an update of the widget reaches every embedding page within five minutes

_COMMON = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
_TRUSTED = "require-trusted-types-for 'script'; trusted-types 'none'"
# The panel may be framed by any page: that is what a one-line embed is for.
PANEL_POLICY = f"{_COMMON}; connect-src 'self'; frame-ancestors *; {_TRUSTED}"
DEMO_POLICY = f"{_COMMON}; frame-src 'self'; frame-ancestors 'none'; {_TRUSTED}"
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin"}

Asset = Literal[
    "panel.js",
    "panel.css",
    "api.js",
    "composer.js",
    "shell.js",
    "store.js",
    "strings.js",
    "view.js",
    "demo.css",
    "icon.svg",
]


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StarterWords(_Words):
    """A first question offered as a button: `label` is shown, `text` is sent."""

    label: Text
    text: Text
    icon: Literal["home", "work", "support", "desk", "start"]


class WidgetWords(_Words):
    """The file `knowledge/data/widget.yml`."""

    name: Text
    greeting: Text
    notice: Text
    starters: list[StarterWords] = Field(min_length=1, max_length=6)
    demo: dict[str, object] = Field(description="the words of the demo page, in Japanese only")


class Starter(BaseModel):
    label: str
    text: str
    icon: str


class WidgetConfig(BaseModel):
    """What the panel says about this service, in one language."""

    name: str
    greeting: str
    notice: str
    starters: list[Starter]


@lru_cache(maxsize=1)
def load_words(path: Path = WORDS) -> WidgetWords:
    """Reads and checks the words. Raises pydantic's ValidationError naming what is missing."""
    return WidgetWords.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


router = APIRouter(tags=["widget"])


@router.get("/widget/config")
def config(locale: Locale = "ja") -> WidgetConfig:
    """Name, greeting, notice and starter questions for the panel's first screen."""
    words = load_words()
    return WidgetConfig(
        name=words.name.get(locale),
        greeting=words.greeting.get(locale),
        notice=words.notice.get(locale),
        starters=[Starter(label=s.label.get(locale), text=s.text.get(locale), icon=s.icon) for s in words.starters],
    )


def _file(name: str, policy: str | None = None) -> FileResponse:
    headers = {**_HEADERS, "Cache-Control": f"public, max-age={MAX_AGE}"}
    if policy:
        headers["Content-Security-Policy"] = policy
    return FileResponse(FOLDER / name, headers=headers)


@router.get("/widget.js", include_in_schema=False)
def embed() -> Response:
    response = _file("widget.js")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # pages that isolate themselves ask for it
    return response


@router.get("/widget/panel", include_in_schema=False)
def panel() -> Response:
    return _file("panel.html", PANEL_POLICY)


@router.get("/widget/demo", include_in_schema=False)
def demo() -> HTMLResponse:
    """A page as a prefecture might have it, with the one-line embed."""
    pages = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
    html = pages.get_template("demo.html").render(load_words().demo)
    return HTMLResponse(html, headers={**_HEADERS, "Content-Security-Policy": DEMO_POLICY})


@router.get("/widget/{name}", include_in_schema=False)
def asset(name: Asset) -> Response:
    return _file(name)
