"""Kleene's three values: True, False, and None for unknown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Value: TypeAlias = bool | None


def all_of(values: Iterable[Value]) -> Value:
    seen = list(values)
    return False if False in seen else (None if None in seen else True)


def any_of(values: Iterable[Value]) -> Value:
    seen = list(values)
    return True if True in seen else (None if None in seen else False)


def no(value: Value) -> Value:
    return None if value is None else not value
