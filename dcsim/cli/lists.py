"""Lists and ranges on the command line: names, counts, sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.units import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["count", "counts", "names", "sizes"]

_MOST = 1_000_000


def names(text: str) -> tuple[str, ...]:
    """Return the names in a list with commas, each once.

    Raises
    ------
    ValueError
        For an empty one.

    Examples
    --------
    >>> names("ring, halving_doubling,ring")
    ('ring', 'halving_doubling')
    """
    return _places(text, "names with commas between them")


def counts(text: str, least: int = 1, most: int = _MOST) -> tuple[int, ...]:
    """Return the whole numbers in a list with commas, or in a range that doubles, each once.

    Raises
    ------
    ValueError
        With the reason and the fix.

    Examples
    --------
    >>> counts("8,32"), counts("8..64,100")
    ((8, 32), (8, 16, 32, 64, 100))
    """

    def one(part: str) -> int:
        return _whole(part, least, most, "; write some with commas, or a range such as 8..64")

    return tuple(int(value) for value in _doubling(text, one, "whole numbers with commas, such as 8,32"))


def count(text: str, least: int = 1, most: int = _MOST) -> int:
    """Return a single whole number.

    Raises
    ------
    ValueError
        With the reason and the fix.

    Examples
    --------
    >>> count("8")
    8
    """
    if "," in text or ".." in text:
        raise ValueError(f"'{text}' is more than one number; give one")
    return _whole(text.strip(), least, most)


def sizes(text: str) -> tuple[float, ...]:
    """Return the amounts of data in a list with commas, or in a range that doubles, each once, in bytes.

    A range holds its upper end too, where doubling misses it.

    Raises
    ------
    ValueError
        With the reason and the fix.

    Examples
    --------
    >>> sizes("100 MB,1GB"), sizes("1MB..5MB")
    ((100000000.0, 1000000000.0), (1000000.0, 2000000.0, 4000000.0, 5000000.0))
    """

    def one(part: str) -> float:
        try:
            value = parse_quantity(part, "data")
        except ValueError as error:
            raise ValueError(f"'{part}' {error}") from None
        if value < 1.0:
            raise ValueError(f"'{part}' is less than one byte")
        return value

    return _doubling(text, one, "sizes with commas, such as 1MB,1GB")


def _whole(text: str, least: int, most: int, hint: str = "") -> int:
    """Return a whole number between two."""
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise ValueError(f"'{text}' is not a whole number{hint}")
    if not least <= int(text) <= most:
        raise ValueError(f"{text} is not between {least:,} and {most:,}")
    return int(text)


def _places(text: str, wanted: str) -> tuple[str, ...]:
    """Return what stands between commas, each once; ``wanted`` tells what to write where nothing does."""
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if not all(found):
        raise ValueError(f"'{text}' leaves a place empty; write {wanted}")
    return found


def _doubling(text: str, read: Callable[[str], float], wanted: str) -> tuple[float, ...]:
    """Return what stands in a list, ranges written out."""
    found: list[float] = []
    for part in _places(text, wanted):
        low, dots, high = (word.strip() for word in part.partition(".."))
        first = read(low)
        last = read(high) if dots else first
        if last < first:
            raise ValueError(f"'{part}' runs backwards; write {high}..{low}")
        while first < last:
            found.append(first)
            first *= 2
        found.append(last)
    return tuple(dict.fromkeys(found))
