"""Where pictures may be written."""

from __future__ import annotations

from pathlib import Path

from dcsim.errors import Problem

__all__ = ["undrawable"]

ENDINGS = (".png", ".svg", ".pdf")


def undrawable(picture: str | None) -> list[Problem]:
    """Return why a picture cannot be written there, as problems of ``--plot``."""
    if picture is None:
        return []
    path = Path(picture)
    if path.suffix not in ENDINGS:
        return [Problem("--plot", 0, 0, "", f"'{picture}' must end in .png, .svg or .pdf")]
    if not path.parent.is_dir():
        return [Problem("--plot", 0, 0, "", f"there is no folder '{path.parent}'; make it first")]
    return []
