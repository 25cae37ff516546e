"""Numbers as people say them: few digits, a unit that fits, lists with an "and"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.report.section import Number

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "amount", "cell", "count", "duration", "human", "listing", "parted", "percent", "plain", "plural",
    "spoken", "written",
]  # fmt: skip

_DURATIONS = (
    (90.0, 1.0, "s"), (5400.0, 60.0, "min"), (172800.0, 3600.0, "h"), (63072000.0, 86400.0, "days"),
    (float("inf"), 31536000.0, "years"),
)  # fmt: skip
_LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
_SHORT = {name: name.upper() for name in ("cpu", "gpu", "nic", "pcie", "rnn", "slo", "tor", "wan")}
_SI = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
_BINARY = ((2.0**40, "Ti"), (2.0**30, "Gi"), (2.0**20, "Mi"))
_SCALED = {
    "USD/J": (3.6e6, "USD/kWh"), "kg/J": (3.6e9, "g/kWh"), "B/s": (8.0, "bit/s"), "B": (1.0, "B"), "Hz": (1.0, "Hz"),
    "FLOP": (1.0, "FLOP"), "FLOP/s": (1.0, "FLOP/s"), "W": (1.0, "W"), "J": (1.0, "J"),
}  # fmt: skip
_PREFIXED = ("bit/s", "B/s", "B", "Hz", "FLOP", "FLOP/s", "W", "J")
_PREFIXES = {
    "kWh": ((1e9, "TWh"), (1e6, "GWh"), (1e3, "MWh"), (1.0, "kWh")),
    "W": ((1e9, "GW"), (1e6, "MW"), (1e3, "kW"), (1.0, "W")),
    "kg": ((1e9, "Mt"), (1e6, "kt"), (1e3, "t"), (1.0, "kg")),
    "bytes": ((1e18, "EB"), (1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "bytes")),
}


def plain(value: float) -> str:
    """Return a number with three digits that count, or whole and with its thousands apart.

    Examples
    --------
    >>> [plain(value) for value in (0.0, 12.0, 0.2534, 12.34, 123.4, 45678.9, -1999.6)]
    ['0', '12', '0.253', '12.3', '123', '45,679', '-2,000']
    """
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def count(value: float) -> str:
    """Return how many there are; millions and more in words.

    Examples
    --------
    >>> count(12), count(302988), count(2622632.0), count(3.25e9)
    ('12', '302,988', '2.62 million', '3.25 billion')
    """
    size, name = next(((size, name) for size, name in _LARGE if abs(value) >= size), (1.0, ""))
    return f"{_three(value / size)} {name}" if name else plain(value)


def percent(share: float) -> str:
    """Return a share; one that is close to none or all has the digits that tell it from them.

    Examples
    --------
    >>> [percent(share) for share in (0.4567, 0.9996, 1.0, 1e-6, 0.0, -0.03)]
    ['45.7 %', '99.96 %', '100 %', '< 0.01 %', '0 %', '-3.0 %']
    """
    if share in (0.0, 1.0):
        return f"{100 * share:.0f} %"
    if 0.0 < share < 5e-5:
        return "< 0.01 %"
    if 0.99995 <= share < 1.0:
        return "> 99.99 %"
    return f"{100 * share:.2f} %" if 0.99 <= abs(share) < 1.0 or abs(share) < 0.01 else f"{100 * share:,.1f} %"


def duration(seconds: float) -> str:
    """Return a time in the unit that people would choose.

    Examples
    --------
    >>> [duration(value) for value in (0.0, 0.0381, 1.26, 12.3, 960.9, 3600.0, 5000.0, 9000.0, 1e6)]
    ['0 s', '38.1 ms', '1.26 s', '12.3 s', '16 min', '1 h', '83 min', '2.5 h', '11.6 days']
    """
    if seconds == 0:
        return "0 s"
    if abs(seconds) < 10.0:
        return f"{seconds:.3g} s" if abs(seconds) >= 1.0 else f"{seconds * 1e3:.3g} ms"
    unit, name = next((unit, name) for limit, unit, name in _DURATIONS if abs(seconds) < limit)
    if unit == 60.0 and seconds % 3600.0 == 0:
        unit, name = 3600.0, "h"
    size = seconds / unit
    text = f"{size:.0f}" if unit < 3600.0 and size >= 20.0 else f"{size:.1f}"
    return f"{text.removesuffix('.0')} {name}"


def amount(value: float, unit: str) -> str:
    """Return a value with its unit, at a size that reads well.

    Examples
    --------
    >>> amount(2206000.0, "kWh"), amount(603207.0, "kg"), amount(1319258.0, "USD"), amount(0.835, "ratio")
    ('2.21 GWh', '603 t', '1.32 million USD', '83.5 %')
    >>> amount(2622632.0, "server-hours"), amount(545.3, "USD"), amount(5400.0, "s"), amount(88e6, "W")
    ('2.62 million server-hours', '545 USD', '1.5 h', '88.0 MW')
    """
    value_text, unit_text = parted(value, unit)
    return f"{value_text} {unit_text}".rstrip()


def parted(value: float, unit: str) -> tuple[str, str]:
    """Return the number and the unit of :func:`amount` apart.

    Examples
    --------
    >>> parted(1319258.0, "USD"), parted(5400.0, "s"), parted(0.835, "ratio"), parted(45.0, "")
    (('1.32', 'million USD'), ('1.5', 'h'), ('83.5', '%'), ('45', ''))
    """
    if unit == "ratio":
        number, _, name = percent(value).rpartition(" ")
        return number, name
    if unit == "s":
        number, _, name = duration(value).rpartition(" ")
        return number, name
    if unit in _PREFIXES:
        size, name = next(
            ((size, name) for size, name in _PREFIXES[unit] if abs(value) >= size), _PREFIXES[unit][-1]
        )
        return _three(value / size), name
    number, _, word = count(value).partition(" ")
    return number, f"{word} {unit}".strip()


def cell(value: float | None, unit: str = "") -> Number | None:
    """Return the cell of a table; what does not apply has none.

    ``s`` and ``ratio`` stand with their unit, since they vary by orders; the others leave it to the column.
    """
    if value is None:
        return None
    text = duration(value) if unit == "s" else percent(value) if unit == "ratio" else plain(value)
    return Number(value, text)


def listing(names: Sequence[str], most: int = 4) -> str:
    """Return names as in a sentence; those beyond ``most`` are counted.

    Examples
    --------
    >>> listing(["ads"]), listing(["ads", "search"]), listing(["a", "b", "c", "d", "e", "f"], 3)
    ('ads', 'ads and search', 'a, b, c and 3 more')
    """
    shown = list(names[:most]) if len(names) > most + 1 else list(names)
    rest = len(names) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest} more"
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else "".join(shown)


def plural(number: float, name: str, many: str = "") -> str:
    """Return a number and what there are so many of.

    Examples
    --------
    >>> plural(1, "region"), plural(12, "region"), plural(2, "entry", "entries")
    ('1 region', '12 regions', '2 entries')
    """
    return f"{count(number)} {name if number == 1 else many or name + 's'}"


def human(name: str) -> str:
    """Return an identifier as words, with no space before or behind them.

    Examples
    --------
    >>> human("fort_worth"), human("big_basin_v100"), human("gpu")
    ('Fort Worth', 'Big Basin V100', 'GPU')
    """
    return " ".join(_SHORT.get(part, part[:1].upper() + part[1:]) for part in name.split("_")).strip()


def spoken(name: str) -> str:
    """Return an identifier as the beginning of a sentence.

    Examples
    --------
    >>> spoken("region_loss")
    'Region loss'
    """
    return human(name)[:1] + human(name)[1:].lower()


def written(text: str, *, bits: bool = True) -> str:
    """Return a quantity as scenarios hold it in the unit that people would choose; other texts as they are.

    Data rates are in bits or in bytes, as is the custom for what they are of.

    Examples
    --------
    >>> written("1.6666666666666664e-08 USD/J"), written("2500000000000.0 B/s"), written("86400.0 s")
    ('0.06 USD/kWh', '20 Tbit/s', '24 h')
    >>> written("21220000000000.0 FLOP/s"), written("8.222e-08 kg/J"), written("2200000000.0 Hz"), written("gang")
    ('21.2 TFLOP/s', '296 g/kWh', '2.2 GHz', 'gang')
    >>> written("76800000000.0 B/s", bits=False), written("274877906944.0 B"), written("8000000.0 B")
    ('76.8 GB/s', '256 GiB', '8 MB')
    """
    number, _, unit = text.partition(" ")
    try:
        value = float(number)
    except ValueError:
        return text
    if unit == "s":
        return duration(value)
    factor, name = (1.0, "B/s") if unit == "B/s" and not bits else _SCALED.get(unit, (1.0, unit))
    value *= factor
    if name in _PREFIXED:
        sizes = _BINARY if name == "B" and value and value % 2**20 == 0 else _SI
        size, prefix = next(((size, prefix) for size, prefix in sizes if abs(value) >= size), (1.0, ""))
        return f"{plain(value / size)} {prefix}{name}"
    return f"{plain(value)} {name}".rstrip() if "." in number or "e" in number else text


def _three(value: float) -> str:
    """Return three digits that count, those after the point too."""
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f}"
