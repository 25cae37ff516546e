"""Every table and column of a run, declared once: name, dtype, unit and meaning.

Three shapes: *facts* (what was simulated), *steps* (a level that held from ``time_s`` for ``held_s``) and *spans* (a
thing that began and ended). Amounts in a step row are totals or time-weighted means over ``[time_s, time_s + held_s)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["TABLES", "Column", "Table"]

Dtype = Literal["float64", "int64", "category", "bool"]


@dataclass(frozen=True)
class Column:
    """One column: ``dtype`` ``category`` is a name out of few, stored as a dictionary."""

    name: str
    dtype: Dtype
    unit: str
    doc: str


@dataclass(frozen=True)
class Table:
    """One table: its shape says how rows relate to time."""

    name: str
    shape: Literal["facts", "steps", "spans"]
    doc: str
    columns: tuple[Column, ...]


def _c(name: str, dtype: Dtype, unit: str, doc: str) -> Column:
    return Column(name, dtype, unit, doc)


_REGION = _c("region", "category", "", "region name")
_SERVER = _c("server", "category", "", "server name in the catalogue")
_ROLE = _c("role", "category", "", "serving, training or storage")
_SERVICE = _c("service", "category", "", "service or training stream")
_TIME = _c("time_s", "float64", "s", "start of the interval, from the start of the scenario")
_HELD = _c("held_s", "float64", "s", "length of the interval")
_HS = "host-seconds"

_TABLES = (
    Table("regions", "facts", "Regions as simulated.", (
        _REGION,
        _c("time_zone", "category", "", "IANA time zone"),
        _c("pue_ratio", "float64", "", "facility power over IT power"),
        _c("energy_price_usd_per_j", "float64", "USD/J", "price of electricity"),
        _c("carbon_kg_per_j", "float64", "kg/J", "carbon intensity of the grid; NaN where not given"),
    )),
    Table("fleet", "facts", "Pools of equal hosts.", (
        _REGION, _SERVER, _ROLE,
        _c("kind", "category", "", "single_socket, dual_socket, gpu, storage or inference"),
        _c("racks", "int64", "racks", "racks"),
        _c("hosts", "int64", "hosts", "hosts"),
        _c("hosts_per_nic", "int64", "hosts", "hosts that share one NIC"),
        _c("gpus_per_host", "int64", "GPUs", "GPUs of one host"),
        _c("idle_power_w", "float64", "W", "power of one idle host"),
        _c("peak_power_w", "float64", "W", "power of one fully busy host"),
        _c("price_usd", "float64", "USD", "capital cost of one host"),
        _c("lifetime_s", "float64", "s", "time over which the price is written off"),
    )),
    Table("services", "facts", "Services as simulated.", (
        _SERVICE,
        _c("kind", "category", "", "server kind that serves it"),
        _c("training_kind", "category", "", "server kind that trains it, or none"),
        _c("models", "int64", "models", "independent models retrained at the cadence"),
        _c("period_s", "float64", "s", "time between trainings of one model; NaN where none"),
        _c("staleness_target_s", "float64", "s", "staleness that should not be exceeded"),
        _c("quality_kind", "category", "", "shape of the quality-loss curve: log or linear"),
        _c("quality_per_s", "float64", "s", "staleness at which the curve reaches its unit"),
        _c("quality_loss_ratio", "float64", "", "quality lost at that staleness (assumption)"),
    )),
    Table("recipes", "facts", "Training recipes: the step on the pools that can run it, at each fidelity asked for.", (
        _c("recipe", "category", "", "training recipe"),
        _SERVER,
        _c("rack", "category", "", "rack that the servers stand in"),
        _c("hosts", "int64", "hosts", "hosts of the gang"),
        _c("hosts_per_nic", "int64", "hosts", "hosts of one NIC that synchronise at once"),
        _c("network", "category", "", "fidelity of the network: closed_form, flow or packet"),
        _c("step_s", "float64", "s", "one training step, network included"),
        _c("compute_s", "float64", "s", "compute part of the step"),
        _c("straggler_s", "float64", "s", "what the step waits for the slowest of the hosts"),
        _c("exposed_s", "float64", "s", "communication that the step waits for"),
        _c("loss_ratio", "float64", "", "packets dropped over packets sent while the gang synchronises"),
        _c("timeouts", "float64", "", "retransmission time-outs in one synchronisation"),
        _c("steps", "float64", "steps", "steps of one training"),
        _c("checkpoint_bytes", "float64", "bytes", "size of one checkpoint"),
        _c("checkpoint_s", "float64", "s", "time to write it through the NIC share"),
    )),
    Table("serving", "steps", "Load of each service on the users of each region; work in fully busy reference hosts.", (
        _TIME, _HELD, _SERVICE, _REGION,
        _c("demand_hosts", "float64", "hosts", "work offered by the users of the region"),
        _c("served_hosts", "float64", "hosts", "part of it that was served, anywhere"),
        _c("good_hosts", "float64", "hosts", "part of it served within the latency budget"),
        _c("spilled_hosts", "float64", "hosts", "part of it served by another region"),
        _c("assigned_hosts", "float64", "hosts", "work that this region served, its own and that of others"),
        _c("active_hosts", "float64", "hosts", "hosts of this region switched to the service"),
    )),
    Table("pools", "steps", "What the hosts of each pool did; the host counts add up to hosts of the fleet table.", (
        _TIME, _HELD, _REGION, _SERVER, _ROLE,
        _c("serving_hosts", "float64", "hosts", "serving"),
        _c("training_hosts", "float64", "hosts", "in the gangs of the training pools or training user models"),
        _c("lent_hosts", "float64", "hosts", "lent to opportunistic training, notice included"),
        _c("idle_hosts", "float64", "hosts", "up and without work"),
        _c("down_hosts", "float64", "hosts", "in a region that is lost"),
        _c("busy_ratio", "float64", "", "mean busy share of the hosts that are up"),
        _c("power_w", "float64", "W", "IT power of the pool"),
    )),
    Table("queues", "steps", "Gangs in the training pools of one server kind, fleet-wide.", (
        _TIME, _HELD,
        _c("kind", "category", "", "server kind"),
        _c("queued_jobs", "float64", "jobs", "mean number that waited"),
        _c("running_jobs", "float64", "jobs", "mean number that ran"),
    )),
    Table("harvest", "steps", "Opportunistic training on lent hosts; amounts are totals over the interval.", (
        _TIME, _HELD, _REGION, _SERVER,
        _c("recipe", "category", "", "training recipe"),
        _c("lent_host_s", "float64", _HS, "lent to opportunistic training"),
        _c("useful_host_s", "float64", _HS, "compute that was kept: committed by a checkpoint or finished"),
        _c("lost_host_s", "float64", _HS, "compute thrown away at evictions"),
        _c("checkpoint_host_s", "float64", _HS, "spent writing checkpoints"),
        _c("restart_host_s", "float64", _HS, "spent starting and restoring"),
        _c("notice_host_s", "float64", _HS, "lent but idle between notice and return"),
        _c("uncommitted_host_s", "float64", _HS, "compute not yet committed at the end of the interval, as a change"),
        _c("checkpoint_bytes", "float64", "bytes", "written to checkpoints"),
        _c("steps", "float64", "steps", "training steps that were kept"),
        _c("started_groups", "float64", "groups", "groups started or resumed"),
        _c("evicted_groups", "float64", "groups", "groups evicted"),
        _c("finished_jobs", "float64", "jobs", "jobs that reached their last step"),
    )),
    Table("free_hosts", "steps", "Hosts of the pools that lend which serving leaves free.", (
        _TIME, _HELD, _REGION, _SERVER,
        _c("rack", "category", "", "rack that the servers stand in"),
        _c("local_hour", "float64", "h", "hour of the local day, in the middle of the interval"),
        _c("needed_hosts", "float64", "hosts", "hosts that serving needs"),
        _c("free_hosts", "float64", "hosts", "hosts that are up, beyond the need and its reserve"),
        _c("foreseen_hosts", "float64", "hosts", "the same as foreseen a step before, without errors that are drawn"),
        _c("foreseen_stay_s", "float64", "s", "how long they are foreseen to stay free, a season at most"),
        _c("stay_s", "float64", "s", "how long they do; NaN where the run ends before"),
    )),
    Table("elastic_groups", "facts", "One step of an elastic group of each size.", (
        _REGION, _SERVER,
        _c("recipe", "category", "", "training recipe"),
        _c("offered_ratio", "float64", "", "hosts on offer over those that are free"),
        _c("hosts", "int64", "hosts", "hosts of the group"),
        _c("hosts_per_nic", "int64", "hosts", "hosts of one NIC that train at once when all groups have that size"),
        _c("step_s", "float64", "s", "one training step"),
        _c("efficiency_ratio", "float64", "", "samples of a host over those of a host that trains alone"),
        _c("speedup_ratio", "float64", "", "progress over that of a host that trains alone, learning included"),
        _c("checkpoint_s", "float64", "s", "time to write a checkpoint"),
    )),
    Table("elastic", "facts", "Elastic groups on free hosts over the whole run, by setting and replica.", (
        _REGION, _SERVER,
        _c("recipe", "category", "", "training recipe"),
        _c("offered_ratio", "float64", "", "hosts on offer over those that are free"),
        _c("group_hosts", "int64", "hosts", "largest size of a group"),
        _c("checkpoint_every_s", "float64", "s", "computing between two checkpoints"),
        _c("replica", "int64", "", "number of the replica"),
        _c("groups", "int64", "groups", "groups of the pool; amounts are of all of them"),
        _c("paid_host_s", "float64", _HS, "lent to the groups; the next eight add up to it"),
        _c("useful_host_s", "float64", _HS, "what one host alone would have needed for the progress that was kept"),
        _c("synchronisation_host_s", "float64", _HS, "kept, but spent waiting for one another and for the network"),
        _c("learning_host_s", "float64", _HS, "kept, but spent on samples that larger batches need more"),
        _c("lost_host_s", "float64", _HS, "computed and thrown away"),
        _c("checkpoint_host_s", "float64", _HS, "spent writing checkpoints"),
        _c("restart_host_s", "float64", _HS, "spent starting, resizing and restoring"),
        _c("notice_host_s", "float64", _HS, "idle between notice and return"),
        _c("uncommitted_host_s", "float64", _HS, "computed since the last checkpoint when the run ended"),
        _c("open_host_s", "float64", _HS, "useful, of what is uncommitted, had the run ended with a checkpoint"),
        _c("worth_ratio", "float64", "", "useful host-seconds that one must buy to be worth its price"),
        _c("running_s", "float64", "s", "time in which groups had hosts, added up over groups"),
        _c("writing_s", "float64", "s", "time in which they wrote checkpoints"),
        _c("written", "float64", "", "checkpoints written"),
        _c("failures", "float64", "", "failures of hosts"),
        _c("unforeseen", "float64", "", "returns of hosts that were not foreseen"),
        _c("foreseen", "float64", "", "returns of hosts that were"),
        _c("losses", "float64", "", "times that a group went back to its last checkpoint"),
        _c("resizes", "float64", "", "starts and changes of size"),
    )),
    Table("user_models", "steps", "Fluid class of tiny trainings.", (
        _TIME, _HELD, _SERVICE, _REGION,
        _c("triggered_models", "float64", "models", "trainings triggered by the users of the region"),
        _c("trained_models", "float64", "models", "trainings finished by the hosts of the region"),
        _c("backlog_models", "float64", "models", "waiting at the end of the interval"),
        _c("busy_hosts", "float64", "hosts", "hosts that trained them"),
        _c("delay_s", "float64", "s", "time from trigger to trained model, at the end of the interval"),
    )),
    Table("links", "steps", "Shared links that can be too narrow, in the intervals in which they carried anything.", (
        _TIME, _HELD, _REGION,
        _c("level", "category", "", "nic, rack, pod or wan"),
        _c("link", "category", "", "name of the link, unique in the fleet"),
        _c("direction", "category", "", "up (away from the hosts) or down"),
        _c("capacity_bytes_per_s", "float64", "bytes/s", "goodput of the link"),
        _c("training_bytes_per_s", "float64", "bytes/s", "exchanged by gangs"),
        _c("readers_bytes_per_s", "float64", "bytes/s", "samples on their way to gangs"),
        _c("checkpoints_bytes_per_s", "float64", "bytes/s", "checkpoints written and copied"),
        _c("serving_bytes_per_s", "float64", "bytes/s", "between serving hosts"),
        _c("utilisation_ratio", "float64", "", "all of it over the capacity"),
    )),
    Table("jobs", "spans", "Workflow instances: one per training of one model.", (
        _c("job", "int64", "", "number, in order of arrival"),
        _SERVICE,
        _c("model", "int64", "", "which of the service's models"),
        _REGION, _SERVER,
        _c("hosts", "int64", "hosts", "hosts of the gang"),
        _c("gpus", "int64", "GPUs", "GPUs of the gang"),
        _c("arrived_s", "float64", "s", "arrival; negative: in flight when the scenario starts"),
        _c("queued_s", "float64", "s", "first asked for its gang; NaN where not yet"),
        _c("started_s", "float64", "s", "first got its gang; NaN where not yet"),
        _c("trained_s", "float64", "s", "training done; NaN where not"),
        _c("finished_s", "float64", "s", "workflow done or lost; NaN where neither"),
        _c("outcome", "category", "", "done, superseded, queued or running"),
        _c("interruptions", "int64", "", "times the gang was preempted or lost its region"),
        _c("lost_s", "float64", "s", "training time thrown away at interruptions"),
        _c("checkpoint_s", "float64", "s", "gang time spent writing checkpoints"),
    )),
    Table("segments", "spans", "Uninterrupted runs of gangs.", (
        _c("job", "int64", "", "job"),
        _SERVICE, _REGION, _SERVER,
        _c("hosts", "float64", "hosts", "hosts held (a share of a host for jobs smaller than one)"),
        _c("begin_s", "float64", "s", "gang granted"),
        _c("end_s", "float64", "s", "gang released, or end of the run"),
        _c("useful_s", "float64", "s", "training time that was kept, less what of earlier segments was forgotten"),
        _c("communication_s", "float64", "s", "part of useful_s that waited for communication"),
        _c("lost_s", "float64", "s", "training time thrown away, that of earlier segments included"),
        _c("overhead_s", "float64", "s", "checkpoints, restart, staging"),
        _c("contended_s", "float64", "s", "time added by others on the shared links"),
        _c("end", "category", "", "done, horizon, region_lost, data_lost, drained or preempted"),
    )),
    Table("contention", "spans", "Times in which a gang was slower than alone, and who had the link it waited for.", (
        _c("job", "int64", "", "job"),
        _SERVICE,
        _c("begin_s", "float64", "s", "slower from then on"),
        _c("end_s", "float64", "s", "over: as fast as alone, held up elsewhere or by another, or stopped"),
        _c("slowdown_ratio", "float64", "", "mean length of a step over its length alone"),
        _c("link", "category", "", "link that it waited for longest"),
        _c("sharers", "int64", "gangs", "other gangs on the link, at most"),
        _c("main_sharer", "category", "", "service or stream with most of the link apart from the gang, or serving"),
        _c("main_share_ratio", "float64", "", "what the main sharer had of the link's capacity, at most"),
    )),
    Table("publications", "spans", "Versions of models becoming available to the users of a region.", (
        _SERVICE,
        _c("model", "int64", "", "which of the service's models"),
        _REGION,
        _c("data_s", "float64", "s", "time of the newest training data in the version"),
        _c("published_s", "float64", "s", "available in the region from then on"),
    )),
    Table("drills", "spans", "Drills as carried out.", (
        _c("drill", "category", "", "kind of drill"),
        _REGION,
        _c("notice_s", "float64", "s", "announced"),
        _c("begin_s", "float64", "s", "struck"),
        _c("end_s", "float64", "s", "over; beyond the horizon where it lasts"),
    )),
)  # fmt: skip

TABLES: dict[str, Table] = {table.name: table for table in _TABLES}
"""All tables by name, in the order of the reference."""
