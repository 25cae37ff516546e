"""The replays of ``dcsim replay jobs``, one after the other: rows to files, figures to tables."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.cli.progress import progress_line
from dcsim.errors import Problem
from dcsim.job_formats.parquet import ParquetRows
from dcsim.job_replay.ground import ScenarioGround
from dcsim.jobs.replicas import differences, over_replicas
from dcsim.jobs.segments import Runs, SegmentRows
from dcsim.jobs.statistics import Statistics
from dcsim.jobs.timeline import Timeline
from dcsim.jobs.writing import CsvRows
from dcsim.world.job_fleet import USUAL_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

    from dcsim.cli.job_options import JobOptions
    from dcsim.job_replay import JobReplay
    from dcsim.jobs.segments import Run
    from dcsim.jobs.writing import RowWriter

__all__ = ["Study"]


class Study:
    """Replays of one trace.

    Parameters
    ----------
    options : JobOptions
        What to replay.
    files : mapping of str to text file
        Where ``out``, ``segments`` and ``plot`` go, as far as they are wanted.
    """

    def __init__(self, options: JobOptions, files: Mapping[str, TextIO]) -> None:
        self._options = options
        self._files = files
        self._timelines: dict[str, Timeline] = {}
        self.afterwards: list[Problem] = []

    @property
    def warnings(self) -> list[Problem]:
        """What is known before anything is replayed."""
        return list(dict.fromkeys(each for replay in self._options.replays for each in replay.warnings))

    @property
    def told(self) -> dict[str, Any]:
        """What holds for all policies."""
        trace, replay = self._options.trace, self._options.replays[0]
        nodes = {"nodes": replay.ground.nodes} if replay.ground.nodes else {}
        replicas = {"replicas": self._options.replicas} if self._options.replicas else {}
        return {"trace": trace.name, "slots": replay.ground.slots, **nodes, **replicas}

    def run(self) -> list[dict[str, Any]]:
        """Carry every replay out, and return what came of each; over replicas, how each differs from the first."""
        first: list[dict[str, Any]] = []
        return [self._policy(replay, first) for replay in self._options.replays]

    def _policy(self, replay: JobReplay, first: list[dict[str, Any]]) -> dict[str, Any]:
        name = {"scheduler": replay.scheduler.name}
        if replay.placement is not None:
            name["placement"] = replay.placement.name
        name["engine"] = replay.engine
        if not self._options.replicas:
            return {**name, **self._once(replay)}
        every = [self._once(replay, number) for number in range(self._options.replicas)]
        compared = {"difference_to_first": differences(every, first)} if first else {}
        first[:] = first or every
        return {**name, **over_replicas(every), **compared}

    def _once(self, replay: JobReplay, replica: int = 0) -> dict[str, Any]:
        """Carry one replay out."""
        statistics, rows, by_runs = Statistics(), self._rows(), replay.engine == "world"
        segments = SegmentRows(self._files["segments"]) if "segments" in self._files else None
        sinks = [segments.add] if segments is not None else []
        timeline = Timeline(segments=by_runs) if "plot" in self._files else None
        if timeline is not None:
            self._timelines[_label(replay)] = timeline
            sinks.append(lambda runs: _add_runs(timeline, runs))
        runs = Runs(sinks)
        takers = [statistics.add, *(each.add for each in (rows, timeline) if each is not None)]
        if segments is not None and not by_runs:
            takers.append(segments.add_whole)
        with self._observed(replay) as observe:
            sink = runs.add if sinks and by_runs else None
            for results in replay.results(replica=replica, segments=sink, observe=observe):
                for take in takers:
                    take(results)
        runs.flush()
        if rows is not None:
            rows.close()
        summary = statistics.summary(slots=replay.steady_slots, figures=replay.figures)
        self._warn(replay, summary)
        tenants = statistics.tenants() if summary["tenants"] and not self._options.replicas else []
        return {**summary, **({"by_tenant": tenants} if tenants else {})}

    @contextmanager
    def _observed(self, replay: JobReplay) -> Iterator[Callable[[float, int, int], None]]:
        """Yield who tells on stderr how far a replay is."""
        begin, instants = self._options.trace.first, count(1)
        with progress_line(_label(replay), self._options.trace.last - begin) as progress:
            yield lambda now, _waiting, _used: progress(now - begin, next(instants))

    def _rows(self) -> RowWriter | None:
        file, name = self._files.get("out"), self._options.texts["out"]
        if file is None or name is None:
            return None
        return ParquetRows(file.buffer) if name.endswith(".parquet") else CsvRows(file)

    def _warn(self, replay: JobReplay, summary: Mapping[str, Any]) -> None:
        """Tell what became of jobs that cannot have run."""
        trace, outcomes = self._options.trace, summary["outcomes"]
        told = []
        if outcomes["too_large"] and replay.ground.nodes:
            told.append(f"{_jobs(outcomes['too_large'], 'has', 'have')} no place even if all nodes are free; refused")
        elif outcomes["too_large"]:
            there = "will be in service" if replay.capacity else "there are"
            what = f"more slots than {there}, up to {trace.largest:,} of {replay.most_slots:,}; refused"
            told.append(f"{_jobs(outcomes['too_large'], 'asks', 'ask')} for {what}")
        strangers = sorted(replay.ground.strangers) if isinstance(replay.ground, ScenarioGround) else []
        if strangers:
            told.append(f"no model '{strangers[0]}' in the catalogue; its jobs train as fast as {USUAL_MODEL}")
        if outcomes["queued"]:
            told.append(f"{_jobs(outcomes['queued'], 'waits', 'wait')} at the end for slots that nobody gives back")
        if outcomes["unreachable"]:
            told.append(f"{_jobs(outcomes['unreachable'], 'waits', 'wait')} for another that never ends ('after')")
        problems = [Problem(trace.name, 0, 0, "", text) for text in told]
        self.afterwards += [each for each in problems if each not in self.afterwards]

    def draw(self) -> None:
        """Draw what was gathered over time, if a picture is wanted."""
        name = self._options.texts["plot"]
        if name is None:
            return
        from dcsim.plot.job_queue import job_queue

        replay = self._options.replays[0]
        capacity = None
        if replay.capacity:
            times, slots = zip(*replay.capacity, strict=True)
            begin = min(self._options.trace.first, times[0])
            capacity = (np.array([begin, *times]), np.array([replay.ground.slots, *slots], np.float64))
        figure = job_queue(self._timelines, slots=float(replay.ground.slots), capacity=capacity)
        figure.savefig(self._files["plot"].buffer, format=Path(name).suffix[1:])


def _label(replay: JobReplay) -> str:
    return replay.scheduler.name if replay.placement is None else f"{replay.scheduler.name}, {replay.placement.name}"


def _jobs(count: int, one: str, many: str) -> str:
    return f"1 job {one}" if count == 1 else f"{count:,} jobs {many}"


def _add_runs(timeline: Timeline, runs: list[Run]) -> None:
    count = len(runs)
    begin = np.fromiter((run.begin for run in runs), np.float64, count)
    end = np.fromiter((run.end if run.why != "running" else np.nan for run in runs), np.float64, count)
    timeline.add_segments(begin, end, np.fromiter((run.slots * run.share for run in runs), np.float64, count))
