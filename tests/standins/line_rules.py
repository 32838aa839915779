"""What LINE's reference asks of messages and its OpenAPI files do not say.

Numbers that our own bot uses come from `channels.line.limits`; those of message types that it does
not send stand here. A few rules are stricter than LINE is known to be, and say so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from channels.line import limits

Json = dict[str, Any]
Problem = dict[str, str]

COLOR = re.compile(r"#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?")
SPACE = re.compile(r"none|xs|sm|md|lg|xl|xxl|\d+(\.\d+)?px")
SIZE = re.compile(r"xxs|xs|sm|md|lg|xl|xxl|[345]xl|\d+(\.\d+)?px")
BORDER = re.compile(r"none|light|normal|medium|semi-bold|bold|\d+(\.\d+)?px")
PATTERNS = {
    "color": COLOR, "backgroundColor": COLOR, "borderColor": COLOR, "separatorColor": COLOR,
    "margin": SPACE, "spacing": SPACE, "cornerRadius": SPACE, "borderWidth": BORDER,
}  # fmt: skip
IN_BASELINE = {"icon", "text", "filler", "separator"}
IN_BOX = {"box", "button", "image", "text", "separator", "filler", "video"}
QUICK_REPLY_ONLY = {"camera", "cameraRoll", "location"}
TEMPLATE_LABEL = 20
ENCODED_URI = re.compile(r"[!-~]+")  # printable ASCII without a space


def problems(messages: list[Json]) -> list[Problem]:
    """What LINE would answer 400 for in messages that already match the schema."""
    found: list[Problem] = []
    for index, message in enumerate(messages):
        path = f"messages[{index}]"
        found += _strings(message, path)
        found += CHECKS.get(message["type"], lambda *_: ())(message, path)
        found += _quick_reply(message, path)
        if "LINE" in message.get("sender", {}).get("name", ""):
            found.append(_problem("may not contain LINE", f"{path}.sender.name"))
    return found


def warnings(messages: list[Json]) -> list[str]:
    """What LINE takes and then does not show."""
    return [
        f"the quick reply of messages[{index}] is not shown: only the last message's is"
        for index, message in enumerate(messages[:-1])
        if message.get("quickReply", {}).get("items")
    ]


def _problem(message: str, path: str) -> Problem:
    return {"message": message, "property": path}


def _size(text: Any, path: str, limit: int, count: Callable[[str], int]) -> Iterator[Problem]:
    if not isinstance(text, str) or not text.strip():
        yield _problem("may not be empty", path)  # of blank but not empty text: our own caution
    elif (length := count(text)) > limit:
        yield _problem(f"length must be between 0 and {limit}, is {length}", path)


def _units(text: Any, path: str, limit: int) -> Iterator[Problem]:
    return _size(text, path, limit, limits.utf16_units)


def _graphemes(text: Any, path: str, limit: int) -> Iterator[Problem]:
    return _size(text, path, limit, lambda value: len(limits.graphemes(value)))


def _strings(value: Any, path: str) -> Iterator[Problem]:
    """Half a surrogate pair is not text. Our own caution: LINE does not say what it does with one."""
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            yield _problem("not valid Unicode", path)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, f"{path}[{index}]")


def _text(message: Json, path: str) -> Iterator[Problem]:
    yield from _units(message["text"], f"{path}.text", limits.TEXT_UNITS)
    emojis = message.get("emojis", [])
    units = message["text"].encode("utf-16-le", "surrogatepass")
    if len(emojis) > 20:
        yield _problem("at most 20", f"{path}.emojis")
    for emoji in emojis:
        at = emoji.get("index", -1) * 2
        if at < 0 or units[at : at + 2] != "$".encode("utf-16-le"):
            yield _problem("index must point at a $", f"{path}.emojis")


def _quick_reply(message: Json, path: str) -> Iterator[Problem]:
    if "quickReply" not in message:
        return
    path += ".quickReply.items"
    items = message["quickReply"].get("items", [])
    if not items:
        yield _problem("may not be empty", path)
    for index, item in enumerate(items):
        where = f"{path}[{index}]"
        if item.get("type") != "action" or "action" not in item:
            yield _problem("must be an action", where)
        elif item["action"]["type"] == "richmenuswitch":
            yield _problem("not in a quick reply", f"{where}.action")
        else:
            yield from _action(item["action"], f"{where}.action", limits.QUICK_REPLY_LABEL, label=True, quick=True)


def _action(action: Json, path: str, label_limit: int, *, label: bool, quick: bool = False) -> Iterator[Problem]:
    """`label`: whether one is required."""
    kind = action["type"]
    if label or "label" in action:
        yield from _graphemes(action.get("label"), f"{path}.label", label_limit)
    if kind in QUICK_REPLY_ONLY and not quick:
        yield _problem("only in a quick reply", path)
    if kind == "message":
        yield from _graphemes(action.get("text"), f"{path}.text", limits.MESSAGE_ACTION_TEXT)
    elif kind == "uri":
        yield from _uri(action.get("uri"), f"{path}.uri")
    elif kind == "postback" and "data" not in action:
        yield _problem("required", f"{path}.data")


def _uri(uri: Any, path: str, schemes: tuple[str, ...] = limits.URI_SCHEMES) -> Iterator[Problem]:
    yield from _units(uri, path, limits.URI_UNITS)
    scheme, colon, rest = str(uri).partition(":")
    if scheme.lower() not in schemes or not colon or not rest.strip("/"):
        yield _problem("invalid uri scheme", path)
    elif not ENCODED_URI.fullmatch(str(uri)) or re.search(r"%(?![0-9A-Fa-f]{2})", str(uri)):
        yield _problem("must be percent-encoded", path)


# --- Flex --------------------------------------------------------------------------------------


def _flex(message: Json, path: str) -> Iterator[Problem]:
    yield from _units(message["altText"], f"{path}.altText", limits.ALT_TEXT_UNITS)
    contents, path = message["contents"], f"{path}.contents"
    if contents["type"] == "bubble":
        yield from _bubble(contents, path, in_carousel=False)
        return
    bubbles = contents["contents"]
    if not 1 <= len(bubbles) <= limits.FLEX_CAROUSEL_BUBBLES:
        yield _problem(f"1 to {limits.FLEX_CAROUSEL_BUBBLES} bubbles", path)
    if _bytes(contents) > limits.FLEX_CAROUSEL_BYTES:
        yield _problem("carousel is too large", path)
    if len({bubble.get("size", "mega") for bubble in bubbles}) > 1:
        yield _problem("bubbles must have one size", path)
    for index, bubble in enumerate(bubbles):
        yield from _bubble(bubble, f"{path}.contents[{index}]", in_carousel=True)


def _bubble(bubble: Json, path: str, *, in_carousel: bool) -> Iterator[Problem]:
    blocks = [name for name in ("header", "hero", "body", "footer") if name in bubble]
    if not blocks:
        yield _problem("at least one block must be specified", path)
    if _bytes(bubble) > limits.FLEX_BUBBLE_BYTES:
        yield _problem("bubble is too large", path)
    for name in blocks:
        yield from _component(bubble[name], f"{path}.{name}", in_carousel)
    if "action" in bubble:
        yield from _action(bubble["action"], f"{path}.action", limits.FLEX_LABEL, label=False)


def _component(part: Json, path: str, in_carousel: bool) -> Iterator[Problem]:
    kind = part["type"]
    patterns = {**PATTERNS, "size": SIZE} if kind in ("text", "span") else PATTERNS
    for name, pattern in patterns.items():
        if name in part and not pattern.fullmatch(part[name]):
            yield _problem(f"invalid value {part[name]}", f"{path}.{name}")
    if "action" in part:
        yield from _action(part["action"], f"{path}.action", limits.FLEX_LABEL, label=kind == "button")
    if kind == "text" and not part.get("contents") and not part.get("text"):
        yield _problem("must be specified", f"{path}.text")
    if kind == "video" and in_carousel:
        yield _problem("no video in a carousel", path)
    if kind == "image":
        yield from _https(part.get("url"), f"{path}.url")
    if kind == "box":
        allowed = IN_BASELINE if part["layout"] == "baseline" else IN_BOX
        for index, child in enumerate(part["contents"]):
            where = f"{path}.contents[{index}]"
            if child["type"] not in allowed:
                yield _problem(f"no {child['type']} in a {part['layout']} box", where)
            yield from _component(child, where, in_carousel)


def _bytes(value: Json) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


# --- templates, media and places ---------------------------------------------------------------


def _template(message: Json, path: str) -> Iterator[Problem]:
    yield from _units(message["altText"], f"{path}.altText", limits.ALT_TEXT_UNITS)
    template, path = message["template"], f"{path}.template"
    kind = template["type"]
    if kind == "confirm":
        yield from _panel(template, path, text=240, actions=(2, 2))
    elif kind == "buttons":
        image = "thumbnailImageUrl" in template or "title" in template
        yield from _panel(template, path, text=60 if image else 160, actions=(1, 4))
    elif kind == "carousel":
        columns = template["columns"]
        if not 1 <= len(columns) <= 10 or len({len(column["actions"]) for column in columns}) > 1:
            yield _problem("1 to 10 columns, each with as many actions", path)
        for index, column in enumerate(columns):
            image = "thumbnailImageUrl" in column or "title" in column
            yield from _panel(column, f"{path}.columns[{index}]", text=60 if image else 120, actions=(1, 3))
    elif not 1 <= len(template["columns"]) <= 10:
        yield _problem("1 to 10 columns", path)


def _panel(panel: Json, path: str, text: int, actions: tuple[int, int]) -> Iterator[Problem]:
    yield from _graphemes(panel["text"], f"{path}.text", text)
    if "title" in panel:
        yield from _graphemes(panel["title"], f"{path}.title", 40)
    if not actions[0] <= len(panel["actions"]) <= actions[1]:
        yield _problem(f"{actions[0]} to {actions[1]} actions", f"{path}.actions")
    for index, action in enumerate(panel["actions"]):
        yield from _action(action, f"{path}.actions[{index}]", TEMPLATE_LABEL, label=True)


def _https(url: Any, path: str) -> Iterator[Problem]:
    return _uri(url, path, schemes=("https",))


def _media(message: Json, path: str) -> Iterator[Problem]:
    for name in ("originalContentUrl", "previewImageUrl"):
        if name in message:
            yield from _https(message[name], f"{path}.{name}")


def _location(message: Json, path: str) -> Iterator[Problem]:
    for name in ("title", "address"):
        yield from _units(message[name], f"{path}.{name}", 100)


def _imagemap(message: Json, path: str) -> Iterator[Problem]:
    yield from _units(message["altText"], f"{path}.altText", limits.ALT_TEXT_UNITS)


CHECKS: dict[str, Callable[[Json, str], Iterator[Problem]]] = {
    "text": _text, "textV2": _text, "flex": _flex, "template": _template, "image": _media, "video": _media,
    "audio": _media, "location": _location, "imagemap": _imagemap,
}  # fmt: skip
