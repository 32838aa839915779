"""Fingerprints for Rasa's training cache, which by itself looks at a component's own class only."""

from __future__ import annotations

import hashlib
import inspect
from types import ModuleType


def digest(*parts: ModuleType | str) -> str:
    """A hash of modules' sources and of strings; an edit of any of them trains again."""
    result = hashlib.sha256()
    for part in parts:
        result.update((part if isinstance(part, str) else inspect.getsource(part)).encode())
        result.update(b"\0")
    return result.hexdigest()
