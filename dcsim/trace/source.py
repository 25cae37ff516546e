"""Text that users hand over: a file or standard input, packed or not, read line by line in bounded memory."""

from __future__ import annotations

import itertools
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dcsim.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["STDIN", "Source"]

STDIN = "-"
"""The name under which standard input is read."""
_CHUNK = 1 << 20  # bytes read at a time
_PACKED_CHUNK = 1 << 16  # of a packed file, which may grow a thousandfold
_HEAD = 1 << 20  # bytes within which the first line that says anything must end
_GZIP = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"


class Source:
    """A file, or standard input, to be read as text.

    Parameters
    ----------
    place : str or Path
        Name of the file, or ``-``.

    Attributes
    ----------
    name : str
        As messages call it.
    path : Path or None
        The file; None for standard input, which can be read but once.
    """

    def __init__(self, place: str | Path) -> None:
        self.path = None if str(place) == STDIN else Path(place)
        self.name = "standard input" if self.path is None else str(place)
        self._held: list[bytes] = []
        self._rest: Iterator[bytes] | None = None

    @classmethod
    def of(cls, place: str | Path | Source) -> Source:
        """Return the source of a name, or a source as it is."""
        return place if isinstance(place, Source) else cls(place)

    def head(self) -> bytes:
        """Return how the content begins, unpacked: up to a million bytes, which are read again afterwards.

        Raises
        ------
        InputError
            Where it cannot be read.
        """
        chunks = self._chunks()
        begin: list[bytes] = []
        while sum(map(len, begin)) < _HEAD and (chunk := next(chunks, b"")):
            begin.append(chunk)
        self._held = begin if self.path is None else []
        return b"".join(begin)

    def lines(self, rows: int, comment: str = "") -> Iterator[tuple[int, list[str]]]:
        """Yield the lines without their ends, so many at a time, each time with the number of the first.

        Parameters
        ----------
        rows : int
            How many.
        comment : str
            What lines begin with that may hold bytes of any encoding; none may where empty.

        Raises
        ------
        InputError
            Where the file cannot be read, and where it is not UTF-8 text.
        """
        number, lines = 1, list[str]()
        for text in self._texts(comment.encode()):
            lines += text
            while len(lines) >= rows:
                yield number, lines[:rows]
                number += rows
                del lines[:rows]
        if lines:
            yield number, lines

    def _texts(self, comment: bytes) -> Iterator[list[str]]:
        """Yield whole lines, as many as come at a time."""
        chunks = itertools.chain(self._chunks(), (b"",))
        rest, number = b"", 1
        for chunk in chunks:
            cut = chunk.rfind(b"\n") + 1
            if chunk and not cut:
                rest += chunk
                continue
            whole, rest = rest + chunk[:cut], chunk[cut:]
            whole = whole.removeprefix(_MARK) if number == 1 else whole
            if not whole:
                continue
            text = self._decoded(whole, number, comment)
            lines = text.removesuffix("\n").split("\n")
            number += len(lines)
            yield [line.removesuffix("\r") for line in lines] if "\r" in text else lines

    def _decoded(self, raw: bytes, number: int, comment: bytes) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            if comment:
                return self._decoded(_with_odd_comments(raw, comment), number, b"")
            begin = raw.rfind(b"\n", 0, error.start) + 1
            line, column = number + raw.count(b"\n", 0, error.start), len(raw[begin : error.start].decode()) + 1
            problem = Problem(self.name, line, column, "", "is not UTF-8 text; save the file as UTF-8")
            raise InputError([problem]) from error

    def _chunks(self) -> Iterator[bytes]:
        """Yield the content, unpacked; of standard input first what was looked at already."""
        if self.path is not None:
            return self._told(_opened(self.path))
        if self._rest is None:
            self._rest = self._told(_unpacked(sys.stdin.buffer))
        held, self._held = self._held, []
        return itertools.chain(held, self._rest)

    def _told(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Turn what a file may refuse into one line."""
        try:
            yield from chunks
        except (OSError, EOFError, zlib.error) as error:
            reason = (getattr(error, "strerror", None) or "is a damaged gzip file").lower()
            raise InputError([Problem(self.name, 0, 0, "", f"cannot be read: {reason}")]) from error


def _with_odd_comments(raw: bytes, comment: bytes) -> bytes:
    """Return text in which every byte of a comment that is not UTF-8 has become a mark of replacement."""
    lines = (
        line.decode(errors="replace").encode() if line.lstrip().startswith(comment) else line
        for line in raw.split(b"\n")
    )
    return b"\n".join(lines)


def _opened(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _unpacked(file)


def _unpacked(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content of a file; whether it is packed shows in its first two bytes."""
    first = file.read(_PACKED_CHUNK)
    if not first.startswith(_GZIP):
        while first:
            yield first
            first = file.read(_CHUNK)
        return
    member, fed = zlib.decompressobj(31), False
    while first:
        text = member.decompress(first)
        first, fed = member.unused_data, True
        if text:
            yield text
        if member.eof:
            member, fed = zlib.decompressobj(31), False
        first = first or file.read(_PACKED_CHUNK)
        while not fed and first and not first.strip(b"\0"):  # padding between members
            first = file.read(_PACKED_CHUNK)
        first = first if fed else first.lstrip(b"\0")
    if fed:
        raise EOFError
