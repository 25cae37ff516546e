"""One point of a sweep, from its values to its metrics, without a trace on disk unless one is wanted."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dcsim.errors import DcsimError, InputError, Interrupted
from dcsim.resolve import Resolved, resolve_document
from dcsim.results.rows import columns_read, memory_rows, run_rows
from dcsim.simulate import simulate, tables_of
from dcsim.spec.authored import open_scenario
from dcsim.spec.catalog import Catalog
from dcsim.spec.shelf import FOLDERS

if TYPE_CHECKING:
    from pathlib import Path

    from dcsim.errors import Problem
    from dcsim.spec.yaml import Document
    from dcsim.sweeps.points import Point, Values

__all__ = ["Evaluator", "PointResult"]

_LOG = logging.getLogger(__name__)
"""Heard under --debug."""


@dataclass(frozen=True)
class PointResult:
    """What came of a point.

    Parameters
    ----------
    point : Point
        The point.
    digest : str
        Hash of what was simulated, without the seed; empty where it could not be resolved.
    columns : dict of str to tuple
        The metric rows by column: ``metric``, ``unit``, ``value`` and the dimensions that apply to any of them
        (None where one does not apply to a row). Empty for a failed point.
    problems : tuple of str
        Why the point failed; empty if it did not.
    warnings : tuple of str
        Inputs without effect.
    """

    point: Point
    digest: str
    columns: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there are no results."""
        return bool(self.problems)

    def rows(self) -> list[dict[str, Any]]:
        """Return the metric rows as mappings, without the dimensions that do not apply."""
        names = tuple(self.columns)
        each = zip(*self.columns.values(), strict=True)
        return [{name: value for name, value in zip(names, row, strict=True) if value is not None} for row in each]


class Evaluator:
    """Evaluates the points of one scenario; files are read once per process, and replicas are resolved together.

    Parameters
    ----------
    scenario : str
        A file, or the name of a scenario.
    variants : tuple of str
        Variants that every point takes.
    catalog : tuple of str
        Folders with entries laid over the shipped ones.
    metrics : tuple of str
        Plug-ins to ask; all where empty.

    Examples
    --------
    >>> from dcsim.sweeps.points import Point
    >>> result = Evaluator("minimal", metrics=("energy",)).evaluate(Point(0, (("duration", "2 h"),), 0, 7))
    >>> result.failed, result.columns["metric"][0]
    (False, 'energy')
    >>> Evaluator("minimal").evaluate(Point(0, (("duration", "soon"),), 0, 7)).problems[0].partition(";")[0]
    "--set: duration: needs a number and a unit, such as '250 ms'"
    """

    def __init__(
        self,
        scenario: str,
        variants: tuple[str, ...] = (),
        catalog: tuple[str, ...] = (),
        metrics: tuple[str, ...] = (),
    ) -> None:
        self.scenario = scenario
        self.variants = variants
        self.catalog = catalog
        self.metrics = metrics
        self._last: tuple[Values, Resolved] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs: it reads the files itself."""
        return {name: getattr(self, name) for name in ("scenario", "variants", "catalog", "metrics")} | {"_last": None}

    def read_ahead(self) -> None:
        """Read the scenario and the user's own entries, so that it does not matter if they are edited from now on.

        Raises
        ------
        InputError
            If there is no such scenario.
        """
        _ = self._document
        for kind, name in self._shelf.own:
            if kind not in FOLDERS["scenarios"]:
                with contextlib.suppress(InputError):  # told by the points that use it
                    self._shelf.raw(kind, name)

    def evaluate(self, point: Point, directory: Path | None = None) -> PointResult:
        """Return the metrics of a point, or why there are none.

        Parameters
        ----------
        point : Point
            What to simulate.
        directory : Path, optional
            Where to keep the run; it is not kept where None.

        Raises
        ------
        Interrupted
            At Ctrl-C or SIGTERM where the caller listens; everything else that goes wrong is a problem of the point.
        """
        warnings: list[Problem] = []
        digest = ""
        try:
            resolved = self.resolved(point)
            warnings += resolved.warnings
            digest = resolved.digest
            if directory is None:
                columns = memory_rows(tables_of(resolved, warnings.append, columns_read(self.metrics)), self.metrics)
            else:
                columns = run_rows(simulate(resolved, directory, warn=warnings.append), self.metrics)
        except Interrupted:
            raise
        except InputError as error:
            return PointResult(point, digest, problems=tuple(map(str, error.problems)))
        except DcsimError as error:
            return PointResult(point, digest, problems=(str(error),))
        except Exception as error:  # noqa: BLE001  # one bad point must not end the others
            _LOG.debug("setting %d, seed %d", point.setting, point.seed, exc_info=True)
            reason = " ".join(str(error).split())
            return PointResult(point, digest, problems=(f"unexpected {type(error).__name__}: {reason}",))
        return PointResult(point, digest, columns, warnings=tuple(map(str, dict.fromkeys(warnings))))

    def resolved(self, point: Point) -> Resolved:
        """Return the scenario of a point with everything written out; replicas of one setting are resolved once.

        Raises
        ------
        InputError
            With every problem of the setting.
        """
        last = self._last  # several threads may be here at once
        if last is None or last[0] != point.values:
            chosen = (*self.variants, *point.variants)
            last = point.values, resolve_document(self._document, point.sets, chosen, self._shelf)
            self._last = last
        return last[1].with_seed(point.seed)

    @cached_property
    def _shelf(self) -> Catalog:
        return Catalog(self.catalog)

    @cached_property
    def _document(self) -> Document:
        return open_scenario(self.scenario, self._shelf)
