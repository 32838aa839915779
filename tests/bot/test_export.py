"""Leads as files for spreadsheets."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.crm import export
from bot.errors import InvalidInput

ROWS = [{"name": "髙橋　花子", "contact": "=HYPERLINK(1)", "topics": ["house_hunting", "job_center"]}]


def read(data: bytes, encoding: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(encoding), newline="")))


def test_utf8_has_a_bom_crlf_and_no_formula() -> None:
    data = export.to_csv(ROWS, ["name", "contact", "topics"])
    assert data.startswith(b"\xef\xbb\xbf") and data.count(b"\r\n") == 2
    assert read(data, "utf-8-sig")[1] == ["髙橋　花子", "'=HYPERLINK(1)", "house_hunting、job_center"]


def test_cp932_maps_look_alikes_and_names_what_it_cannot_hold() -> None:
    assert read(export.to_csv([{"name": "1〜2—"}], ["name"], "cp932"), "cp932")[1] == ["1～2―"]
    with pytest.raises(InvalidInput) as caught:
        export.to_csv([{"name": "一"}, {"name": "𠮷田"}], ["name"], "cp932")
    assert "3行目" in caught.value.ja and "𠮷" in caught.value.ja


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formula_starts_are_neutralised(start: str) -> None:
    assert export.cell(f"{start}1") == f"'{start}1"


def test_xlsx_keeps_leading_zeros_as_text() -> None:
    data = export.to_xlsx([{"contact": "09000000000"}], ["contact"])
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert "09000000000" in book.read("xl/sharedStrings.xml").decode()


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b"]), st.text(st.characters(codec="utf-8")), min_size=2)))
def test_any_text_survives_csv(rows: list[dict[str, str]]) -> None:
    cells = read(export.to_csv(rows, ["a", "b"]), "utf-8-sig")[1:]
    assert cells == [[export.cell(row["a"]), export.cell(row["b"])] for row in rows]
