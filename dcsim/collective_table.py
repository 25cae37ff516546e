"""Collectives compared: algorithms, ranks, sizes and fidelities on a fabric or in a box, one row for each.

``dcsim collective`` prints what ``compare`` returns; in a notebook::

    from dcsim.collective_table import Comparison, compare

    rows = compare(Comparison(algorithms=["ring"], ranks=[8, 32], nbytes=[1e8]))
    rows[0].time_s, [vars(row) for row in rows]
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.collectives import bus_factor, collective, operation_of, plan_of
from dcsim.compute.layers import gradient_bytes
from dcsim.errors import InputError, Problem
from dcsim.spec.catalog import Catalog
from dcsim.world.arena import among_gpus, among_hosts, find_box, find_ground
from dcsim.world.buffers import FUSED, Buffers, read_buffers
from dcsim.world.comparison import ALL, CollectiveRow, Comparison
from dcsim.world.standing import told_of_wiring

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.spec.model import MlModel
    from dcsim.spec.network import Fidelity
    from dcsim.spec.transport import Transport
    from dcsim.world.arena import Arena

__all__ = ["Comparison", "Prepared", "compare", "prepare"]

DEFAULT_BYTES = 100e6


@dataclass(frozen=True)
class Prepared:
    """A comparison whose every name was found and whose every number holds.

    Parameters
    ----------
    asked : Comparison
        What is to be compared.
    sizes : tuple of float
        In bytes.
    pairs : tuple of (str, int)
        Algorithms and numbers of ranks that go together.
    arenas : dict
        Where the ranks are, by their number.
    buffers : Buffers
        Into what the data are cut.
    model : MlModel, optional
        Whose tensors are sent.
    transport : Transport
        How hosts answer to losses.
    notes : tuple of str
        What the user should know.
    """

    asked: Comparison
    sizes: tuple[float, ...]
    pairs: tuple[tuple[str, int], ...]
    arenas: dict[int, Arena]
    buffers: Buffers
    model: MlModel | None
    transport: Transport
    notes: tuple[str, ...]

    def rows(self) -> Iterator[CollectiveRow]:
        """Yield how long each collective takes: by algorithm, ranks, size and fidelity, in the order asked for."""
        for name, ranks in self.pairs:
            for nbytes in self.sizes:
                for fidelity in self.asked.fidelities:
                    yield self._row(name, self.arenas[ranks], nbytes, fidelity)

    def _row(self, name: str, arena: Arena, nbytes: float, fidelity: Fidelity) -> CollectiveRow:
        """Return one collective, buffer after buffer; equal buffers are acted out once."""
        ranks = len(arena.hosts)
        time_s = closed_form_s = waiting_s = lost = timeouts = 0.0
        deciding: dict[str, float] = {}
        pieces = self.buffers.sizes(nbytes, self.model)
        for size, count in pieces.items():
            plan = plan_of(
                name, ranks, size, local=arena.local, servers=self.asked.servers, rings=arena.rings, inside=arena.inside
            )
            done = arena.act(plan, fidelity=fidelity, transport=self.transport)
            time_s += count * done.time_s
            closed_form_s += count * done.closed_form_s
            waiting_s += count * done.waiting_s
            lost += count * size * done.loss_ratio
            timeouts += count * done.timeouts
            moving_s = count * (done.time_s - done.waiting_s)
            deciding[done.bottleneck] = deciding.get(done.bottleneck, 0.0) + moving_s
        algbw = nbytes / time_s
        return CollectiveRow(
            algorithm=name,
            ranks=ranks,
            bytes=nbytes,
            buffers=self.buffers.text,
            messages=sum(pieces.values()),
            fidelity=fidelity,
            time_s=time_s,
            algbw_bytes_per_s=algbw,
            busbw_bytes_per_s=algbw * bus_factor(operation_of(name), ranks),
            closed_form_s=closed_form_s,
            gap_ratio=time_s / closed_form_s - 1.0,
            waiting_s=waiting_s,
            loss_ratio=lost / nbytes,
            timeouts=timeouts,
            bottleneck=max(deciding, key=lambda link: deciding[link]),
        )


def compare(asked: Comparison, catalog: Catalog | None = None) -> list[CollectiveRow]:
    """Return how long collectives take.

    Parameters
    ----------
    asked : Comparison
        What is to be compared.
    catalog : Catalog, optional
        Entries; the shipped ones where not given.

    Raises
    ------
    InputError
        With every problem; values are called by the options of ``dcsim collective``.

    Examples
    --------
    >>> rows = compare(Comparison(algorithms=("ring",), ranks=(8,), nbytes=(1e8,), fabric="rack16_50g_full"))
    >>> [(row.algorithm, round(row.time_s, 9), row.bottleneck) for row in rows]
    [('ring', 0.028014, 'host 0 > rack 0')]
    """
    return list(prepare(asked, catalog or Catalog()).rows())


def prepare(asked: Comparison, catalog: Catalog) -> Prepared:
    """Return a comparison that can be carried out.

    Raises
    ------
    InputError
        With every problem; values are called by the options of ``dcsim collective``.
    """
    few = [f"needs at least 2 ranks, not {ranks}" for ranks in asked.ranks if ranks < 2]
    little = [f"needs at least 1 B, not {each:g} B" for each in asked.nbytes if not each >= 1.0]
    problems = [Problem.of_option("--ranks", message) for message in few]
    problems += [Problem.of_option("--bytes", message) for message in little]
    if asked.overhead_s is not None and not 0.0 <= asked.overhead_s < math.inf:
        problems.append(Problem.of_option("--overhead", f"must be zero or more, not {asked.overhead_s:g} s"))
    names = _algorithms(asked, problems)
    buffers = _buffers(asked, problems)
    model = catalog.asked("--buffers", "models", buffers.model, problems)
    transport = catalog.asked("--transport", "transports", asked.transport, problems)
    if model is not None and gradient_bytes(model) <= 0.0:
        message = f"'{buffers.model}' has no gradient to send; choose another model"
        problems.append(Problem.of_option("--buffers", message))
    arenas = _arenas(asked, catalog, problems)
    notes = [] if problems or asked.server is None else _inside_boxes(asked.server, catalog)
    pairs = [] if problems else _suited(asked, names, arenas, problems, notes)
    if problems:
        raise InputError(problems)
    sizes = tuple(asked.nbytes) or ((gradient_bytes(model),) if model is not None else (DEFAULT_BYTES,))
    notes += _without_effect(asked, names, list(arenas.values())) + _scaled(sizes, buffers, model)
    return Prepared(asked, sizes, tuple(pairs), arenas, buffers, model, transport, tuple(notes))


def _algorithms(asked: Comparison, problems: list[Problem]) -> list[str]:
    """Return the names of the algorithms; all of them for ``all``."""
    if list(asked.algorithms) == [ALL]:
        return collective.names()
    unknown = [name for name in asked.algorithms if name not in collective]
    problems += [Problem.of_option("--algorithm", collective.unknown(name)) for name in unknown]
    return list(asked.algorithms)


def _buffers(asked: Comparison, problems: list[Problem]) -> Buffers:
    """Return into what the data are cut."""
    try:
        return read_buffers(asked.buffers)
    except ValueError as error:
        problems.append(Problem.of_option("--buffers", str(error)))
        return FUSED


def _beside_server(asked: Comparison) -> list[Problem]:
    """Return a problem for each option that has no effect beside a server."""
    given = {"--sled": asked.sled, "--hosts-per-nic": asked.hosts_per_nic, "--placement": asked.placement == "strided"}
    message = "has no effect with --server, whose GPUs are the ranks; leave one of them out"
    return [Problem.of_option(option, message) for option, value in given.items() if value]


def _inside_boxes(name: str, catalog: Catalog) -> list[str]:
    """Return what the user should know of how GPUs are joined inside a server."""
    server: Any = catalog.load("servers", name)
    return list(told_of_wiring(server, catalog))


def _arenas(asked: Comparison, catalog: Catalog, problems: list[Problem]) -> dict[int, Arena]:
    """Return where the ranks are, for each number of them."""
    box, standing, gpus = None, None, 1
    if asked.server is not None:
        problems += _beside_server(asked)
        try:
            server, box, standing = find_box(asked.server, catalog)
            gpus = server.gpus
        except InputError as error:
            problems += error.problems
    try:
        ground = find_ground(asked.fabric, asked.sled, catalog, standing=standing)
    except InputError as error:
        problems += error.problems
        return {}
    ground = replace(ground, own_overhead_s=asked.overhead_s)
    taking_part = asked.hosts_per_nic or ground.hosts_per_nic
    if taking_part > ground.hosts_per_nic and asked.server is None:
        hint = "choose hosts that share one, such as --sled yosemite_mono_lake or --fabric rack16_50g_shared"
        each = f"an adapter here has {ground.hosts_per_nic}, not {taking_part}"
        problems.append(Problem.of_option("--hosts-per-nic", f"{each}; {hint}"))
    if problems:
        return {}
    found = {}
    for ranks in asked.ranks:
        try:
            found[ranks] = (
                among_hosts(ground, ranks, taking_part, asked.placement)
                if box is None
                else among_gpus(ground, box, ranks, each=gpus)
            )
        except ValueError as error:
            problems.append(Problem.of_option("--ranks", str(error)))
    return found


def _without_effect(asked: Comparison, names: Sequence[str], arenas: Sequence[Arena]) -> list[str]:
    """Say which options have no effect, and which cost is left out."""
    said = []
    if asked.servers and "parameter_server" not in names:
        said.append("--servers has no effect without the algorithm parameter_server")
    if asked.placement == "strided" and all((np.diff(arena.hosts) > 0).all() for arena in arenas):
        said.append("--placement strided has no effect: each adapter holds one rank, or one holds them all")
    other = asked.transport != Comparison.transport
    if not any(np.isfinite(arena.topology.buffer).any() for arena in arenas):
        why = "no packet memory is known between these ranks, so"
        if "packet" in asked.fidelities:
            said.append(f"--fidelity packet has no effect: {why} packet equals flow")
        if other:
            said.append(f"--transport has no effect: {why} nothing is lost")
    elif other and set(asked.fidelities) == {"closed_form"}:
        said.append("--transport has no effect with --fidelity closed_form, which loses nothing")
    leaving = [arena for arena in arenas if arena.leaves_boxes]
    if asked.overhead_s is not None and not leaving:
        said.append("--overhead has no effect: no message leaves its server")
    said += sorted({arena.assumed for arena in leaving if arena.assumed})
    if asked.overhead_s is None and any(arena.overhead_s == 0.0 for arena in leaving):
        said.append("messages have no software overhead here; --overhead or --sled gives them one")
    return said


def _scaled(sizes: Sequence[float], buffers: Buffers, model: MlModel | None) -> list[str]:
    """Say how sizes relate to the gradient of the model whose tensors are sent."""
    if model is None:
        return []
    own = gradient_bytes(model)
    count = sum(buffers.sizes(own, model).values())
    what = f"the gradient of {buffers.model} ({own / 1e6:.4g} MB in {count} buffers)"
    return [
        f"{nbytes / 1e6:.4g} MB is {nbytes / own:.4g} of {what}; its tensors are scaled by that"
        for nbytes in sizes
        if nbytes != own
    ]


def _suited(
    asked: Comparison, names: Sequence[str], arenas: dict[int, Arena], problems: list[Problem], notes: list[str]
) -> list[tuple[str, int]]:
    """Return the algorithms and numbers of ranks that go together; the others are a problem, or a note for ``all``."""
    fits, apart = [], dict[str, None]()
    for name in names:
        for ranks, arena in arenas.items():
            try:
                plan = plan_of(name, ranks, 1.0, local=arena.local, servers=asked.servers)
            except ValueError as error:
                if list(asked.algorithms) == [ALL]:
                    notes.append(f"{name} is left out: {error}")
                else:
                    problems.append(Problem.of_option("--algorithm", f"{name}: {error}"))
            else:
                fits.append((name, ranks))
                if (hosts := arena.unjoined(plan)) is not None:
                    apart[f"no way leads from host '{hosts[0]}' to host '{hosts[1]}'; join them with cables"] = None
    problems += [Problem.of_option("--fabric", message) for message in apart]
    return fits
