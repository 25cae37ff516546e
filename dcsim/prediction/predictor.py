"""Predicts training steps: compute by the roofline, exchange by the network, put together by a plan of parallelism."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from dcsim.compute.ingest import IngestTime, input_stall
from dcsim.compute.memory import shortage
from dcsim.compute.money import cost_per_million, step_power, write_off
from dcsim.compute.stragglers import slowest
from dcsim.errors import InputError
from dcsim.parallelism import parallelism
from dcsim.prediction.answer import Answer, Timeline
from dcsim.prediction.exchange import FASTEST
from dcsim.prediction.prepared import Prepared, prepare, problem
from dcsim.prediction.reaching import reach, told_of_target
from dcsim.prediction.remedies import remedy
from dcsim.prediction.serving import serving
from dcsim.spec.catalog import Catalog

if TYPE_CHECKING:
    from dcsim.compute.memory import Footprint
    from dcsim.parallelism.plan import StepPlan
    from dcsim.prediction.question import Question
    from dcsim.prediction.workload import Workload

__all__ = ["Predictor", "predict"]

Smaller: TypeAlias = tuple[tuple[int, float] | None, tuple[int, float] | None]
"""Samples and seconds of a step of one device and of one box."""


class Predictor:
    """Answers questions about steps; entries, machines and exchanges that were once found are kept.

    Parameters
    ----------
    catalog : Catalog, optional
        Entries; the shipped ones where not given.

    Examples
    --------
    >>> from dcsim.prediction.question import Question
    >>> predictor = Predictor()
    >>> eight = predictor.predict(Question("resnet50", "big_basin_p100", gpus=8))
    >>> one = predictor.predict(Question("resnet50", "big_basin_p100", gpus=1))
    >>> one.exposed_communication_s, 7 < eight.throughput_per_s / one.throughput_per_s < 8
    (0.0, True)
    """

    def __init__(self, catalog: Catalog | None = None) -> None:
        self.catalog = Catalog() if catalog is None else catalog
        self._prepared: dict[Question, Prepared] = {}
        self._workloads: dict[tuple[object, ...], Workload] = {}

    def predict(self, question: Question) -> Answer:
        """Return the step that is asked for.

        Raises
        ------
        InputError
            With every problem; values are called by the options of ``dcsim step``.
        """
        prepared = self._prepare(question)
        plan = _plan(prepared)
        needs = _needs(prepared, plan)
        lacking = _shortage(prepared, plan)
        if lacking is not None:
            hopeless = needs.largest_batch(prepared.memory_limit) < 1
            lacking += remedy(prepared, self._fits, hopeless=hopeless)
            raise InputError([problem("batch_per_device", lacking)])
        return _answer(prepared, plan, needs, self._smaller(prepared), self.catalog)

    def _fits(self, question: Question) -> bool:
        """Return whether a question can be answered, its batch and model fitting the devices."""
        try:
            prepared = self._prepare(question)
            plan = _plan(prepared)
        except InputError:
            return False
        return _shortage(prepared, plan) is None

    def _prepare(self, question: Question) -> Prepared:
        """Return everything that a question names; what depends on the batch alone is not looked up again."""
        key = replace(question, batch_per_device=1)
        if question.batch_per_device < 1:
            raise InputError([problem("batch_per_device", f"needs at least 1 sample, not {question.batch_per_device}")])
        found = self._prepared.get(key)
        if found is None:
            found = self._prepared[key] = prepare(key, self.catalog, self._workloads)
        return replace(found, question=question)

    def _smaller(self, prepared: Prepared) -> Smaller:
        """Return samples and time of a step of one device and of one box; None where the model does not fit them."""
        machine = prepared.machine
        plain = replace(
            prepared.question, hosts=1, parallelism="data_parallel", collective=FASTEST, compression=None, fabric=None,
            hosts_per_nic=None,
        )  # fmt: skip
        found: list[tuple[int, float] | None] = []
        for devices in (1, machine.devices):
            gpus = devices if machine.gpu is not None else None
            try:
                alone = self._prepare(replace(plain, gpus=gpus))
            except InputError:
                return None, None
            plan = _plan(alone)
            stall_s = _ingest(alone, plan).stall_s
            step_s = plan.step_s + stall_s + _straggler_s(alone, plan, stall_s)
            found.append((plan.samples, step_s) if _shortage(alone, plan) is None else None)
        return found[0], found[1]


def predict(question: Question, catalog: Catalog | None = None) -> Answer:
    """Return one step; see ``Predictor``, which is quicker for many."""
    return Predictor(catalog).predict(question)


def _plan(prepared: Prepared) -> StepPlan:
    """Return the plan of the step.

    Raises
    ------
    InputError
        Where the plan cannot be carried out so.
    """
    asked = prepared.question
    try:
        return parallelism.get(asked.parallelism).call(
            prepared.workload, prepared.exchange, asked.batch_per_device, prepared.options
        )
    except ValueError as error:
        raise InputError([problem("parallelism", f"{asked.parallelism}: {error}")]) from None


def _needs(prepared: Prepared, plan: StepPlan) -> Footprint:
    return prepared.workload.needs(plan, prepared.reserved)


def _shortage(prepared: Prepared, plan: StepPlan) -> str | None:
    """Return why a plan does not fit its devices; None where it does."""
    return shortage(_needs(prepared, plan), plan.micro_batch, prepared.memory_limit)


def _ingest(prepared: Prepared, plan: StepPlan) -> IngestTime:
    """Return what feeding one host takes."""
    if prepared.question.data == "synthetic":
        return IngestTime(0.0, 0.0, 0.0, 0.0)
    machine = prepared.machine
    return input_stall(
        prepared.model.input,
        machine.sockets * machine.cpu.cores,
        machine.cpu.base_frequency,
        machine.devices,
        plan.samples / machine.ranks,
        plan.step_s,
        prepared.feed_bandwidth,
        prepared.source_bandwidth,
    )


def _straggler_s(prepared: Prepared, plan: StepPlan, stall_s: float) -> float:
    """Return what the slowest device and host take longer than the mean, each step; inference waits for nobody."""
    if prepared.optimiser is None:
        return 0.0
    nic, gpu = prepared.machine.nic, prepared.machine.gpu
    factor = slowest(nic.step_spread, plan.waits_for, steps=plan.sync_every, persistence=nic.step_persistence)
    if gpu is not None and plan.abreast:
        factor *= slowest(gpu.step_spread, prepared.machine.devices)
    return (factor - 1.0) * (plan.compute_s + plan.overhead_s + stall_s)


def _answer(
    prepared: Prepared, plan: StepPlan, needs: Footprint, smaller: Smaller, catalog: Catalog
) -> Answer:
    asked, machine = prepared.question, prepared.machine
    ingest = _ingest(prepared, plan)
    straggler_s = _straggler_s(prepared, plan, ingest.stall_s)
    step_s = plan.step_s + ingest.stall_s + straggler_s
    samples = asked.co_located * plan.samples
    throughput = samples / step_s
    tokens = prepared.model.tokens
    one, box = smaller
    of_device = None if one is None else throughput * one[1] / one[0] / machine.ranks
    of_box = 1.0 if machine.hosts == 1 else None if box is None else throughput * box[1] / box[0] / machine.hosts
    busy = plan.compute_s / step_s * machine.devices / (machine.server.gpus or 1)
    if asked.cores is not None:
        busy *= asked.co_located * asked.cores / (machine.sockets * machine.cpu.cores)
    served = serving(prepared, plan, step_s, catalog)
    each_w = step_power(machine.server, busy, machine.head, min(1.0, ingest.prepare_s / step_s))
    power_w = machine.hosts * each_w + served.power_w
    price = machine.hosts * write_off(machine.server, machine.head) + served.write_off_usd_per_s
    region = prepared.region
    cost = cost_per_million(price, power_w, throughput, region.electricity_price, region.pue)
    return Answer(
        model=asked.model,
        server=asked.server,
        parallelism=asked.parallelism,
        precision=prepared.precision,
        devices=machine.ranks,
        hosts=machine.hosts,
        samples=samples,
        step_s=step_s,
        compute_s=plan.forward_s + plan.backward_s,
        forward_s=plan.forward_s,
        backward_s=plan.backward_s,
        optimiser_s=plan.optimiser_s,
        overhead_s=plan.overhead_s,
        exposed_communication_s=plan.exposed_s,
        bubble_s=plan.bubble_s,
        straggler_s=straggler_s,
        input_stall_s=ingest.stall_s,
        throughput_per_s=throughput,
        tokens_per_s=None if tokens is None else tokens * throughput,
        efficiency=of_device if machine.hosts == 1 else of_box,
        efficiency_of_device=of_device,
        efficiency_of_box=of_box,
        memory_bytes=needs.memory(plan.micro_batch).total,
        memory_limit_bytes=prepared.memory_limit,
        largest_batch=needs.largest_batch(prepared.memory_limit),
        sent_bytes=plan.sent_bytes,
        gradient_age=plan.gradient_age,
        power_w=power_w,
        cost_usd_per_million_samples=cost,
        **reach(prepared, plan, step_s, cost, box),
        accuracy_loss=0.0 if prepared.compression is None else prepared.compression.accuracy_loss,
        notes=(
            *machine.notes, *prepared.notes, *prepared.exchange.notes, *served.notes, *told_of_target(prepared, plan)
        ),
        timeline=Timeline(plan, straggler_s, ingest.stall_s),
    )
