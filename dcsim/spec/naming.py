"""What entries, and whatever else a user names, may be called."""

from __future__ import annotations

import re

__all__ = ["LONGEST", "PATTERN", "RULE", "misnamed"]

PATTERN = r"^[a-z][a-z0-9_]*$"
"""Of a name: stem of a file or key of a mapping."""
LONGEST = 64
"""Characters of a name, at most."""
RULE = "lower-case letters, digits and underscores, beginning with a letter"
"""The pattern, in words."""


def misnamed(name: str) -> str | None:
    """Return why something cannot be called so; None where it can.

    Examples
    --------
    >>> misnamed("dgx1_v100"), misnamed("8xV100")
    (None, "must be lower-case letters, digits and underscores, beginning with a letter, not '8xV100'")
    """
    if len(name) > LONGEST:
        return f"must have at most {LONGEST} characters"
    return None if re.fullmatch(PATTERN.rstrip("$"), name) else f"must be {RULE}, not '{name}'"
