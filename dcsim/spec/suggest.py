"""'Did you mean': the nearest of the known names, or the list of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from dcsim.spec.tree import quoted

__all__ = ["Suggester"]

_LISTED = 20


class Suggester:
    """Suggests known names for unknown ones; stops comparing after a number of questions, so that bad files stay cheap.

    Parameters
    ----------
    limit : int
        Questions that are answered by comparing.

    Examples
    --------
    >>> ask = Suggester()
    >>> ask("luela", ["lulea", "prineville"])
    "did you mean 'lulea'?"
    >>> ask("x", ["lulea", "prineville"])
    'known: lulea, prineville'
    """

    def __init__(self, limit: int = 100) -> None:
        self._left = limit

    def __call__(self, name: str, known: Iterable[str]) -> str:
        """Return the hint for an unknown name, without the unknown name itself."""
        names = list(known)
        self._left -= 1
        near = difflib.get_close_matches(name, names, n=1) if self._left >= 0 and len(name) <= 64 else []
        if near:
            return f"did you mean '{near[0]}'?"
        if not names:
            return "none is known here"
        more = f", ... ({len(names)} in all)" if len(names) > _LISTED else ""
        return f"known: {', '.join(names[:_LISTED])}{more}"

    def unknown(self, what: str, name: str, known: Iterable[str]) -> str:
        """Return the whole message for an unknown name."""
        return f"unknown {what} {quoted(name)}; {self(name, known)}"
