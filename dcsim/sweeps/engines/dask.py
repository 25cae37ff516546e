"""Dask distributed: a cluster that is running, on whatever, or a local one for this sweep."""

from __future__ import annotations

import contextlib
import logging
import re
import signal
from concurrent.futures import CancelledError
from dataclasses import replace
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any

from dcsim.errors import InputError, Problem, RunError
from dcsim.sweeps.batches import MOST_DEATHS, Batch
from dcsim.sweeps.engines import sweep_engine
from dcsim.sweeps.engines.plan import cores, worker_count
from dcsim.sweeps.work import THREADS, carry_out, given_up

try:
    import dask
    import distributed as installed
except ImportError:  # an optional extra
    installed = None  # type: ignore[assignment]  # no module

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from dcsim.sweeps.batches import Batches
    from dcsim.sweeps.work import Finished, Work

__all__ = ["dask_cluster"]

_HELD = 4
"""Batches under way or waiting at each thread of a worker."""
_CONNECT_S = 20
_HOST_AND_PORT = re.compile(r"(\[[\da-fA-F:.]+\]|[^\s:/\[\]]+):\d{1,5}")
_LOGGED = ("distributed", "tornado", "asyncio")
"""Loggers that are silent while a cluster is at work."""
distributed: Any = installed


def _argument(text: str) -> str:
    """Return a number of local workers, or the address of a scheduler.

    Examples
    --------
    >>> _argument("//10.0.0.1:8786"), _argument("tls://cluster:8786"), _argument("4")
    ('tcp://10.0.0.1:8786', 'tls://cluster:8786', '4')
    """
    if distributed is None:
        raise ValueError("needs Dask; install dcsim[cluster]")
    protocol, slashes, host = text.partition("//")
    if not slashes:
        return worker_count(text)
    if not _is_address(protocol, host):
        raise ValueError(f"needs the address of a scheduler, such as dask://10.0.0.1:8786, not '{text}'")
    return f"{protocol or 'tcp:'}//{host}"


def _is_address(protocol: str, host: str) -> bool:
    """Whether a scheduler can be found there; other protocols than Dask's usual ones are left to Dask."""
    if protocol not in ("", "tcp:", "tls:"):
        return bool(host) and protocol.endswith(":")
    return _HOST_AND_PORT.fullmatch(host) is not None


def _reach(argument: str) -> None:
    """Make sure that a scheduler answers at an address."""
    if "//" in argument:
        with _silence(), contextlib.ExitStack() as stack:
            _client(argument, stack)


@sweep_engine("dask", argument=_argument, reach=_reach)
def dask_cluster(work: Work, batches: Batches, argument: str) -> Iterator[Finished]:
    """Carry batches out on a cluster: the one at an address, or a local one with so many workers."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(_silence())
        client = _client(argument, stack)
        while suspects := (yield from _round(client, work, batches, batches.take)):
            for batch, deaths in suspects:
                yield from _alone(client, work, batches, batch, deaths, guilty=len(suspects) == 1)


def _alone(
    client: Any, work: Work, batches: Batches, batch: Batch, deaths: int, *, guilty: bool
) -> Iterator[Finished]:
    """Carry out a batch whose workers died with nothing else under way, until the point that they died of is found.

    All that waits at a worker counts for Dask as dying with it. So a batch is guilty if it was the only one, or if
    workers die of it alone; then it is halved, and of a single point no more than ``MOST_DEATHS`` are looked for.
    """
    if guilty and len(batch.points) == 1 and deaths >= MOST_DEATHS:
        yield given_up(work, replace(batch, deaths=deaths - 1))
        return
    middle = len(batch.points) // 2 if guilty else 0
    for points in filter(None, (batch.points[:middle], batch.points[middle:])):
        for part, more in (yield from _round(client, work, batches, _once(Batch(points)))):
            before = deaths if len(points) == len(batch.points) else 0
            yield from _alone(client, work, batches, part, before + more, guilty=True)


def _round(
    client: Any, work: Work, batches: Batches, take: Callable[[int], Batch | None]
) -> Generator[Finished, None, list[tuple[Batch, int]]]:
    """Carry batches out until none is left or workers died of some; return those, and how many workers each time."""
    suspects: list[tuple[Batch, int]] = []
    under_way: dict[Any, Batch] = {}
    queue = distributed.as_completed(loop=client.loop)
    while True:
        threads = _threads(client)
        while not suspects and len(under_way) < _HELD * threads and (batch := take(threads)) is not None:
            future = client.submit(carry_out, work, batch, pure=False, retries=2)
            under_way[future] = batch
            queue.add(future)
        if not under_way:
            return suspects
        future = next(queue)
        batch = under_way.pop(future)
        try:
            finished = _answer(future)
        except distributed.KilledWorker as error:
            suspects.append((batch, error.allowed_failures + 1))
            continue
        batches.took(batch, finished.seconds)
        yield finished


def _threads(client: Any) -> int:
    """Return the threads of all workers, 1 where none has come yet.

    Raises
    ------
    RunError
        If nobody answers any more.
    """
    try:
        return max(sum(map(int, client.nthreads().values())), 1)
    except (OSError, RuntimeError):
        raise RunError("the Dask scheduler is gone") from None


def _once(batch: Batch) -> Callable[[int], Batch | None]:
    """Return what hands out one batch, and nothing after it."""
    left = [batch]
    return lambda _workers: left.pop() if left else None


def _client(argument: str, stack: contextlib.ExitStack) -> Any:
    """Connect to a scheduler, or start one with workers, for as long as the stack lasts."""
    if "//" in argument:
        try:
            return stack.enter_context(distributed.Client(argument, timeout=_CONNECT_S, set_as_default=False))
        except Exception as error:  # noqa: BLE001  # what is no scheduler answers anything: sizes beyond all memory, too
            message = f"no Dask scheduler answers at {argument} ({' '.join(str(error).split())})"
            raise InputError([Problem.of_option("engine", message)]) from None
    # Profiles of workers and event loops, which nobody would look at, take a tenth of the time of short points.
    settings = {"distributed.scheduler.allowed-failures": 0, "distributed.worker.profile.enabled": False}
    stack.enter_context(dask.config.set(settings))
    with _deaf():
        local = distributed.LocalCluster(
            n_workers=int(argument) if argument else cores(),
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            env=THREADS,
        )
        cluster = stack.enter_context(local)
    return stack.enter_context(distributed.Client(cluster, set_as_default=False))


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Let Dask log nothing meanwhile: what ends a sweep is told in one line."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _LOGGED]
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, was in zip(loggers, before, strict=True):
            logger.disabled = was


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Let threads and processes that are started meanwhile hear no Ctrl-C, which is the driver's to answer."""
    resource_tracker.ensure_running()  # which would end the deafness of the thread that first needs it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _answer(future: Any) -> Finished:
    """Take a result.

    Raises
    ------
    KilledWorker
        If workers died while they had it.
    InputError, RunError
        If the sweep cannot go on.
    """
    try:
        return future.result()  # type: ignore[no-any-return]  # what a worker returns
    except (distributed.KilledWorker, InputError):
        raise
    except (CancelledError, distributed.comm.CommClosedError):
        raise RunError("the Dask scheduler is gone") from None
    except Exception as error:
        raise RunError(f"a Dask worker failed: {type(error).__name__}: {' '.join(str(error).split())}") from error
