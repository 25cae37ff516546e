"""What no single field can say: names, pools and times that must fit together.

Works on the composed tree rather than on validated specs, so that these problems are told together with those of the
fields; values that are themselves wrong are passed over here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from dcsim.errors import Problem
from dcsim.registry import Registry
from dcsim.spec.explain import problem_at
from dcsim.spec.hardware import ServerKind
from dcsim.spec.site import ROLES, RegionSite
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import Node, Path
from dcsim.units import parse_quantity

__all__ = ["Pool", "check_scenario", "pools_of"]

MAX_STEPS = 1_000_000
"""Load steps of one run; a year in steps of one minute is half of it."""
MAX_DURATION = 1000 * 31_536_000.0
"""Longest scenario, s."""
MAX_HOSTS = 10_000_000
"""Hosts of one fleet: several times those of the largest companies."""
_DEFAULT_RESOLUTION = 300.0
_DEFAULT_SCHEDULER = "gang"
_DAY_S = 86400.0


@dataclass(frozen=True)
class Pool:
    """Equal hosts of one region, role and rack, as far as the tree says."""

    region: str
    role: str
    rack: str
    kind: str
    hosts: int


class _Findings:
    """Problems and warnings of one tree."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def refuse(self, path: Path, message: str, *, key: bool = False) -> None:
        self.problems.append(problem_at(self.root, path, message, key=key, own=True))

    def warn(self, path: Path, message: str, *, key: bool = False) -> None:
        self.warnings.append(problem_at(self.root, path, f"has no effect: {message}", key=key, own=True))

    def value(self, *path: str | int) -> Any:
        """Return the scalar at a path, or None."""
        node = self.root.at(path)
        return node.value if node is not None and not isinstance(node.value, dict | list) else None

    def is_mapping(self, *path: str | int) -> bool:
        """Whether a mapping stands at a path, or nothing does in a mapping around it."""
        above, node = self.root.at(path[:-1]), self.root.at(path)
        return above is not None and isinstance(above.value, dict) and (node is None or isinstance(node.value, dict))

    def names(self, *path: str | int) -> list[str]:
        """Return the keys of the mapping at a path."""
        node = self.root.at(path)
        return list(node.value) if node is not None and isinstance(node.value, dict) else []

    def indices(self, *path: str | int) -> range:
        """Return the indices of the list at a path."""
        node = self.root.at(path)
        return range(len(node.value)) if node is not None and isinstance(node.value, list) else range(0)

    def seconds(self, *path: str | int) -> float | None:
        """Return the time at a path, or None where there is none that can be read."""
        try:
            return parse_quantity(self.value(*path), "time")
        except ValueError:
            return None


def check_scenario(
    root: Node, plugins: Mapping[str, Registry[Any]], *, complete: bool
) -> tuple[list[Problem], list[Problem]]:
    """Return problems and warnings of a composed tree.

    Parameters
    ----------
    root : Node
        From ``dcsim.spec.compose.compose``.
    plugins : mapping of family to Registry
        Those of ``generator``, ``scheduler``, ``drill`` and ``collective``.
    complete : bool
        Whether the tree has all that the user names; if not, nothing is said of what the fleet can hold.
    """
    found = _Findings(root)
    pools = pools_of(root)
    _times(found)
    _plugin_names(found, plugins)
    _regions(found)
    _drills(found)
    _streams(found)
    _tenants(found)
    _scheduler(found, plugins["scheduler"])
    _references(found)
    if complete:
        _hosts(found, pools)
    if complete and None not in pools:
        known = [pool for pool in pools if pool is not None]
        _services(found, known)
        _trainings(found, known)
        _harvest(found, known)
        _idle_pools(found, known)
    return found.problems, found.warnings


def pools_of(root: Node) -> list[Pool | None]:
    """Return the pools of a composed tree, None for those of which something is wrong or unknown."""
    found = _Findings(root)
    pools: list[Pool | None] = []
    for region in found.names("fleet", "regions"):
        for role in ROLES:
            if not found.is_mapping("fleet", "regions", region, role):
                pools.append(None)
            for rack in found.names("fleet", "regions", region, role):
                count = found.value("fleet", "regions", region, role, rack)
                sled = found.value("catalog", "racks", rack, "sled")
                server = found.value("catalog", "sleds", sled, "server")
                kind = found.value("catalog", "servers", server, "kind")
                factors = (
                    count,
                    found.value("catalog", "racks", rack, "sleds"),
                    found.value("catalog", "sleds", sled, "hosts"),
                )
                known = isinstance(kind, str) and all(isinstance(each, int) and each > 0 for each in factors)
                pools.append(Pool(region, role, rack, kind, math.prod(factors)) if known else None)
    return pools


