"""Points of a sweep: every setting with every seed, in one order that does not depend on who carries them out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, overload

from dcsim.spec.dump import dump_yaml
from dcsim.sweeps.axes import VARIANT

if TYPE_CHECKING:
    from dcsim.errors import Problem
    from dcsim.spec.sweep import SweepSpec
    from dcsim.spec.tree import Mark
    from dcsim.sweeps.axes import Axis

__all__ = ["Grid", "Point", "SweepPlan", "Values"]

Values = tuple[tuple[str, str], ...]
"""Path and value, as written, of each axis, in order of the axes."""


@dataclass(frozen=True)
class Point:
    """One simulation: a setting with a seed.

    Parameters
    ----------
    setting : int
        Number of the combination of values, from 0 in order of the axes (the last varies fastest).
    values : tuple of (str, str)
        Path and value of each axis, fixed ones included.
    replica : int
        Number of the seed, from 0.
    seed : int
        Root of every random stream.

    Examples
    --------
    >>> point = Point(3, (("variant", "spread"), ("duration", "6 h")), 0, 37)
    >>> point.sets, point.variants
    (('duration=6 h', 'seed=37'), ('spread',))
    """

    setting: int
    values: Values
    replica: int
    seed: int

    @property
    def sets(self) -> tuple[str, ...]:
        """What ``--set`` takes, the seed last."""
        return (*(f"{path}={value}" for path, value in self.values if not _is_variant(path)), f"seed={self.seed}")

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants to take."""
        return tuple(value for path, value in self.values if _is_variant(path) and value != "-")


def _is_variant(path: str) -> bool:
    return path == VARIANT or path.startswith(f"{VARIANT}_")


class Grid(Sequence[Values]):
    """Every combination of the values of axes, made when asked for; the last axis varies fastest.

    Examples
    --------
    >>> from dcsim.sweeps.axes import Axis
    >>> grid = Grid([Axis("a", ("1", "2")), Axis("b", ("x", "y", "z"))])
    >>> len(grid), grid[4]
    (6, (('a', '2'), ('b', 'y')))
    """

    def __init__(self, axes: Sequence[Axis]) -> None:
        self._axes = tuple(axes)
        self._size = math.prod(len(axis.values) for axis in self._axes)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> Values: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Values]: ...
    def __getitem__(self, index: int | slice) -> Values | Sequence[Values]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(self._size))]
        rest = range(self._size)[index]
        chosen = []
        for axis in reversed(self._axes):
            rest, place = divmod(rest, len(axis.values))
            chosen.append((axis.path, axis.values[place]))
        return tuple(reversed(chosen))


@dataclass(frozen=True)
class SweepPlan:
    """What is to be simulated: settings, seeds, and what the sweep file that says so looks like.

    Parameters
    ----------
    spec : SweepSpec
        The sweep written out: values as lists, files as absolute paths.
    name : str
        For directories and progress.
    scenario : str
        By name, or a file as seen from the current folder: as messages call it.
    axes : tuple of Axis
        In order, fixed ones included.
    settings : sequence of Values
        By number.
    seeds : tuple of int
        Those of the first replicas, the same for every setting: common random numbers.
    places : mapping of (str, str) to Mark
        Where a path (with an empty text) and each of its values were written, if in a file.
    warnings : tuple of Problem
        What has no effect, or not the one that it seems to have.
    """

    spec: SweepSpec
    name: str
    scenario: str
    axes: tuple[Axis, ...]
    settings: Sequence[Values]
    seeds: tuple[int, ...]
    places: Mapping[tuple[str, str], Mark] = field(default_factory=dict, compare=False, repr=False)
    warnings: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.settings) * len(self.seeds)

    @property
    def catalog(self) -> tuple[str, ...]:
        """Folders of the user's own entries."""
        return self.spec.catalog

    @property
    def parameters(self) -> tuple[Axis, ...]:
        """Axes with several values: the columns of the results."""
        return tuple(axis for axis in self.axes if not axis.is_fixed)

    def point(self, setting: int, replica: int) -> Point:
        """Return a point; replicas beyond the listed seeds take the seeds that follow."""
        listed = len(self.seeds)
        seed = self.seeds[replica] if replica < listed else self.seeds[-1] + replica - listed + 1
        return Point(setting, self.settings[setting], replica, seed)

    def points(self) -> Iterator[Point]:
        """Yield every setting with every seed: setting by setting, each with its replicas in order."""
        for number, values in enumerate(self.settings):
            for replica, seed in enumerate(self.seeds):
                yield Point(number, values, replica, seed)

    def to_yaml(self) -> str:
        """Return the sweep file that says the same."""
        return dump_yaml(self.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True))
