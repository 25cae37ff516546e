"""The summary of a job replay in the terminal: one policy line by line, several as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcsim.cli.columns import aligned
from dcsim.results.cells import format_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["policy_table", "summary_lines"]

_LISTED = 12
_COLUMNS = (
    ("wait", "h", ("wait_s", "mean")), ("99 %", "h", ("wait_s", "p99")), ("queued", "h", ("queued_s", "mean")),
    ("slowdown", "", ("bounded_slowdown_ratio", "mean")), ("JCT", "h", ("jct_s", "mean")),
    ("makespan", "h", ("makespan_s",)), ("used", "", ("utilisation_ratio",)),
    ("coming", "", ("utilisation_while_jobs_came_ratio",)), ("fragments", "", ("fragmented_ratio",)),
    ("unusable", "", ("unusable_ratio",)),
    ("Jain", "", ("jain_jobs_ratio",)), ("missed", "", ("deadline_miss_ratio",)),
    ("stops", "", ("preemptions",)), ("lost", "slot h", ("lost_slot_s",)),
)  # fmt: skip


def summary_lines(told: Mapping[str, Any], summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that tell of one policy."""
    outcomes = {name: count for name, count in summary["outcomes"].items() if _mean(count)}
    yield _line("policy", _name(summary))
    yield _line("cluster", _cluster(told))
    became = ", ".join(f"{_figure(count, '')} {name.replace('_', ' ')}" for name, count in outcomes.items())
    yield _line("jobs", became or "none")
    if summary["makespan_s"] is None:
        return
    yield _line("makespan", _figure(summary["makespan_s"], "s"))
    for name, key, unit in (
        ("wait", "wait_s", "s"), *([("in queue", "queued_s", "s")] if _mean(summary["preemptions"]) else []),
        ("completion", "jct_s", "s"), ("slowdown", "bounded_slowdown_ratio", ""),
    ):  # fmt: skip
        words = ("mean", "p50", "p95", "p99", "max")
        spread = [_figure(summary[key][each], unit) for each in words]
        yield _line(name, "mean {}, median {}, 95 % within {}, 99 % within {}, all within {}".format(*spread))
    coming = summary["utilisation_while_jobs_came_ratio"]
    drained = "" if coming is None else f", {_figure(coming, 'ratio')} until the last job came"
    yield _line("used", f"{_figure(summary['utilisation_ratio'], 'ratio')} of the slots{drained}")
    if _mean(summary["fragmented_ratio"]):
        share = _figure(summary["fragmented_ratio"], "ratio")
        yield _line("fragments", f"{share} of the slots free while the head of the queue waits for no more")
    if _mean(summary["unusable_ratio"]):
        share = _figure(summary["unusable_ratio"], "ratio")
        yield _line("unusable", f"{share} of the slots free where the usual job cannot use them")
    tenants = f", {_figure(summary['jain_tenants_ratio'], '')} over tenants" if summary["jain_tenants_ratio"] else ""
    yield _line("fairness", f"Jain's index {_figure(summary['jain_jobs_ratio'], '')} over jobs{tenants}")
    if _mean(summary["deadlines"]):
        missed, of = (_figure(summary[key], "") for key in ("deadline_misses", "deadlines"))
        yield _line("deadlines", f"{missed} of {of} missed")
    if _mean(summary["preemptions"]):
        lost, cost = (_hours(_mean(summary[key])) for key in ("lost_slot_s", "overhead_slot_s"))
        stops = _figure(summary["preemptions"], "")
        yield _line("stops", f"{stops}; {lost} slot hours of work lost, {cost} for restarts")
    yield from _tenant_lines(summary.get("by_tenant", ()))


def policy_table(told: Mapping[str, Any], policies: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table by policy."""
    yield f"{told['trace']}: {_figure(policies[0]['jobs'], '')} jobs, {_cluster(told)}"
    yield ""
    stopped = any(_mean(policy["preemptions"]) for policy in policies)  # else no job waits but before its first start
    columns = [
        (name, unit, path)
        for name, unit, path in _COLUMNS
        if any(_mean(_at(policy, path)) for policy in policies) and (stopped or name != "queued")
    ]
    placed = any("placement" in policy for policy in policies)
    head = [("scheduler", ""), *([("placement", "")] if placed else []), ("done", "")]
    head += [(name, unit) for name, unit, _ in columns]

    def row(policy: Mapping[str, Any], figures: Mapping[str, Any]) -> list[str]:
        names = [policy["scheduler"], *([policy.get("placement", "")] if placed else [])]
        done = _figure(figures["outcomes"]["done"], "")
        return [*names, done, *(_cell(_at(figures, path), name, unit) for name, unit, path in columns)]

    yield from aligned(head, [row(policy, policy) for policy in policies], left={"scheduler", "placement"})
    compared = [row(policy, policy["difference_to_first"]) for policy in policies if "difference_to_first" in policy]
    if compared:
        yield ""
        yield f"more than {_name(policies[0])}, on the same draws:"
        yield ""
        yield from aligned(head, compared, left={"scheduler", "placement"})


def _tenant_lines(tenants: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(tenants) < 2:
        return
    most = sorted(tenants, key=lambda row: (-row["slot_s"], row["tenant"]))
    head = [("tenant", ""), ("jobs", ""), ("used", "slot h"), ("wait", "h"), ("slowdown", "")]
    rows = [
        (row["tenant"] or "-", f"{row['jobs']:,}", f"{row['slot_s'] / 3600.0:,.4g}", _hours(row["wait_s"]),
         _figure(row["bounded_slowdown_ratio"], ""))
        for row in most[:_LISTED]
    ]  # fmt: skip
    yield ""
    yield from aligned(head, rows, left={"tenant"})
    if len(most) > _LISTED:
        yield f"and {len(most) - _LISTED:,} more; --json has all"


def _cluster(told: Mapping[str, Any]) -> str:
    """Return the size of the cluster."""
    parts = [f"{told[key]:,} {key[:-1] if told[key] == 1 else key}" for key in ("slots", "nodes") if key in told]
    return " on ".join(parts)


def _name(policy: Mapping[str, Any]) -> str:
    return ", ".join(policy[each] for each in ("scheduler", "placement") if each in policy)


def _at(summary: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = summary
    for key in path:
        value = value[key]
    return value


def _mean(value: Any) -> float:
    """Return a figure, or its mean over replicas; 0 where there is none."""
    return float((value["mean"] if isinstance(value, dict) else value) or 0.0)


def _figure(value: Any, unit: str) -> str:
    """Return a figure as text, with its confidence interval where it has one."""
    if isinstance(value, dict):
        middle, half = _figure(value["mean"], unit), value["half_width"]
        return middle if not half else f"{middle} ± {_figure(half, unit)}"
    if value is None:
        return "-"
    if unit:
        return format_cell(value, unit)
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else f"{value:,.4g}"


def _cell(value: Any, name: str, unit: str) -> str:
    if isinstance(value, dict):
        half = value["half_width"]
        return _cell(value["mean"], name, unit) + (f" ± {_cell(half, name, unit)}" if half else "")
    if value is None:
        return "-"
    if unit in {"h", "slot h"}:
        return _hours(value)
    return _figure(value, "ratio" if name in {"used", "coming", "fragments", "unusable", "missed"} else "")


def _hours(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds / 3600.0:,.4g}"


def _line(name: str, text: str) -> str:
    return f"{name:<12} {text}"