def _times(found: _Findings) -> None:
    duration, resolution = found.seconds("duration"), found.seconds("resolution")
    where: Path = ("resolution",)
    if found.root.child("resolution") is None:
        where, resolution = ("duration",), _DEFAULT_RESOLUTION
    if duration is None or resolution is None or duration <= 0 or resolution <= 0:
        return
    steps = duration / resolution
    if duration > MAX_DURATION:
        found.refuse(("duration",), "is longer than 1000 years")
    elif steps < 1:
        found.refuse(where, f"the load step of {resolution:g} s is longer than the duration of {duration:g} s")
    elif steps > MAX_STEPS:
        found.refuse(where, f"gives {steps:.4g} load steps; at most {MAX_STEPS:,} fit, so lengthen the resolution")
    elif abs(steps - round(steps)) > 1e-9 * steps:
        found.refuse(where, f"the duration of {duration:g} s must be a whole number of load steps of {resolution:g} s")


def _plugin_names(found: _Findings, plugins: Mapping[str, Registry[Any]]) -> None:
    """Refuse names of plug-ins that nobody registered."""
    places: list[tuple[str, Path]] = [("scheduler", ("scheduler",))]
    places += [("drill", ("drills", index, "kind")) for index in found.indices("drills")]
    places += [("generator", ("training", index, "generator")) for index in found.indices("training")]
    for name in found.names("services"):
        places.append(("generator", ("services", name, "serving", "load", "generator")))
        places.append(("generator", ("services", name, "training", "every", "generator")))
    places += [
        ("collective", ("catalog", "training", name, "collective")) for name in found.names("catalog", "training")
    ]
    ask = Suggester()
    for family, path in places:
        name = found.value(*path)
        if isinstance(name, str) and name not in plugins[family]:
            found.refuse(path, ask.unknown(family, name, plugins[family].names()))


def _regions(found: _Findings) -> None:
    regions = found.names("fleet", "regions")
    traffic = [found.value("fleet", "regions", region, "traffic") for region in regions]
    if regions and all(isinstance(share, int | float) and share == 0 for share in traffic):
        found.refuse(("fleet", "regions"), "needs a region with traffic above 0", key=True)
    for name in found.names("catalog", "datasets"):
        path: Path = ("catalog", "datasets", name, "storage")
        stored = [found.value(*path, index) for index in found.indices(*path)]
        if stored and not set(stored) & set(regions):
            found.warn(
                path, "none of these regions is in the fleet, so the data lies wherever storage racks stand", key=True
            )


def _drills(found: _Findings) -> None:
    regions = found.names("fleet", "regions")
    with_hosts = {name for name in regions if any(found.names("fleet", "regions", name, role) for role in ROLES)}
    duration, ask = found.seconds("duration"), Suggester()
    for index in found.indices("drills"):
        region, at = found.value("drills", index, "region"), found.seconds("drills", index, "at")
        if isinstance(region, str) and region not in regions:
            found.refuse(("drills", index, "region"), ask.unknown("region of this fleet", region, regions))
        elif isinstance(region, str) and region not in with_hosts:
            found.warn(("drills", index, "region"), f"region '{region}' has no hosts")
        if at is not None and duration is not None and at >= duration:
            found.warn(("drills", index, "at"), "the drill strikes after the end of the scenario")


def _tenants(found: _Findings) -> None:
    """Warn of tenants without jobs, and refuse a stream's tenant that stands beside others but not among them."""
    tenants, services, ask = found.names("tenants"), found.names("services"), Suggester()
    own = [found.value("training", index, "tenant") for index in found.indices("training")]
    named = [found.value("training", index, "name") for index in found.indices("training")]
    for index, tenant in enumerate(own):
        if tenants and isinstance(tenant, str) and tenant not in tenants:
            found.refuse(("training", index, "tenant"), ask.unknown("tenant", tenant, tenants))
    theirs = {tenant if isinstance(tenant, str) else name for tenant, name in zip(own, named, strict=True)}
    theirs |= {name for name in services if isinstance(found.value("services", name, "training", "recipe"), str)}
    for tenant in tenants:
        if tenant not in theirs:
            found.warn(("tenants", tenant), "no service or stream of that name trains", key=True)


