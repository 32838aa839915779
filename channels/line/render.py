"""Channel-neutral replies → LINE message objects that LINE accepts, whatever the replies are.

Texts stay texts, a card becomes a Flex bubble, choices become quick replies. LINE shows the quick
replies of a request's last message only, so they are put there and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from bot.commands import CardReply, Choice, ChoicesReply, FormPromptReply, Link, Reply, Source
from channels.line import limits
from channels.line.words import WORDS, Words

Json = dict[str, Any]

INK, MUTED, ACCENT, LINE_GREY = "#1A1A1A", "#595959", "#0B6E69", "#D9DEDD"
SKIP, CANCEL = "スキップ", "やめる"  # what is sent: the dialogue knows these words in every locale


@dataclass
class _Piece:
    """One reply: its full wording, its quick replies, and its bubble where it is a card that fits."""

    text: str
    choices: list[Choice]
    bubble: Json | None = None
    alt: str = ""


def render(replies: list[Reply], locale: str) -> list[Json]:
    """The message objects (JSON dicts, at most 5) that say `replies`; `locale`: ja, easy_ja, en.

    Replies with nothing visible in them give no message, so the list may be empty. What does not
    fit in five messages of 5,000 characters is left out before the last one, and the text says so.
    """
    words = WORDS.get(locale, WORDS["ja"])
    pieces = [piece for reply in replies if (piece := _piece(reply, words))]
    asking = next((piece for piece in reversed(pieces) if piece.choices), None)
    for piece in pieces:
        if piece.choices and (piece is not asking or _needs_list(piece.choices)):
            piece.text = "\n".join([piece.text, *(f"・{choice.label}" for choice in piece.choices)])
    messages = _fit(pieces, words)
    if asking and messages:
        messages[-1]["quickReply"] = {"items": [_item(choice) for choice in _buttons(asking.choices)]}
    return messages


# --- one reply -------------------------------------------------------------------------------


def _piece(reply: Reply, words: Words) -> _Piece | None:
    if isinstance(reply, CardReply):
        return _card(reply, words)
    choices: list[Choice] = []
    text = clean(reply.text)
    if isinstance(reply, ChoicesReply):
        choices = _usable(reply.choices)
    elif isinstance(reply, FormPromptReply):
        ways = [Choice(label=words.skip, text=SKIP)] if reply.optional else []
        ways.append(Choice(label=words.cancel, text=CANCEL))
        own = _usable(reply.choices)
        sent = {choice.text for choice in own}
        choices = own + [way for way in ways if way.text not in sent]
        at, of = reply.progress
        text = _lines([clean(reply.error or ""), f"{text}{words.progress(at, of)}"])
    if not text and choices:
        text = words.choose
    whole = _lines([text, *_source_lines(reply.sources, words)])
    return _Piece(whole, choices) if whole else None


def _card(reply: CardReply, words: Words) -> _Piece | None:
    title, text = clean(reply.title), clean(reply.text)
    rows = [(clean(label) or "-", clean(value) or "-") for label, value in reply.rows]
    told = [(clean(link.label), clean(link.url)) for link in reply.links]
    links = [Link(label=label or url, url=url) for label, url in told if url]
    sources = _source_lines(reply.sources, words)
    answer = _lines([title, text, *(words.pair(label, value) for label, value in rows)])
    whole = _lines([answer, *(f"{link.label}\n{uri(link.url) or link.url}" for link in links), *sources])
    if not whole:
        return None
    body = _card_body(title, text, rows, [link for link in links if not uri(link.url)], sources, words)
    footer = [_button(link) for link in links if uri(link.url)]
    bubble: Json = {"type": "bubble"}
    if body:
        bubble["body"] = {"type": "box", "layout": "vertical", "spacing": "md", "contents": body}
    if footer:
        bubble["footer"] = {"type": "box", "layout": "vertical", "spacing": "sm", "contents": footer}
    fits = _bytes(bubble) <= limits.FLEX_BUBBLE_BYTES
    alt = limits.clip_units(answer or whole, limits.ALT_TEXT_UNITS)
    return _Piece(whole, [], bubble if fits else None, alt)


def _card_body(
    title: str, text: str, rows: list[tuple[str, str]], plain: list[Link], sources: list[str], words: Words
) -> list[Json]:
    body = [_text(title, size="lg", weight="bold")] if title else []
    if text:
        body.append(_text(text))
    if rows:
        if body:
            body.append({"type": "separator", "color": LINE_GREY})
        body += [_row(label, value) for label, value in rows]
    # An address that LINE takes no button for (mailto, or too long) is still told.
    body += [_text(words.pair(link.label, link.url), size="sm") for link in plain]
    body += [_source(line) for line in sources]
    return body


def _text(text: str, **style: Any) -> Json:
    """A Flex text that wraps and follows the reader's own font size."""
    return {"type": "text", "text": text, "wrap": True, "scaling": True, "color": INK, **style}


