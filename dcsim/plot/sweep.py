"""Answer of a sweep: a metric over one parameter, as lines for a second one, or over two as a surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.plot.timeline import COLOURS, figure_of, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from dcsim.results.sweep import Sweep

__all__ = ["sweep"]

_MOST_LINES = 7
"""Values of a second parameter from which on a surface tells more than lines."""
_SCALES = {
    "B/s": ((0.125e9, "Gbit/s"), (0.125e6, "Mbit/s"), (0.125, "bit/s")),
    "B": ((2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (1.0, "B")),
    "s": ((172800.0, "days"), (5400.0, "h"), (90.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "us")),
    "h": ((1.0, "h"),),
    "ratio": ((0.0, "%"),),
}
"""Values of a unit from which on another is used."""
_SIZES = {"days": 86400.0, "h": 3600.0, "min": 60.0, "%": 0.01}


def sweep(
    sweep: Sweep, metric: str, x: str | None = None, by: str | None = None, ax: Axes | Sequence[Axes] | None = None,
    **dimensions: str,
) -> Figure:
    """Draw a metric over a parameter, with 95 % intervals over replicas.

    Parameters that are neither ``x`` nor ``by`` are averaged over. A second parameter makes one line for each of its
    values; with many numbers, the two span a surface. Settings that a design drew are points.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    metric : str
        Name of the metric.
    x, by : str, optional
        Parameters; by default the one with most values, and the next, if there are just two.
    ax : Axes, optional
        Where to draw; a new figure where not given.
    **dimensions : str
        Which row of the metric, such as ``service="ads"``; the one that sums up the others where not given. Of several
        that do, the mean is drawn.

    Returns
    -------
    Figure
        The figure drawn into.

    Raises
    ------
    InputError
        For a metric, parameter or dimension that the sweep does not have.
    """  # fmt: skip
    (panel,) = placed(ax, 1, 1, (6.4, 4.0))
    names = _chosen(sweep, x, by)
    means = sweep.mean(metric, by=names, level=0.95, apart=False, **dimensions)
    unit = str(sweep.total(metric, **dimensions)["unit"].iloc[0])
    size, label = _scale(means["mean"].to_numpy(), unit)
    means[["mean", "half_width"]] /= size
    panel.set_title(" ".join([metric.replace("_", " "), *dimensions.values()]), fontsize="medium")
    numbers = [sweep.parameters[name] is not None for name in names]
    if len(names) == 2 and all(numbers) and means[names[1]].nunique() > _MOST_LINES:
        _surface(panel, sweep, means, names, label)
    else:
        _lines(panel, sweep, means, names, numbers=bool(numbers) and numbers[0])
        panel.set_ylabel(label or "1")
        panel.grid(linewidth=0.5, alpha=0.4)
    panel.spines[["top", "right"]].set_visible(False)
    return figure_of(panel)


def _chosen(sweep: Sweep, x: str | None, by: str | None) -> list[str]:
    """Return the parameters of the axes."""
    if x is not None or not sweep.parameters:
        return [name for name in (x, by) if name is not None]
    rest = [name for name in sweep.parameters if name != by]
    values = sweep.settings.nunique()
    rest.sort(key=lambda name: (sweep.parameters[name] is None, -int(values[name])))
    second = by if by is not None else rest[1] if len(sweep.parameters) == 2 else None
    return [rest[0], *([second] if second is not None else [])]


def _lines(panel: Axes, sweep: Sweep, means: pd.DataFrame, names: Sequence[str], *, numbers: bool) -> None:
    """Draw a line for each value of the second parameter, or points over names."""
    if not names:
        panel.errorbar([0.0], means["mean"], yerr=means["half_width"].fillna(0.0), fmt="o", color=COLOURS[0])
        panel.set_xticks([])
        return
    written = _written(sweep, names[-1])
    groups = list(means.groupby(names[1], sort=False)) if len(names) == 2 else [("", means)]
    places = {value: place for place, value in enumerate(dict.fromkeys(means[names[0]]))}
    for number, (value, rows) in enumerate(groups):
        colour = COLOURS[number % len(COLOURS)]
        told: dict[str, Any] = {"color": colour, "label": written.get(value, str(value)) if len(names) == 2 else None}
        half = rows["half_width"].fillna(0.0)
        if numbers:
            size, _ = _scale(means[names[0]].to_numpy(), sweep.parameters[names[0]] or "")
            ordered = rows.assign(at=rows[names[0]] / size, half=half).sort_values("at")
            drawn = len(ordered) == sweep.frame["setting"].nunique() and sweep.spec.get("design", "grid") != "grid"
            panel.plot(ordered["at"], ordered["mean"], "o" if drawn else "o-", markersize=3.5, **told)
            panel.fill_between(ordered["at"], ordered["mean"] - ordered["half"], ordered["mean"] + ordered["half"],
                               color=colour, alpha=0.25, linewidth=0)  # fmt: skip
        else:
            shift = 0.5 * (number + 0.5) / len(groups) - 0.25
            at = [places[each] + shift for each in rows[names[0]]]
            panel.errorbar(at, rows["mean"], yerr=half, fmt="o", capsize=3, **told)
    if numbers:
        _number_axis(panel, sweep, means[names[0]].to_numpy(), names[0])
    else:
        panel.set_xticks(range(len(places)), [str(value) for value in places])
        panel.set_xlabel(names[0])
    if len(names) == 2:
        panel.legend(title=names[1], frameon=False, fontsize="small", title_fontsize="small", loc="best")


def _number_axis(panel: Axes, sweep: Sweep, values: NDArray[np.float64], name: str) -> None:
    """Name the x axis, and make it logarithmic where the values grow by a factor."""
    size, label = _scale(values, sweep.parameters[name] or "")
    panel.set_xlabel(f"{name} ({label})" if label else name)
    steps = np.unique(values) / size
    if _grows(steps):
        panel.set_xscale("log")
        if len(steps) <= _MOST_LINES:
            panel.set_xticks(steps, [f"{each:g}" for each in steps])
            panel.minorticks_off()


def _surface(panel: Axes, sweep: Sweep, means: pd.DataFrame, names: Sequence[str], label: str) -> None:
    """Draw two numbers against one another, the metric as colour."""
    grid = means.pivot_table(index=names[1], columns=names[0], values="mean")
    sizes = [_scale(axis.to_numpy(), sweep.parameters[name] or "") for axis, name in
             ((grid.columns, names[0]), (grid.index, names[1]))]  # fmt: skip
    across, up = (axis.to_numpy() / size for axis, (size, _) in zip((grid.columns, grid.index), sizes, strict=True))
    image = panel.pcolormesh(across, up, np.ma.masked_invalid(grid.to_numpy()), shading="nearest", cmap="viridis")
    for values, name, (_, unit), which in zip((across, up), names, sizes, "xy", strict=True):
        getattr(panel, f"set_{which}label")(f"{name} ({unit})" if unit else name)
        if _grows(values):
            getattr(panel, f"set_{which}scale")("log")
    figure_of(panel).colorbar(image, ax=panel, label=label or None)


def _grows(values: NDArray[np.float64]) -> bool:
    """Whether rising values are further apart the larger they are: by about a factor."""
    if len(values) < 3 or values[0] <= 0.0:
        return False
    ratios, gaps = values[1:] / values[:-1], np.diff(values)
    return bool(ratios.max() / ratios.min() < gaps.max() / gaps.min() and values[-1] / values[0] >= 8.0)


def _written(sweep: Sweep, name: str) -> dict[object, str]:
    """Return the values of a parameter as they were written, by what they are in the results."""
    values = sweep.frame.drop_duplicates("setting").set_index("setting")[name].astype(object)
    return {value: str(text) for value, text in zip(values, sweep.settings[name].loc[values.index], strict=True)}


def _scale(values: NDArray[np.float64], unit: str) -> tuple[float, str]:
    """Return what to divide values by, and the unit that they then have."""
    largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    for least, name in _SCALES.get(unit, ()):
        if largest >= least:
            return (1.0 if name == unit else _SIZES.get(name, least)), name
    return 1.0, "" if unit == "1" else unit