def _scheduler(found: _Findings, schedulers: Registry[Any]) -> None:
    """Warn of a scheduler that lives on resizing, and of tenants that the scheduler does not look at.

    Of tenants nothing is said where a variant or a setting chose the scheduler: who compares schedulers leaves them.
    """
    name, written, tenants = found.value("scheduler"), found.root.child("scheduler"), found.root.child("tenants")
    if written is not None and (not isinstance(name, str) or name not in schedulers):
        return
    facts = schedulers.get(name or _DEFAULT_SCHEDULER).facts
    if facts.get("resizes"):
        message = f"the size of a training is that of its recipe, so '{name}' resizes none and goes by arrival alone"
        found.warn(("scheduler",), message)
    chosen = written is not None and tenants is not None and written.layer != tenants.layer
    if found.names("tenants") and not facts.get("tenants") and not chosen:
        message = f"'{name or _DEFAULT_SCHEDULER}' looks at no tenants; choose 'quotas' or 'fair_share'"
        found.warn(("tenants",), message, key=True)


def _services(found: _Findings, pools: list[Pool]) -> None:
    serving = {pool.kind for pool in pools if pool.role == "serving"}
    for name in found.names("services"):
        for path, what in (
            (("serving", "kind"), "serve it"),
            (("user_models", "server_kind"), "train its user models"),
        ):
            kind = found.value("services", name, *path)
            if isinstance(kind, str) and kind not in serving:
                found.refuse(
                    ("services", name, *path),
                    f"no region has serving racks of '{kind}' hosts to {what}; {_offer(serving)}",
                )


def _offer(kinds: set[str]) -> str:
    return f"there are serving racks of {', '.join(sorted(kinds))}" if kinds else "add some under 'serving:'"


def _recipes(found: _Findings) -> Iterator[tuple[Path, str]]:
    """Yield place and name of every recipe that runs in training pools."""
    for index in found.indices("training"):
        name = found.value("training", index, "recipe")
        if isinstance(name, str):
            yield ("training", index, "recipe"), name
    for service in found.names("services"):
        name = found.value("services", service, "training", "recipe")
        if isinstance(name, str):
            yield ("services", service, "training", "recipe"), name


def _trainings(found: _Findings, pools: list[Pool]) -> None:
    """Refuse recipes that no training pool can hold."""
    for path, name in _recipes(found):
        kind, hosts = (
            found.value("catalog", "training", name, "server_kind"),
            found.value("catalog", "training", name, "hosts"),
        )
        largest = max((pool.hosts for pool in pools if pool.role == "training" and pool.kind == kind), default=0)
        if not isinstance(kind, str):
            continue
        if not largest:
            found.refuse(path, f"recipe '{name}' needs '{kind}' hosts, and no region has training racks of them")
        elif isinstance(hosts, int) and hosts > largest:
            found.refuse(
                path, f"recipe '{name}' needs {hosts} hosts at once; the largest '{kind}' training pool has {largest}"
            )


def _hosts(found: _Findings, pools: Sequence[Pool | None]) -> None:
    """Refuse a fleet without hosts, unless a role is misspelt, which is told where it stands, or with too many."""
    regions = found.names("fleet", "regions")
    written = {key for region in regions for key in found.names("fleet", "regions", region)}
    if regions and not pools and written <= set(RegionSite.model_fields):
        message = "hold no hosts; give a region racks, such as 'serving: {leopard: 10}'"
        found.refuse(("fleet", "regions"), message, key=True)
    hosts = sum(pool.hosts for pool in pools if pool is not None)
    if hosts > MAX_HOSTS:
        message = f"hold {hosts:.4g} hosts; at most {MAX_HOSTS:,} fit"
        found.refuse(("fleet", "regions"), message, key=True)


