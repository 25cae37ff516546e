"""The headline: what a run says, in a few sentences and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.metrics.plan import by_service
from dcsim.report.section import Prose, Section, Tile, Tiles
from dcsim.report.sections.drills import rises, struck
from dcsim.report.sections.harvest import MUCH_USD, bought_usd, parts
from dcsim.report.sections.synchronisation import nic_pair
from dcsim.report.wording import amount, count, duration, human, listing, parted, percent, plural, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.report.section import Tone
    from dcsim.report.view import RunView

__all__ = ["headline"]

_MOST_TILES = 8
_LONGER = 1.05


def headline(view: RunView) -> Section:
    """Tell the answers of the run: service, drills, harvest, freshness, waits, links and cost, where there are any."""
    sentences = [
        *_serving(view), *_drilled(view), *_harvested(view), *_offered(view), *_fresh(view), *_waited(view),
        *_linked(view), *_spent(view),
    ]  # fmt: skip
    blocks = (Tiles(tuple(_tiles(view))[:_MOST_TILES]), Prose(tuple(sentences), "list"))
    hosts = float(view.run.fleet["hosts"].sum())
    regions = plural(len(view.run.regions), "region")
    lead = f"{count(hosts)} hosts in {regions}, {duration(view.end_s)} from {view.moment(0.0)} UTC."
    return Section("headline", "What this run says", lead, blocks)


def _serving(view: RunView) -> Iterator[str]:
    attained, served = view.value("slo_attainment"), view.value("served_share")
    if attained is None or served is None:
        return
    late, lost = max(served - attained, 0.0), max(1.0 - served, 0.0)
    if not late and not lost:
        yield "All load of the users is served within its latency budget."
        return
    missed = ((late, "is served too late"), (lost, "is not served"))
    rest = [f"{percent(share)} {how}" for share, how in missed if share]
    yield f"{percent(attained)} of the load of the users is served within its latency budget; {listing(rest)}."


def _drilled(view: RunView) -> Iterator[str]:
    for drill, mine in struck(view, rises(view)):
        stale = [each for each in mine if each.rise_s > 0]
        name = f"{spoken(str(drill.drill))} of {view.region(str(drill.region))}"
        lasts = duration(min(drill.end_s, view.end_s) - drill.begin_s)
        if not stale:
            yield f"{name} ({lasts}) makes no models older than they usually get."
            continue
        still = [each.label for each in stale if each.over_s is None]
        rest = f"; {listing(still)} had not recovered when the run ended" if still else "; all recovered within the run"
        yield (
            f"{name} ({lasts}) makes the models of {plural(len(stale), 'service')} older than they usually get, by up "
            f"to {duration(stale[0].rise_s)} ({stale[0].label}){rest}."
        )


def _harvested(view: RunView) -> Iterator[str]:
    found = parts(view)
    if found:
        lent, usd = sum(found.values()), bought_usd(view)
        bought = ""
        if usd >= MUCH_USD:
            bought = f", for which {amount(usd, 'USD')} of servers of the same kinds would have to be written off"
        yield (
            f"Hosts that users did not need lent {count(lent)} server-hours to training; "
            f"{percent(found['useful compute'] / lent)} of them were useful compute{bought}."
        )


def _offered(view: RunView) -> Iterator[str]:
    offered, servers = (view.value(f"harvest_saturation_{name}") for name in ("offered", "servers"))
    low, high = (view.value(f"harvest_saturation_offered_{bound}") for bound in ("low", "high"))
    if offered is not None and servers is not None:
        sure = f" (between {percent(low)} and {percent(high)})" if low is not None and high is not None else ""
        share = percent(offered)
        yield f"Elastic training is worth offering {share} of the free hosts{sure}: {count(servers)} servers."
    best = view.value("best_checkpoint_interval")
    if best is not None:
        low, high = (view.value(f"best_checkpoint_interval_{bound}") for bound in ("low", "high"))
        sure = f" (95 % interval {duration(low)} to {duration(high)})" if low is not None and high is not None else ""
        yield f"Checkpoints of elastic groups are best written every {duration(best)}{sure}."


def _fresh(view: RunView) -> Iterator[str]:
    above = {name: hours for name, hours in view.by("staleness_above_target_hours", "service").items() if hours > 0}
    if above:
        targets = by_service(view.run.services, "staleness_target_s")
        worst = max(above, key=lambda name: (view.value("staleness_max", service=name) or 0.0) / targets[name])
        oldest = duration(view.value("staleness_max", service=worst) or 0.0)
        others = [view.service(name) for name in above if name != worst]
        rest = f"; those of {listing(others)} get too old, too" if others else ""
        target = duration(targets[worst])
        yield f"Models of {view.service(worst)} get up to {oldest} old, with a target of {target}{rest}."
    elif view.by("staleness_max", "service"):
        yield "No service's models get older than their target."


def _waited(view: RunView) -> Iterator[str]:
    mean, longest = view.value("queue_wait_mean"), view.value("queue_wait_max")
    if mean and longest:
        yield f"Trainings wait {duration(mean)} on the mean for their machines, {duration(longest)} at most."


def _linked(view: RunView) -> Iterator[str]:
    few, many = nic_pair(view.run.recipes)
    if few is not None and many is not None and many["step_s"] > _LONGER * few["step_s"]:
        yield (
            f"A step of {human(str(many['recipe']))} takes {duration(float(many['step_s']))} when "
            f"{many['hosts_per_nic']} hosts of a NIC synchronise at once, and {duration(float(few['step_s']))} when "
            f"{few['hosts_per_nic']} does."
        )
    hours, slower = view.value("contended_host_hours"), view.value("contention_slowdown")
    if hours and slower:
        yield f"Shared links cost training {count(hours)} host-hours: its gangs take {percent(slower)} longer."


def _spent(view: RunView) -> Iterator[str]:
    cost, energy, carbon = view.value("cost"), view.value("energy"), view.value("carbon")
    if cost is not None and energy is not None:
        emitted = f" and {amount(carbon, 'kg')} of CO2" if carbon is not None else ""
        yield f"The fleet costs {amount(cost, 'USD')} over the run, with {amount(energy, 'kWh')} of energy{emitted}."


def _tiles(view: RunView) -> Iterator[Tile]:
    attained = view.value("slo_attainment")
    if attained is not None:
        tone: Tone = "good" if attained >= 0.999 else "warn" if attained >= 0.99 else "bad"
        yield Tile("Load in time", *parted(attained, "ratio"), "served within its latency budget", tone)
    yield from _stale_tiles(view)
    lent, goodput = view.value("harvested_server_hours"), view.value("harvest_goodput")
    if lent and goodput is not None:
        servers = count(round(lent * 3600.0 / view.end_s))
        yield Tile("Lent to training", *parted(lent, "server-hours"), f"as {servers} servers around the clock")
        yield Tile("Useful part of it", *parted(goodput, "ratio"), "compute that was kept, over what was lent")
    offered = view.value("harvest_saturation_offered")
    if offered is not None:
        yield Tile("Worth offering", *parted(offered, "ratio"), "of the free hosts, to elastic groups")
    few, many = nic_pair(view.run.recipes)
    if few is not None and many is not None and many["step_s"] > 1.5 * few["step_s"]:
        times = f"{float(many['step_s'] / few['step_s']):.1f}"
        yield Tile("Shared NIC", times, "times", f"as long a step with {many['hosts_per_nic']} hosts at once", "bad")
    used = view.value("utilisation")
    if used is not None:
        yield Tile("Hosts busy", *parted(used, "ratio"), "busy share of all hosts that are up")
    wait = view.value("queue_wait_mean")
    if wait:
        yield Tile("Wait for machines", *parted(wait, "s"), "of a training, on the mean")
    cost = view.value("cost")
    if cost is not None:
        yield Tile("Cost", *parted(cost, "USD"), "hardware written off and energy")
    carbon = view.value("carbon")
    if carbon is not None:
        yield Tile("Carbon", *parted(carbon, "kg"), "of CO2, by the grids of the regions")


def _stale_tiles(view: RunView) -> Iterator[Tile]:
    """Tell how near staleness comes to its target, and how many services a drill leaves behind."""
    targets = by_service(view.run.services, "staleness_target_s")
    oldest = {name: value / targets[name] for name, value in view.by("staleness_max", "service").items()}
    if oldest:
        worst = max(oldest, key=lambda name: oldest[name])
        tone: Tone = "good" if oldest[worst] <= 1.0 else "bad"
        said = f"of its target: the stalest model of {view.service(worst)}"
        yield Tile("Staleness", *parted(oldest[worst], "ratio"), said, tone)
    found = rises(view)
    if found:
        still = {each.label for each in found if each.rise_s > 0 and each.over_s is None}
        tone = "bad" if still else "good"
        said = "older than usual when the run ends, after drills"
        yield Tile("Not recovered", str(len(still)), "service" if len(still) == 1 else "services", said, tone)