def _row(label: str, value: str) -> Json:
    contents = [_text(label, size="sm", color=MUTED, flex=2), _text(value, size="sm", flex=5)]
    return {"type": "box", "layout": "horizontal", "spacing": "md", "contents": contents}


def _button(link: Link) -> Json:
    """A box rather than a Flex button: a button cuts its label off after one line."""
    return {
        "type": "box", "layout": "vertical", "paddingAll": "md", "cornerRadius": "md",
        "borderWidth": "normal", "borderColor": ACCENT,
        "action": _open(link.label, uri(link.url)),
        "contents": [_text(link.label, size="sm", align="center", weight="bold", color=ACCENT)],
    }  # fmt: skip


def _source(line: str) -> Json:
    """`line` is one of `_source_lines`: the citation, and perhaps its address below."""
    citation, _, url = line.partition("\n")
    text = _text(citation, size="xs", color=MUTED)
    if address := uri(url):
        text |= {"action": _open(citation, address), "decoration": "underline"}
    return text


def _open(label: str, address: str | None) -> Json:
    return {"type": "uri", "label": limits.clip_graphemes(label, limits.FLEX_LABEL), "uri": address}


def _source_lines(sources: list[Source], words: Words) -> list[str]:
    lines = []
    for source in sources:
        url = clean(source.url or "")
        lines.append(_lines([words.cite(clean(source.title), clean(source.as_of)), uri(url) or url]))
    return list(dict.fromkeys(line for line in lines if line))


# --- quick replies ---------------------------------------------------------------------------


def _usable(choices: Iterable[Choice]) -> list[Choice]:
    """Choices with something to show and something to send, each once."""
    pairs = ((clean(choice.label), clean(choice.text)) for choice in choices)
    kept = dict.fromkeys((label or text, text or label) for label, text in pairs if label or text)
    return [Choice(label=label, text=text) for label, text in kept]


def _buttons(choices: list[Choice]) -> list[Choice]:
    """At most 13; what leads out of a form stands last and is never the one dropped."""
    ways = [choice for choice in choices[-2:] if choice.text in (SKIP, CANCEL)]
    rest = choices[: len(choices) - len(ways)]
    return rest[: limits.QUICK_REPLY_ITEMS - len(ways)] + ways


def _needs_list(choices: list[Choice]) -> bool:
    """Whether the buttons alone would hide something: one too many, or a shortened label."""
    shortened = any(limits.clip_graphemes(c.label, limits.QUICK_REPLY_LABEL) != c.label for c in choices)
    return shortened or len(_buttons(choices)) < len(choices)


def _item(choice: Choice) -> Json:
    label = limits.clip_graphemes(choice.label, limits.QUICK_REPLY_LABEL)
    text = "".join(limits.graphemes(choice.text)[: limits.MESSAGE_ACTION_TEXT])
    return {"type": "action", "action": {"type": "message", "label": label, "text": text}}


# --- fitting into five messages --------------------------------------------------------------


