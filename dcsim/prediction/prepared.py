"""Everything that a question about a step names, found and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dcsim.collectives import collective, operation_of, plan_of
from dcsim.compute.device import cpu_device, gpu_device, mixed_precision
from dcsim.compute.optimiser import FORMATS
from dcsim.errors import InputError, Problem
from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Options
from dcsim.prediction.exchange import FASTEST, HostExchange
from dcsim.prediction.feeding import feed_bandwidth
from dcsim.prediction.machine import find_machine
from dcsim.prediction.question import DATA, PRECISIONS, Question
from dcsim.prediction.workload import Workload
from dcsim.spec.network import FIDELITIES
from dcsim.spec.suggest import Suggester

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcsim.compute.device import Device
    from dcsim.prediction.machine import Machine
    from dcsim.spec.catalog import Catalog
    from dcsim.spec.compression import Compression
    from dcsim.spec.framework import Framework
    from dcsim.spec.hardware import Region
    from dcsim.spec.learning import Learning
    from dcsim.spec.model import MlModel
    from dcsim.spec.optimiser import Optimiser

__all__ = ["Prepared", "prepare", "problem"]


@dataclass(frozen=True)
class Prepared:
    """A question whose every name was found and whose every number holds.

    Parameters
    ----------
    question : Question
        What is asked.
    model, machine, region : MlModel, Machine, Region
        What it names.
    precision : str
        Of the device's arithmetic.
    optimiser : Optimiser, optional
        Rule of the update; None for inference.
    learning : Learning, optional
        Whose target is asked for.
    compression : Compression, optional
        How gradients are made smaller.
    workload, exchange, options : Workload, HostExchange, Options
        What the plan of the step is given.
    memory_limit, reserved : float
        Memory of a device, and what of it its software takes (bytes).
    feed_bandwidth, source_bandwidth : float
        At which samples reach each device of a host, and the host (bytes/s).
    notes : tuple of str
        What the user should know.
    """

    question: Question
    model: MlModel
    machine: Machine
    region: Region
    precision: str
    optimiser: Optimiser | None
    learning: Learning | None
    compression: Compression | None
    workload: Workload
    exchange: HostExchange
    options: Options
    memory_limit: float
    reserved: float
    feed_bandwidth: float
    source_bandwidth: float
    notes: tuple[str, ...]


def problem(name: str, message: str) -> Problem:
    """Return a problem of a value, called by its option of ``dcsim step``."""
    return Problem.of_option(name.removesuffix("_bytes"), message)


def prepare(asked: Question, catalog: Catalog, workloads: dict[tuple[object, ...], Workload]) -> Prepared:
    """Return a question that can be answered.

    Parameters
    ----------
    asked : Question
        What is asked.
    catalog : Catalog
        Entries by name.
    workloads : dict
        Those of earlier questions; a new one is added.

    Raises
    ------
    InputError
        With every problem; values are called by the options of ``dcsim step``.
    """
    problems = _words(asked)
    found = {
        name: catalog.asked(name, kind, getattr(asked, name), problems)
        for name, kind in (
            ("model", "models"), ("framework", "frameworks"), ("optimiser", "optimisers"), ("region", "regions"),
            ("compression", "compressions"), ("target", "learning"),
        )
    }  # fmt: skip
    machine = _machine(asked, catalog, problems)
    device, precision = _device(asked, machine, found["framework"], problems)
    options = _options(asked, found, device, precision, problems)
    if machine is not None:
        problems += _unfit_collective(asked, machine)
    if problems or machine is None or device is None or options is None:
        raise InputError(problems)
    framework: Framework = found["framework"]
    optimiser = found["optimiser"] if asked.training else None
    gpu = machine.gpu
    key = (
        asked.model, asked.server, precision, asked.framework, asked.optimiser,
        asked.training, asked.recompute, asked.cores, asked.co_located,
    )  # fmt: skip
    if key not in workloads:
        workloads[key] = Workload(found["model"], device, precision, framework.efficiency, optimiser, asked.recompute)
    return Prepared(
        question=asked,
        model=found["model"],
        machine=machine,
        region=found["region"],
        precision=precision,
        optimiser=optimiser,
        learning=found["target"],
        compression=found["compression"],
        workload=workloads[key],
        exchange=HostExchange(machine, asked.collective, asked.network),
        options=options,
        memory_limit=machine.server.memory / asked.co_located if gpu is None else gpu.memory,
        reserved=0.0 if gpu is None else gpu.reserved,
        feed_bandwidth=feed_bandwidth(machine.wiring, machine.devices),
        source_bandwidth=machine.host_bandwidth,
        notes=_without_effect(asked) + _named_collective(asked, machine),
    )


def _without_effect(asked: Question) -> tuple[str, ...]:
    """Tell which values change nothing with this plan."""
    plain = Question(asked.model, asked.server)
    fields = {"bucket_bytes": None} | {
        name: getattr(plain, name)
        for name in ("accumulate", "tau", "prefetch", "servers", "synchronous", "stages", "microbatches", "compression")
    }
    reads = parallelism.get(asked.parallelism).facts["options"]
    given = [name for name, default in fields.items() if getattr(asked, name) != default and name not in reads]
    return tuple(f"{problem(name, '').file} has no effect with {asked.parallelism}" for name in given)


def _unfit_collective(asked: Question, machine: Machine) -> list[Problem]:
    """Return a problem where the named all-reduce cannot be planned among so many hosts, or GPUs of a single one."""
    name = asked.collective
    if name not in collective or operation_of(name) != "all_reduce":
        return []
    try:
        plan_of(name, machine.hosts if machine.hosts > 1 else machine.devices, 1.0)
    except ValueError as error:
        return [problem("collective", f"{name}: {error}")]
    return []


def _named_collective(asked: Question, machine: Machine) -> tuple[str, ...]:
    """Tell where a named all-reduce does not run, or not as it does among a power of two of hosts."""
    if asked.collective == FASTEST or not asked.training:
        return ()
    hosts, folds = machine.hosts, collective.get(asked.collective).facts.get("folds")
    if hosts == 1:
        inside = f": its {machine.devices} GPUs reduce around the rings of their links" if machine.devices > 1 else ""
        return (f"--collective has no effect inside one server{inside}",)
    if folds is None or hosts & (hosts - 1) == 0:
        return ()
    return (f"{hosts} hosts are no power of two; {asked.collective} folds them in {folds}",)


def _words(asked: Question) -> list[Problem]:
    """Return what is wrong with the words that are no entries."""
    ask = Suggester()
    known: dict[str, Iterable[str]] = {
        "precision": PRECISIONS,
        "data": DATA,
        "network": FIDELITIES,
        "parallelism": parallelism.names(),
        "collective": [FASTEST, *collective.names()],
    }
    problems = [
        problem(name, ask.unknown(name, getattr(asked, name), words))
        for name, words in known.items()
        if getattr(asked, name) not in words
    ]
    if asked.training and not getattr(FORMATS.get(asked.precision), "trains", True):
        message = f"models are not trained in {asked.precision}; it is for --inference"
        problems.append(problem("precision", message))
    if asked.collective in collective and operation_of(asked.collective) != "all_reduce":
        reducing = ", ".join(name for name in collective.names() if operation_of(name) == "all_reduce")
        message = f"'{asked.collective}' does not add gradients up; choose from {reducing}"
        problems.append(problem("collective", message))
    return problems


def _machine(asked: Question, catalog: Catalog, problems: list[Problem]) -> Machine | None:
    try:
        return find_machine(
            asked.server,
            catalog,
            gpus=asked.gpus,
            hosts=asked.hosts,
            fabric=asked.fabric,
            hosts_per_nic=asked.hosts_per_nic,
            transport=asked.transport,
        )
    except InputError as error:
        problems += error.problems
        return None


def _device(
    asked: Question, machine: Machine | None, framework: Framework | None, problems: list[Problem]
) -> tuple[Device | None, str]:
    """Return what computes, and in which of its precisions."""
    precision = asked.precision
    trained = asked.training and precision in FORMATS and not FORMATS[precision].trains
    if machine is None or precision not in PRECISIONS or trained:
        return None, precision
    unfit = _unfit_cores(asked, machine)
    if unfit is not None:
        problems.append(unfit)
        return None, precision
    try:
        if machine.gpu is None:
            if precision == "mixed":
                precision = "fp32"
            lookup_cores = None if framework is None else framework.lookup_cores
            cores = asked.cores or machine.sockets * machine.cpu.cores // asked.co_located
            found = cpu_device(machine.cpu, machine.sockets, precision, cores, asked.co_located, lookup_cores)
            return found, precision
        if precision == "mixed":
            precision = mixed_precision(machine.gpu.peak)
        fused = framework is None or framework.fused
        return gpu_device(machine.gpu, precision, fused=fused), precision
    except ValueError as error:
        problems.append(problem("precision", f"{asked.server} {error}"))
        return None, precision


def _unfit_cores(asked: Question, machine: Machine) -> Problem | None:
    """Say why so many cores, or copies of the model, cannot compute; nothing where they can."""
    held, copies = machine.sockets * machine.cpu.cores, asked.co_located
    if copies < 1:
        return problem("co_located", f"needs at least 1, not {copies}")
    if asked.cores is None and copies == 1:
        return None
    name = "co_located" if copies > 1 else "cores"
    if machine.gpu is not None:
        return problem(name, "the server computes on its GPUs; remove it, or name a server without any")
    if copies > 1 and asked.training:
        return problem(name, "copies that share a host are for --inference; give --hosts for more workers")
    if asked.cores is not None and asked.cores < 1:
        return problem("cores", f"needs at least 1, not {asked.cores}")
    wanted = copies * (asked.cores or 1)
    return problem(name, f"a host has {held} cores, not {wanted}") if wanted > held else None


def _options(
    asked: Question, found: dict[str, Any], device: Device | None, precision: str, problems: list[Problem]
) -> Options | None:
    framework: Framework | None = found["framework"]
    if framework is None or device is None:
        return None
    given = ("accumulate", "tau", "prefetch", "servers", "synchronous", "stages", "microbatches")
    value = FORMATS[precision].value
    try:
        return Options(
            **{name: getattr(asked, name) for name in given},
            bucket_bytes=framework.bucket if asked.bucket_bytes is None else asked.bucket_bytes,
            overlap=framework.overlap,
            lanes=framework.lanes,
            tensor_overhead_s=framework.tensor_overhead,
            exchange_overhead_s=framework.exchange_overhead,
            interference=framework.interference,
            compression=found["compression"],
            value_bytes=value,
            memory_bandwidth=device.bandwidth * value / 4.0,
        )
    except ValueError as error:
        name, _, message = str(error).partition(" ")
        problems.append(problem(name, message))
        return None
