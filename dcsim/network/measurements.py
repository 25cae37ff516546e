"""Measurements that take long, kept on disk beside the machine code of the kernels that took them.

Each is a file named after everything that decides its numbers: the arguments, the code that measures, and numpy, which
draws. A file that cannot be read is measured anew; where none can be written, each process measures for itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels import jit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["kept"]


def kept(code: str, arguments: object, measure: Callable[[], tuple[float, ...]]) -> tuple[float, ...]:
    """Return a measurement, taken now unless it was taken before.

    Parameters
    ----------
    code : str
        File of the module that measures; the kernels' own text names the folder.
    arguments : object
        Whatever else decides the numbers; its ``repr`` must tell all of it.
    measure : callable
        Takes the measurement: finite floats.
    """
    if jit.FOLDER is None:
        return measure()
    key = hashlib.sha256(f"{_digest(code)} {np.__version__} {arguments!r}".encode()).hexdigest()
    file = jit.FOLDER / "measured" / key[:40]
    with contextlib.suppress(OSError, ValueError, TypeError):
        return tuple(map(float, json.loads(file.read_text(encoding="ascii"))))
    found = measure()
    _keep(file, json.dumps(found))
    return found


def _keep(file: Path, text: str) -> None:
    """Write a file that appears complete or not at all."""
    staging = file.with_name(f".{uuid.uuid4().hex}")
    with contextlib.suppress(OSError):
        try:
            file.parent.mkdir(exist_ok=True)
            staging.write_text(text, encoding="ascii")
            staging.replace(file)
        finally:
            staging.unlink(missing_ok=True)


@cache
def _digest(code: str) -> str:
    return hashlib.sha256(Path(code).read_bytes()).hexdigest()
