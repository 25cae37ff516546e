"""Slots in service as they were seen, and what a day like the last one would bring."""

from __future__ import annotations

from collections import deque

__all__ = ["DAY_S", "LATE_S", "SlotSeason"]

DAY_S = 86400.0
LATE_S = 3600.0
"""A fall that does not come when it came the day before is expected for this long yet; an assumption."""


class SlotSeason:
    """The slots in service over the last day, as the seasonal forecast of the next.

    The forecast (the seasonal naive one of Hyndman and Athanasopoulos, "Forecasting: principles and practice", with a
    period of one day): the slots that are in service now stay until the time of day at which yesterday's changed;
    from then on they are what they were yesterday. Nothing is expected of times of day that were not seen yet.

    Examples
    --------
    >>> season = SlotSeason()
    >>> for hour, slots in ((0, 8), (8, 2), (20, 8)):
    ...     season.note(hour * 3600.0, slots)
    >>> season.falls(30 * 3600.0)
    [(115200.0, 2)]
    """

    def __init__(self) -> None:
        self._changes: deque[tuple[float, int]] = deque()

    def note(self, at: float, slots: int) -> None:
        """Take note of the slots in service from a time on, s."""
        changes = self._changes
        if not changes or changes[-1][1] != slots:
            changes.append((at, slots))
        while len(changes) > 2 and changes[2][0] + DAY_S + LATE_S <= at:
            changes.popleft()

    def falls(self, now: float) -> list[tuple[float, int]]:
        """Return when in the day to come fewer slots than ever before in it are expected, and how many."""
        changes = self._changes
        falls: list[tuple[float, int]] = []
        before = least = changes[-1][1]
        late: tuple[float, int] | None = None
        for at, slots in changes:
            due = at + DAY_S
            if due <= now:
                late = (due, slots) if slots < before and now < due + LATE_S else None
            else:
                for fall in filter(None, (late, (due, slots))):
                    if fall[1] < least:
                        falls.append(fall)
                        least = fall[1]
                late = None
            before = slots
        if late is not None and late[1] < least:
            falls.append(late)
        return falls
