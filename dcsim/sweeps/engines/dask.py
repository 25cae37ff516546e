"""Dask distributed: a cluster that is running, on whatever, or a local one for this sweep."""

from __future__ import annotations

import contextlib
import logging
import signal
from concurrent.futures import CancelledError
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any

from dcsim.errors import InputError, Problem, RunError
from dcsim.sweeps.engines import sweep_engine
from dcsim.sweeps.engines.plan import cores, worker_count
from dcsim.sweeps.work import THREADS, carry_out, given_up

try:
    import dask
    import distributed as installed
except ImportError:  # an optional extra
    installed = None  # type: ignore[assignment]  # no module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.sweeps.batches import Batch, Batches
    from dcsim.sweeps.work import Finished, Work

__all__ = ["dask_cluster"]

_HELD = 4
"""Batches under way or waiting at each thread of a worker."""
_CONNECT_S = 20
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
    if not host or (protocol and not protocol.endswith(":")):
        raise ValueError(f"needs the address of a scheduler, such as dask://10.0.0.1:8786, not '{text}'")
    return f"{protocol or 'tcp:'}//{host}"


@sweep_engine("dask", argument=_argument)
def dask_cluster(work: Work, batches: Batches, argument: str) -> Iterator[Finished]:
    """Carry batches out on a cluster: the one at an address, or a local one with so many workers."""
    with contextlib.ExitStack() as stack:
        client = _client(argument, stack)
        under_way: dict[Any, Batch] = {}
        queue = distributed.as_completed(loop=client.loop)
        while True:
            threads = max(sum(client.nthreads().values()), 1)
            while len(under_way) < _HELD * threads and (batch := batches.take(threads)) is not None:
                future = client.submit(carry_out, work, batch, pure=False, retries=2)
                under_way[future] = batch
                queue.add(future)
            if not under_way:
                return
            future = next(queue)
            batch = under_way.pop(future)
            finished = _answer(future, work, batch, batches)
            if finished is not None:
                yield finished


def _client(argument: str, stack: contextlib.ExitStack) -> Any:
    """Connect to a scheduler, or start one with workers, for as long as the stack lasts."""
    if "//" in argument:
        try:
            return stack.enter_context(distributed.Client(argument, timeout=_CONNECT_S, set_as_default=False))
        except (OSError, ValueError) as error:
            message = f"no Dask scheduler answers at {argument} ({' '.join(str(error).split())})"
            raise InputError([Problem.of_option("engine", message)]) from None
    # Profiles of workers and event loops, which nobody would look at, take a tenth of the time of short points.
    settings = {"distributed.scheduler.allowed-failures": 2, "distributed.worker.profile.enabled": False}
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
def _deaf() -> Iterator[None]:
    """Let threads and processes that are started meanwhile hear no Ctrl-C, which is the driver's to answer."""
    resource_tracker.ensure_running()  # which would end the deafness of the thread that first needs it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _answer(future: Any, work: Work, batch: Batch, batches: Batches) -> Finished | None:
    """Take a result; None where the batch has to be carried out again."""
    try:
        finished: Finished = future.result()
    except distributed.KilledWorker:
        return given_up(work, batch) if batches.died(batch) is not None else None
    except CancelledError:
        raise RunError("the Dask scheduler is gone") from None
    except InputError:
        raise
    except Exception as error:
        raise RunError(f"a Dask worker failed: {type(error).__name__}: {' '.join(str(error).split())}") from error
    batches.took(batch, finished.seconds)
    return finished
