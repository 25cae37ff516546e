"""What a run was and how it went, for ``run.json``: what repeats exactly apart from what was measured."""

from __future__ import annotations

import importlib.metadata
import json
import math
import platform
import resource
import sys
import time
from typing import TYPE_CHECKING, Any

from dcsim.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["PACKAGES", "Meter", "environment", "provenance", "read_json", "to_json"]

PACKAGES = ("dcsim", "networkx", "numba", "numpy", "pandas", "pyarrow", "pydantic", "pyyaml", "simpy")


class Meter:
    """Wall and CPU seconds since it was made, and the process's peak memory.

    Examples
    --------
    >>> sorted(Meter().read())
    ['cpu_s', 'peak_rss_bytes', 'wall_s']
    """

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def read(self) -> dict[str, float]:
        """Return ``wall_s``, ``cpu_s`` and ``peak_rss_bytes``."""
        # Linux counts the peak in KiB, macOS in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        return {
            "wall_s": time.perf_counter() - self._wall,
            "cpu_s": time.process_time() - self._cpu,
            "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        }


def provenance(
    *,
    scenario: str,
    digest: str,
    seed: int,
    start: str,
    simulated_s: float,
    events: int,
    conservation: Mapping[str, Any],
    meter: Meter,
) -> dict[str, Any]:
    """Return the contents of ``run.json``.

    Parameters
    ----------
    scenario, digest, seed : str, str, int
        Name and hash of the resolved scenario, and the seed.
    start : str
        Start of the scenario, ISO 8601 in UTC.
    simulated_s : float
        Simulated span in seconds.
    events : int
        SimPy events fired.
    conservation : mapping
        The balance sheets: jobs, server-hours, energy.
    meter : Meter
        Started with the run.

    Returns
    -------
    dict
        ``run`` (equal for equal scenario and seed), ``environment`` (equal on one machine) and ``measured``.
    """
    return {
        "run": {
            "scenario": scenario,
            "digest": digest,
            "seed": seed,
            "start": start,
            "simulated_s": simulated_s,
            "events": events,
            "conservation": dict(conservation),
        },
        "environment": environment(),
        "measured": meter.read(),
    }


def environment() -> dict[str, str]:
    """Return Python, system, machine, and the versions of the packages that numbers may depend on."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def read_json(path: Path) -> dict[str, Any]:
    """Read a file that ``to_json`` wrote.

    Raises
    ------
    InputError
        If it cannot be read, is no JSON, or holds numbers that are not finite.
    """

    def wrong(message: str, line: int = 0, column: int = 0) -> InputError:
        return InputError([Problem(str(path), line, column, "", message)])

    try:
        content = json.loads(path.read_bytes().decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except OSError as error:
        raise wrong(f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise wrong("is not UTF-8 text; it is not as it was written") from None
    except json.JSONDecodeError as error:
        raise wrong("is no JSON from here on; it is not as it was written", error.lineno, error.colno) from None
    except (ValueError, RecursionError):
        raise wrong("holds what no run writes; it is not as it was written") from None
    if not isinstance(content, dict):
        raise wrong("holds no fields; it is not as it was written")
    return content


def _refuse(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def to_json(content: Mapping[str, Any]) -> str:
    """Return the text of ``run.json``; NaN is refused, because JSON has none.

    Examples
    --------
    >>> print(to_json({"seed": 0}), end="")
    {
      "seed": 0
    }
    """
    return json.dumps(content, indent=2, allow_nan=False) + "\n"
