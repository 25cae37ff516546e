"""Worker processes on this machine; one that dies costs the batch that it had, which another carries out again."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections import deque
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from dcsim.errors import InputError, RunError
from dcsim.sweeps.engines import sweep_engine
from dcsim.sweeps.engines.plan import cores, worker_count
from dcsim.sweeps.work import THREADS, given_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.sweeps.batches import Batch, Batches
    from dcsim.sweeps.work import Finished, Work

__all__ = ["processes"]

PROGRAM = ("-m", "dcsim.sweeps.worker")
"""What a worker runs."""
_HELD = 2
"""Batches at a worker: one under way, and one so that it need not wait for the next."""


@sweep_engine("processes", argument=worker_count)
def processes(work: Work, batches: Batches, argument: str) -> Iterator[Finished]:
    """Carry batches out on as many workers as are asked for; one per core by default."""
    most = int(argument) if argument else cores()
    workers: list[_Worker] = []
    try:
        while _fill(workers, most, work, batches):
            for connection in wait([each.connection for each in workers if each.batches]):
                worker = next(each for each in workers if each.connection is connection)
                finished = worker.answer()
                if finished is not None:
                    batches.took(finished.batch, finished.seconds)
                    yield finished
                    continue
                workers.remove(worker)
                yield from _mourned(worker, work, batches)
    finally:
        for worker in workers:
            worker.stop()


def _fill(workers: list[_Worker], most: int, work: Work, batches: Batches) -> bool:
    """Give every worker what it can hold, in rounds, start workers for the rest, and say whether anyone is at work."""
    for held in range(_HELD):
        for worker in workers:
            if len(worker.batches) == held and (batch := batches.take(most)) is not None:
                worker.give(batch)
        while held == 0 and len(workers) < most and (batch := batches.take(most)) is not None:
            workers.append(_Worker(work))
            workers[-1].give(batch)
    return any(worker.batches for worker in workers)


def _mourned(worker: _Worker, work: Work, batches: Batches) -> Iterator[Finished]:
    """Put back what a dead worker had; only the first batch can have killed it.

    Raises
    ------
    RunError
        If it was not killed but could not go on, as the next ones could not either.
    """
    code = worker.stop(patience=5.0)
    if code > 0:
        raise RunError(f"a worker ended by itself with exit code {code}; the lines above say why")
    for place, batch in enumerate(worker.batches):
        if place > 0:
            batches.put_back(batch)
        elif batches.died(batch) is not None:
            yield given_up(work, batch)


class _Worker:
    """A process and what it was given, oldest first."""

    def __init__(self, work: Work) -> None:
        ours, theirs = socket.socketpair()
        path = os.pathsep.join(each for each in sys.path if each)
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603  # our own module
                [sys.executable, *PROGRAM, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **THREADS, "PYTHONPATH": path},
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # out of reach of the terminal's Ctrl-C
            )
        self.connection = Connection(ours.detach())
        self.batches: deque[Batch] = deque()
        self._send(work)

    def give(self, batch: Batch) -> None:
        """Hand a batch over."""
        self.batches.append(batch)
        self._send(batch)

    def answer(self) -> Finished | None:
        """Take the next result; None if the worker is dead.

        Raises
        ------
        InputError
            What the worker found wrong with the work as a whole.
        """
        try:
            found = self.connection.recv()
        except (EOFError, OSError):
            return None
        if isinstance(found, tuple):
            raise InputError(found)
        self.batches.popleft()
        return found  # type: ignore[no-any-return]  # what the worker sends

    def stop(self, patience: float = 0.0) -> int:
        """End the process, whatever it does, and return its exit code; negative where a signal ended it."""
        self.connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(patience)
        self.process.kill()
        return self.process.wait()

    def _send(self, what: object) -> None:
        try:
            self.connection.send(what)
        except OSError:
            return  # dead: the next answer tells