def _references(found: _Findings) -> None:
    """Refuse recipes whose reference sled, server and kind of server do not belong together."""
    for name in found.names("catalog", "training"):
        path: Path = ("catalog", "training", name)
        server, sled = found.value(*path, "reference_server"), found.value(*path, "reference_sled")
        needs, kind = found.value(*path, "server_kind"), found.value("catalog", "servers", server, "kind")
        held = found.value("catalog", "sleds", sled, "server")
        if isinstance(held, str) and isinstance(server, str) and held != server:
            found.refuse(
                (*path, "reference_sled"),
                f"'{sled}' holds '{held}', not the reference_server '{server}'; name a sled of '{server}', or give "
                f"'reference_server: {held}'",
            )
        if kind in get_args(ServerKind) and needs in get_args(ServerKind) and kind != needs:
            found.refuse(
                (*path, "reference_server"),
                f"'{server}' is of kind '{kind}', not of the server_kind '{needs}'; name a server of kind '{needs}', "
                f"or give 'server_kind: {kind}'",
            )


def _streams(found: _Findings) -> None:
    """Refuse two streams of one name."""
    seen = set(found.names("services"))
    for index in found.indices("training"):
        name = found.value("training", index, "name")
        if name in seen:
            found.refuse(
                ("training", index, "name"), f"'{name}' names another stream or a service already; choose another"
            )
        seen.add(name)


def _harvest(found: _Findings, pools: list[Pool]) -> None:
    """Check that lent hosts can run what is meant for them."""
    serving = [pool for pool in pools if pool.role == "serving"]
    notice, duration = found.seconds("harvest", "notice"), found.seconds("duration")
    if notice is not None and duration is not None and notice > duration + _DAY_S:
        message = "is more than a day longer than the scenario, so no lent host would ever return; shorten it"
        found.refuse(("harvest", "notice"), message)
    for kind in found.names("harvest", "recipes"):
        path: Path = ("harvest", "recipes", kind)
        name = found.value(*path)
        needs = found.value("catalog", "training", name, "server_kind") if isinstance(name, str) else None
        if not isinstance(needs, str) or kind not in get_args(ServerKind):
            continue
        hosts = found.value("catalog", "training", name, "hosts")
        largest = max((pool.hosts for pool in serving if pool.kind == kind), default=0)
        if needs != kind:
            found.refuse(path, f"recipe '{name}' runs on '{needs}' hosts, not on '{kind}'")
        elif not largest:
            found.warn(path, f"no region has serving racks of '{kind}' hosts to lend")
        elif isinstance(hosts, int) and hosts > largest:
            found.warn(path, f"recipe '{name}' needs {hosts} hosts at once; the largest serving pool has {largest}")
    _elastic(found)


def _elastic(found: _Findings) -> None:
    """Check that the study of elastic groups fits the scenario around it."""
    path: Path = ("harvest", "elastic")
    season, duration = found.seconds(*path, "season"), found.seconds("duration")
    resolution = found.seconds("resolution") or _DEFAULT_RESOLUTION
    if season is not None and season > 0 and abs(season / resolution - max(1, round(season / resolution))) > 1e-9:
        message = f"the season of {season:g} s must be a whole number of load steps of {resolution:g} s"
        found.refuse((*path, "season"), message)
    elif season is not None and duration is not None and season >= duration:
        found.warn((*path, "season"), "the scenario is over before a season has passed, so nothing can be foreseen")
    for where in (("harvest", "notice"), (*path, "grace")):
        time = found.seconds(*where)
        if found.names(*path) and time is not None and time > resolution > 0.0:
            message = f"is {time:g} s, but elastic groups plan one load step of {resolution:g} s ahead; shorten it, or "
            found.refuse(where, f"{message}lengthen the resolution")
    recipes = found.names("harvest", "recipes")
    for kind in found.names(*path, "critical_batch"):
        if kind in get_args(ServerKind) and kind not in recipes:
            found.warn((*path, "critical_batch", kind), f"no recipe is named for '{kind}' hosts", key=True)


def _idle_pools(found: _Findings, pools: list[Pool]) -> None:
    """Warn of racks that no service is served by and no recipe trains on."""
    served = {found.value("services", name, "serving", "kind") for name in found.names("services")}
    served |= {found.value("services", name, "user_models", "server_kind") for name in found.names("services")}
    trained = {found.value("catalog", "training", name, "server_kind") for _, name in _recipes(found)}
    harvested = set(found.names("harvest", "recipes"))
    for pool in pools:
        path = ("fleet", "regions", pool.region, pool.role, pool.rack)
        if pool.role == "serving" and pool.kind not in served | harvested:
            found.warn(path, f"no service is served by '{pool.kind}' hosts", key=True)
        if pool.role == "training" and pool.kind not in trained:
            found.warn(path, f"no training runs on '{pool.kind}' hosts", key=True)
