"""The one clock: UTC for storing, Asia/Tokyo for people; IJU_NOW fixes it in tests and demos."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")


class Clock:
    def __init__(self, fixed: dt.datetime | None = None) -> None:
        self._fixed = fixed.replace(tzinfo=TOKYO) if fixed and fixed.tzinfo is None else fixed

    def now(self) -> dt.datetime:
        """Aware, in UTC."""
        return (self._fixed or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)

    def today(self) -> dt.date:
        """The date in Tokyo."""
        return self.now().astimezone(TOKYO).date()
