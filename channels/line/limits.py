"""LINE's numbers, in one place, and LINE's two ways of counting characters.

Unless a line says otherwise the numbers come from the Messaging API reference
(developers.line.biz/en/reference/messaging-api/, read 2026-08-07); LINE's OpenAPI files have only
a few of them. How characters are counted: developers.line.biz, "Character counting in a text".
"""

from __future__ import annotations

import regex

MESSAGES_PER_REQUEST = 5
REQUEST_BYTES = 2 * 1024 * 1024  # "Status codes": 413 above it

# Counted in UTF-16 code units.
TEXT_UNITS = 5_000  # "Text message"
ALT_TEXT_UNITS = 1_500  # "Flex message"; 400 is an old figure
URI_UNITS = 1_000  # "URI action"

# Counted in grapheme clusters.
QUICK_REPLY_LABEL = 20  # "Specifications of the label"
FLEX_LABEL = 40  # same
MESSAGE_ACTION_TEXT = 300  # "Message action"

QUICK_REPLY_ITEMS = 13  # "Quick reply"; also in the OpenAPI file
URI_SCHEMES = ("http", "https", "line", "tel")  # "URI action"; mailto is not among them

FLEX_BUBBLE_BYTES = 30 * 1024  # "Bubble", as JSON
FLEX_CAROUSEL_BYTES = 50 * 1024  # "Carousel", as JSON
FLEX_CAROUSEL_BUBBLES = 12  # "Carousel"

# Promises about time, in seconds.
REPLY_TOKEN_SECONDS = 60  # "Reply token"; LINE may shorten it without notice
REPLY_TOKEN_LAST_SECONDS = 20 * 60  # same: a redelivered event's token, counted from the event
RETRY_KEY_SECONDS = 24 * 60 * 60  # "Retrying an API request": afterwards the key sends again
WEBHOOK_ANSWER_SECONDS = 2  # "Check webhook error statistics"

ELLIPSIS = "…"


def utf16_units(text: str) -> int:
    """Length of `text` in UTF-16 code units: 2 for most emoji and the rarer kanji."""
    return len(text) + sum(character > "\uffff" for character in text)


def graphemes(text: str) -> list[str]:
    """What a reader calls the characters of `text` (extended grapheme clusters)."""
    return [match.group() for match in regex.finditer(r"\X", text)]


def clip_graphemes(text: str, limit: int) -> str:
    """`text`, cut to at most `limit` graphemes; a cut is shown by an ellipsis."""
    if len(text) <= limit:  # never more graphemes than code points
        return text
    clusters = graphemes(text)
    return text if len(clusters) <= limit else "".join(clusters[: limit - 1]) + ELLIPSIS


def clip_units(text: str, limit: int) -> str:
    """`text`, cut to at most `limit` UTF-16 units without splitting a grapheme; with an ellipsis."""
    if utf16_units(text) <= limit:
        return text
    return head_units(text, limit - 1)[0] + ELLIPSIS


def head_units(text: str, limit: int) -> tuple[str, str]:
    """(head, rest): the longest head of ≤ `limit` UTF-16 units that ends between two graphemes.

    A single grapheme longer than `limit` (one letter under thousands of accents) is itself cut
    between code points, so that the head is never empty for a non-empty text and `limit` ≥ 2.
    """
    end = used = 0
    for match in regex.finditer(r"\X", text):
        used += utf16_units(match.group())
        if used > limit:
            break
        end = match.end()
    if end == 0 and text:
        used = 0
        for character in text:
            used += utf16_units(character)
            if used > limit:
                break
            end += 1
    return text[:end], text[end:]
