"""dcsim: discrete-event simulator of machine-learning datacenter fleets.

Scenario → resolve → simulate → trace → tables → metrics → plots. The names below are imported when first used.

Examples
--------
>>> import dcsim
>>> dcsim.Scenario.__name__
'Scenario'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcsim.job_replay import replay_jobs
    from dcsim.prediction.predictor import Predictor, predict
    from dcsim.prediction.question import Question
    from dcsim.results.run import Run, load
    from dcsim.results.sweep import Sweep
    from dcsim.simulate import run
    from dcsim.spec.scenario import Scenario
    from dcsim.sweeps.comparing import compare
    from dcsim.sweeps.driver import sweep
    from dcsim.world.flow_replay import replay_flows

__all__ = [
    "Predictor", "Question", "Run", "Scenario", "Sweep", "compare", "load", "predict", "replay_flows", "replay_jobs",
    "run", "sweep",
]  # fmt: skip

_HOMES = {
    "Predictor": "dcsim.prediction.predictor",
    "Question": "dcsim.prediction.question",
    "Run": "dcsim.results.run",
    "Scenario": "dcsim.spec.scenario",
    "Sweep": "dcsim.results.sweep",
    "compare": "dcsim.sweeps.comparing",
    "load": "dcsim.results.run",
    "predict": "dcsim.prediction.predictor",
    "replay_flows": "dcsim.world.flow_replay",
    "replay_jobs": "dcsim.job_replay",
    "run": "dcsim.simulate",
    "sweep": "dcsim.sweeps.driver",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'dcsim' has no attribute '{name}'")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
