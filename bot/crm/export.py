"""Tables for people's spreadsheets: CSV (UTF-8 with BOM, or cp932) and XLSX.

A cell that a spreadsheet would read as a formula gets a leading apostrophe. Characters cp932 lacks are an
error that names row and character, never a silent `?`; the usual look-alikes are mapped first.
"""

from __future__ import annotations

import csv
import io
from typing import Any

import xlsxwriter

from bot.errors import InvalidInput

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
CP932_LOOKALIKES = str.maketrans({"—": "―", "–": "－", "¥": "￥", "\u00a0": " ", "〜": "～", "−": "－", "‖": "∥"})


def cell(value: Any) -> str:
    text = "" if value is None else "、".join(map(str, value)) if isinstance(value, list) else str(value)
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def to_csv(rows: list[dict[str, Any]], columns: list[str], encoding: str = "utf-8-sig") -> bytes:
    """CRLF, every cell quoted. `encoding`: `utf-8-sig` or `cp932`. Raises `InvalidInput`."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(column)) for column in columns])
    text = buffer.getvalue()
    if encoding != "cp932":
        return text.encode(encoding)
    try:
        return text.translate(CP932_LOOKALIKES).encode("cp932")
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise InvalidInput(
            ja=f"{line}行目の「{text[error.start]}」はShift_JIS（cp932）で表せません。--format csv か xlsx をお使いください。",
            en=f"Line {line}: {text[error.start]!r} does not exist in cp932. Use --format csv or xlsx.",
        ) from error


def to_xlsx(rows: list[dict[str, Any]], columns: list[str]) -> bytes:
    """Every cell is text, so that leading zeros and long numbers stay as they are."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(columns):
        sheet.write_string(0, column, name, book.add_format({"bold": True}))
    for number, row in enumerate(rows, 1):
        for column, name in enumerate(columns):
            sheet.write_string(number, column, cell(row.get(name)))
    book.close()
    return buffer.getvalue()
