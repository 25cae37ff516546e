"""The one decorator that compiles a kernel, and where its machine code is kept.

Policy: lazy ``njit`` with ``cache=True``; no fastmath, no ``parallel=True``, no ``guvectorize``, so that
compiled and interpreted kernels (``NUMBA_DISABLE_JIT=1``) give the same numbers. Machine code goes to the
first of these folders that can be written: ``NUMBA_CACHE_DIR``, the package's ``__pycache__``,
``$XDG_CACHE_HOME/dcsim``, ``~/.cache/dcsim``. Where none can, kernels are compiled afresh in each process.

A caller's machine code contains the code of the kernels it calls, while numba looks at the caller's own file
alone when it asks whether a cached copy is still good. The folder is therefore named after the text of all
kernels together.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

__all__ = ["cache_folder", "kernel", "lean_kernel"]

F = TypeVar("F", bound=Callable[..., Any])

config: Any = numba.config
HERE = Path(__file__).resolve().parent
_BARE: dict[str, Any] = {"no_cfunc_wrapper": True}  # nobody calls kernels from C; compiling that entry takes time
KEEP_FOR = 14 * 86400.0  # s that the machine code of other versions of the kernels is kept


def _digest() -> str:
    """Return a name for the text of all kernels together."""
    text = hashlib.sha256()
    for path in sorted(HERE.glob("*.py")):
        text.update(path.name.encode())
        text.update(path.read_bytes())
    return text.hexdigest()[:16]


def _roots() -> Iterator[Path]:
    """Yield the folders to try, best first."""
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR)
    yield HERE / "__pycache__"
    if xdg := os.environ.get("XDG_CACHE_HOME"):
        yield Path(xdg) / "dcsim"
    home = os.path.expanduser("~")  # noqa: PTH111  Path.home() raises where there is no home
    if home != "~":
        yield Path(home) / ".cache" / "dcsim"


def _forget_old(root: Path, keep: Path) -> None:
    """Remove machine code of kernels whose text has changed since."""
    for folder in root.glob("kernels-*"):
        try:
            stale = folder != keep and time.time() - folder.stat().st_mtime > KEEP_FOR
        except OSError:
            continue
        if stale:
            shutil.rmtree(folder, ignore_errors=True)


def cache_folder() -> Path | None:
    """Folder for the machine code of the kernels as they stand, or None where nothing can be written.

    Returns
    -------
    Path or None
        Existing folder ``kernels-<digest of all kernels>`` that this process may write to.
    """
    digest = _digest()
    for root in _roots():
        folder = root / f"kernels-{digest}"
        fresh = not folder.is_dir()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(b"probe")
        except OSError:
            continue
        if fresh:
            _forget_old(root, folder)
        return folder
    return None


FOLDER = None if config.DISABLE_JIT else cache_folder()


def kernel(function: F) -> F:
    """Compile a function on its first call, and keep the machine code for later processes.

    Parameters
    ----------
    function : callable
        Body in the subset of Python that numba compiles; it takes arrays, scalars and named tuples of them.

    Returns
    -------
    callable
        The compiled function; the function itself under ``NUMBA_DISABLE_JIT=1``.

    Examples
    --------
    >>> @kernel
    ... def double(x):
    ...     return 2.0 * x
    >>> double(2.0)
    4.0
    """
    return _compile(function, _BARE)


def lean_kernel(function: F) -> F:
    """Compile a kernel that makes no arrays and keeps none, so that it need not count who holds them.

    A kernel counts itself among the holders of each array it is given, twice an atomic operation per array and call.
    Among kernels that call each other for every link of every event, counting took half the time.

    Parameters
    ----------
    function : callable
        As for :func:`kernel`, without making arrays.

    Returns
    -------
    callable
        The compiled function; the function itself under ``NUMBA_DISABLE_JIT=1``.

    Examples
    --------
    >>> @lean_kernel
    ... def halve(x):
    ...     return 0.5 * x
    >>> halve(2.0)
    1.0
    """
    return _compile(function, {**_BARE, "_nrt": False})


def _compile(function: F, options: dict[str, Any]) -> F:
    """Return the compiled function, its machine code kept where there is a place for it."""
    if FOLDER is None:
        return cast("F", numba.njit(**options)(function))
    before = config.CACHE_DIR
    config.CACHE_DIR = str(FOLDER)  # numba reads it while it decorates; other users of numba keep theirs
    try:
        return cast("F", numba.njit(cache=True, **options)(function))
    except RuntimeError:  # the text of the function is not in a file
        return cast("F", numba.njit(**options)(function))
    finally:
        config.CACHE_DIR = before
