"""Files that appear finished or not at all: hidden siblings are written, and take their names at the end."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from dcsim.errors import InputError, Problem, RunError
from dcsim.trace.source import STDIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["new_files", "write_files"]


@contextlib.contextmanager
def new_files(paths: Sequence[str | Path], inputs: Sequence[str | Path] = ()) -> Iterator[list[TextIO]]:
    """Yield a text stream for each path; all files appear together when the block ends without an exception.

    Older files of those names are replaced. Names that end in ``.gz`` are compressed, with equal bytes for equal text.

    Parameters
    ----------
    paths : sequence of str or Path
        Where to write.
    inputs : sequence of str or Path
        Files that are read, and so are never replaced.

    Raises
    ------
    InputError
        For a path that is an input, a folder, a device, given twice, or in no folder that there is.
    RunError
        If the machine refuses: not writable, disk full.
    """
    with _appearing([Path(path) for path in paths], inputs) as staged, contextlib.ExitStack() as stack:
        streams = []
        for path, staging, final in staged:
            with _told(str(path)):
                streams.append(_open(stack, staging, final))
        yield streams


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files that appear together, as they are, whatever their names end in; folders are made where needed.

    Parameters
    ----------
    contents : mapping of Path to bytes
        Content by where it is to lie.

    Raises
    ------
    InputError, RunError
        As ``new_files`` does.
    """
    for path in contents:
        with _told(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
    with _appearing(list(contents)) as staged:
        for path, staging, _ in staged:
            with _told(str(path)):
                staging.write_bytes(contents[path])


@contextlib.contextmanager
def _appearing(places: Sequence[Path], inputs: Sequence[str | Path] = ()) -> Iterator[list[tuple[Path, Path, Path]]]:
    """Yield each path with its hidden sibling and the file it means; the siblings take these names at the end."""
    problems: list[Problem] = []
    for at, path in enumerate(places):
        with _told(str(path)):
            problems += _refused(path, [*inputs, *places[:at]])
    if problems:
        raise InputError(problems)
    finals = [path.resolve() for path in places]
    siblings = [final.with_name(f".{final.name}.{uuid.uuid4().hex[:8]}.tmp") for final in finals]
    try:
        with _told(" and ".join(map(str, places))):
            yield list(zip(places, siblings, finals, strict=True))
            for staging, final in zip(siblings, finals, strict=True):
                staging.replace(final)
    finally:
        for staging in siblings:
            with contextlib.suppress(OSError):
                staging.unlink(missing_ok=True)


def _open(stack: contextlib.ExitStack, staging: Path, final: Path) -> TextIO:
    """Open the hidden sibling of a file."""
    if final.suffix != ".gz":
        return stack.enter_context(staging.open("x", encoding="utf-8", newline=""))
    raw = stack.enter_context(staging.open("xb"))
    packed = stack.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0))
    return stack.enter_context(io.TextIOWrapper(packed, encoding="utf-8", newline=""))


def _refused(path: Path, taken: Sequence[str | Path]) -> Iterator[Problem]:
    """Yield what speaks against writing to a path."""
    if str(path) == STDIN:
        yield Problem("standard output", 0, 0, "", "is for the summary; name a file")
    elif path.exists() and not path.is_file():
        yield Problem(str(path), 0, 0, "", "is no file that could be replaced; name another")
    elif not path.parent.is_dir():
        yield Problem(str(path), 0, 0, "", f"there is no folder '{path.parent}'; make it first")
    elif any(_same(path, Path(other)) for other in taken):
        yield Problem(str(path), 0, 0, "", "is read or written already; name another file")


def _same(one: Path, other: Path) -> bool:
    return one.samefile(other) if one.exists() and other.exists() else one.resolve() == other.resolve()


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn the system's refusals into one line."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise RunError(f"cannot write {what}: {reason}") from error
