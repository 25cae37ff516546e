"""The summary of a flow replay in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dcsim.network.flow_comparison import Comparison

__all__ = ["comparison_lines", "in_units", "summary_lines"]

_SCALES = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")),
    "": ((1.0, ""),),
    "B": tuple((10.0 ** (3 * step), f"{prefix}B") for step, prefix in zip(range(6, -1, -1), "EPTGMk ", strict=True)),
}
_SPREAD = ("mean", "p50", "p99", "max")


def in_units(value: float | None, unit: str) -> str:
    """Return seconds (``s``), bytes (``B``) or a bare number with four digits, in a unit of fitting size.

    Examples
    --------
    >>> [in_units(value, "s") for value in (0.0, 0.00123456, 4321.0, None)]
    ['0 s', '1.235 ms', '4321 s', '-']
    >>> in_units(12345678.0, "B"), in_units(99999.0, "B"), in_units(17.0, "B")
    ('12.35 MB', '100 kB', '17 B')
    """
    if value is None:
        return "-"
    if value == 0.0:
        return f"0 {unit}".strip()
    scale, name = next(((scale, name) for scale, name in _SCALES[unit] if value >= scale), _SCALES[unit][-1])
    return f"{value / scale:.4g} {name.strip()}".strip()


def summary_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a summary, as ``FlowReplay.summary`` returns it."""
    unfinished = summary["unfinished"]
    yield _line("flows", f"{summary['flows']:,}" + (f", of which {unfinished:,} never finish" if unfinished else ""))
    yield _line("bytes", in_units(summary["bytes"], "B"))
    if summary["rerouted"]:
        yield _line("rerouted", f"{summary['rerouted']:,}, around failed links")
    if summary["makespan_s"] is None:
        return
    yield _line("makespan", in_units(summary["makespan_s"], "s"))
    for name, key in (("completion", "completion_s"), ("slowdown", "slowdown_ratio")):
        told = [in_units(summary[key][each], "s" if key == "completion_s" else "") for each in _SPREAD]
        yield _line(name, "mean {}, median {}, 99 % within {}, all within {}".format(*told))
    for place, link in enumerate(summary["busiest_links"]):
        share, size = link["utilisation_ratio"], in_units(link["carried_bytes"], "B")
        yield _line("" if place else "busiest", f"{link['link']:<24} {share:>6.1%}  {size}")


def comparison_lines(compared: Comparison | None) -> Iterator[str]:
    """Yield what a comparison with a reference says."""
    if compared is None:
        return
    yield _line("reference", f"{compared.file}, {compared.flows:,} flows compared")
    if compared.flows:
        worst, mean = f"{compared.worst_relative_error:.2g}", f"{compared.mean_relative_error:.2g}"
        yield _line("", f"relative error of (finish - start): worst {worst} (flow {compared.worst_id}), mean {mean}")
    for number, what in (
        (compared.unlike, "finish, or take any time, in one of the two only"),
        (compared.unmatched, "are in one of the two only"),
        (compared.shifted, "start at another time there"),
    ):
        if number:
            yield _line("", f"{number:,} flows {what}")


def _line(name: str, text: str) -> str:
    return f"{name:<12} {text}"