def _fit(pieces: list[_Piece], words: Words) -> list[Json]:
    """Messages for `pieces`: each its own where five are enough, else neighbours put together."""
    most = limits.MESSAGES_PER_REQUEST
    messages = [message for piece in pieces for message in _messages([piece])]
    if len(messages) > most:
        groups = [list(group) for _, group in groupby(pieces, key=lambda piece: piece.bubble is None)]
        messages = [message for group in groups for message in _messages(group)]
    if len(messages) > most:
        texts = split("\n\n".join(piece.text for piece in pieces))
        if len(texts) > most:  # the end holds the question, so what goes is the middle
            room = limits.TEXT_UNITS - limits.utf16_units(words.shortened) - 2
            kept = limits.head_units(texts[most - 2], room)[0]
            texts = [*texts[: most - 2], f"{kept}\n\n{words.shortened}", texts[-1]]
        messages = [{"type": "text", "text": text} for text in texts]
    return messages


def _messages(pieces: list[_Piece]) -> list[Json]:
    """Messages for neighbours of one kind: bubbles as few carousels as can be, or joined text."""
    if pieces[0].bubble is None:
        return [{"type": "text", "text": text} for text in split("\n\n".join(piece.text for piece in pieces))]
    shelves: list[list[_Piece]] = [[]]
    for piece in pieces:
        if not _one_carousel([*shelves[-1], piece]):
            shelves.append([])
        shelves[-1].append(piece)
    return [_flex(shelf) for shelf in shelves]


def _one_carousel(pieces: list[_Piece]) -> bool:
    return len(pieces) <= limits.FLEX_CAROUSEL_BUBBLES and _bytes(_container(pieces)) <= limits.FLEX_CAROUSEL_BYTES


def _container(pieces: list[_Piece]) -> Json:
    if len(pieces) == 1:
        return pieces[0].bubble or {}
    return {"type": "carousel", "contents": [piece.bubble for piece in pieces]}


def _flex(pieces: list[_Piece]) -> Json:
    alt = limits.clip_units("\n\n".join(piece.alt for piece in pieces), limits.ALT_TEXT_UNITS)
    return {"type": "flex", "altText": alt, "contents": _container(pieces)}


def split(text: str) -> list[str]:
    """`text` in pieces of at most 5,000 UTF-16 units, cut where a reader would pause."""
    pieces = []
    rest = text
    while rest:
        head, tail = limits.head_units(rest, limits.TEXT_UNITS)
        if tail:
            pauses = (head.rfind(mark) + len(mark) for mark in ("\n\n", "\n", "。", " "))
            head = head[: next((pause for pause in pauses if pause > len(head) // 2), None)]
        rest = rest[len(head) :].strip()
        if visible(head):
            pieces.append(head.strip())
    return pieces


# --- text ------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """`text` without control characters and outer space; empty where nothing of it can be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if c in "\n\t" or not (c < " " or "\x7f" <= c < "\xa0"))
    return text.strip() if visible(text) else ""


def visible(text: str) -> bool:
    return any(character.isprintable() and not character.isspace() for character in text)


def uri(url: str) -> str | None:
    """`url` percent-encoded as a LINE URI action wants it; None where LINE would refuse it."""
    try:
        parts = urlsplit(url.strip())
        port = f":{parts.port}" if parts.port else ""
        host = (parts.hostname or "").encode("idna").decode("ascii")
        path, query, fragment = (_escape(quote(part, safe="%/:?=&;,+!$*()~@'")) for part in parts[2:])
    except ValueError:  # among them UnicodeError, from a host that no domain can have
        return None
    if parts.scheme not in limits.URI_SCHEMES or "@" in parts.netloc or not _plain(host):
        return None
    if not host and (parts.scheme != "tel" or not parts.path):
        return None
    encoded = urlunsplit((parts.scheme, host + port, path, query, fragment))
    return encoded if limits.utf16_units(encoded) <= limits.URI_UNITS else None


def _plain(host: str) -> bool:
    return all(character.isalnum() or character in ".-" for character in host)


def _escape(part: str) -> str:
    """A per cent sign that begins no escape becomes one."""
    head, *rest = part.split("%")
    return head + "".join(
        ("%" if len(piece) > 1 and all(c in "0123456789abcdefABCDEF" for c in piece[:2]) else "%25") + piece
        for piece in rest
    )


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line)


def _bytes(value: Json) -> int:
    """Size as JSON with every non-ASCII character escaped, the largest way of writing it."""
    return len(json.dumps(value))
