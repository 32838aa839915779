import pytest

from channels.line import limits

FAMILY = "👨‍👩‍👧‍👦"  # one grapheme, 7 code points, 11 UTF-16 units


@pytest.mark.parametrize(("text", "units", "clusters"), [
    ("", 0, 0), ("移住", 2, 2), ("🍎", 2, 1), ("𠮟る", 3, 2), (FAMILY, 11, 1), ("か\u3099", 2, 1), ("🇯🇵", 4, 1),
])  # fmt: skip
def test_both_ways_of_counting(text, units, clusters):
    assert limits.utf16_units(text) == units == len(text.encode("utf-16-le")) // 2
    assert len(limits.graphemes(text)) == clusters


def test_clipping_counts_graphemes_and_never_splits_one():
    assert limits.clip_graphemes(FAMILY * 20, 20) == FAMILY * 20
    assert limits.clip_graphemes(FAMILY * 21, 20) == FAMILY * 19 + "…"


def test_clipping_by_units_keeps_a_grapheme_whole():
    assert limits.clip_units("あ" * 5, 5) == "あ" * 5
    assert limits.clip_units("あ" + FAMILY, 8) == "あ…"


def test_a_grapheme_longer_than_the_limit_is_cut_between_code_points():
    head, rest = limits.head_units("か" + "\u3099" * 50, 10)
    assert (len(head), len(rest)) == (10, 41)
