"""A job trace on a cluster: names are looked up, what does not go together is refused, and others carry it out.

Examples
--------
>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     path = Path(folder) / "jobs.csv"
...     _ = path.write_text(chr(10).join(["job_id,submit,gpus,duration", "a,0,3,60", "b,10,2,60", "c,20,1,30"]))
...     replay = replay_jobs(path, slots=4, scheduler="first_fit")
...     replay.columns()["start"].tolist(), replay.engine
([0.0, 60.0, 20.0], 'kernel')
"""

from __future__ import annotations

from dcsim.job_replay.opening import open_trace
from dcsim.job_replay.replay import ENGINES, JobReplay, replay_jobs

__all__ = ["ENGINES", "JobReplay", "open_trace", "replay_jobs"]
