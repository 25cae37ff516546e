"""What a sweep tells first: figures that say how well, of the arrangement that ran."""

from __future__ import annotations

import pandas as pd
import pytest

from dcsim.results.choice import as_run, chosen, one_arrangement, same_work, spread_of
from dcsim.results.sweep import Sweep
from dcsim.results.sweep_summary import headlines, summarise_sweep

DIMENSIONS = ("region", "server", "recipe", "hosts_per_nic", "network")
HOSTS = 8
STEPS = {"25": (10.0, 20.0, 50.0, 40.0), "50": (8.0, 12.0, 17.0, 65.0), "100": (7.0, 9.0, 11.0, 12.0)}
"""Seconds of a step by line rate, for 1 to 4 hosts of an adapter; the order of 3 and 4 hosts differs."""


class _Made(Sweep):
    """A harvest by line rate, from formulas: ``steps`` steps, of which 5 s compute, with ``sharing`` hosts at once."""

    def __init__(self, sharing=4, steps=lambda rate: 900.0, communication=None, stepped=STEPS):
        rows = []
        for number, rate in enumerate(stepped):
            point = {"setting": number, "rate": rate, "replica": 0, "seed": 0}
            took, done = stepped[rate][sharing - 1], steps(rate)
            useful = took * done * HOSTS / 3600.0
            waited = useful * (1.0 - 5.0 / took) if communication is None else useful * communication
            amounts = {
                "useful_server_hours": ("h", useful), "harvest_communication_server_hours": ("h", waited),
                "harvest_steps": ("steps", done), "harvest_goodput": ("ratio", (useful - waited) / useful),
                "harvest_finished_jobs": ("jobs", 3.0),
            }  # fmt: skip
            for metric, (unit, value) in amounts.items():
                rows.append({**point, "metric": metric, "unit": unit, "value": value})
                fine = {"region": "lulea", "server": "leopard", "recipe": "ranking"}
                rows.append({**point, "metric": metric, "unit": unit, "value": value, **fine})
            for hosts, (network, factor) in (
                (hosts, each) for hosts in (1, 2, 3, 4) for each in (("flow", 1.0), ("closed_form", 0.1))
            ):
                row = {"server": "leopard", "recipe": "ranking", "hosts_per_nic": str(hosts), "network": network}
                value = stepped[rate][hosts - 1] * factor
                rows.append({**point, "metric": "step_time", "unit": "s", "value": value, **row})
        frame = pd.DataFrame(rows)
        frame = frame.astype(dict.fromkeys(["metric", "unit", *DIMENSIONS], "category"))
        settings = pd.DataFrame({"rate": list(stepped)})
        self.path, self.spec = "made", {}
        self.__dict__.update(frame=frame, parameters={"rate": None}, dimensions=DIMENSIONS, settings=settings,
                             points=frame.drop_duplicates("setting"), spec={})  # fmt: skip


def test_hours_that_wait_for_the_network_are_no_headline():
    sweep = _Made()
    assert chosen(sweep) == ["harvest_goodput", "harvest_steps", "step_time"]
    assert same_work(sweep)
    assert [each.metric for each in headlines(sweep)] == ["harvest_goodput", "step_time", "harvest_steps"]


def test_hours_are_told_where_the_network_takes_the_same_share_of_them():
    sweep = _Made(communication=0.25)
    assert chosen(sweep) == ["harvest_goodput", "useful_server_hours", "step_time"]


def test_steps_are_told_where_slow_networks_have_more_hours_for_fewer_of_them():
    sweep = _Made(steps=lambda rate: 10.0 * float(rate))
    assert chosen(sweep) == ["harvest_goodput", "harvest_steps", "step_time"]
    assert not same_work(sweep)


@pytest.mark.parametrize("sharing", [1, 2, 3, 4])
def test_step_times_are_those_of_the_arrangement_that_ran(sharing):
    rows = as_run(_Made(sharing), "step_time")
    assert rows["value"].tolist() == [each[sharing - 1] for each in STEPS.values()]
    assert set(rows["network"]) == {"flow"}


def test_step_times_that_do_not_tell_the_arrangement_are_those_of_most_hosts():
    still = dict.fromkeys(STEPS, (10.0, 20.0, 50.0, 40.0))
    assert as_run(_Made(1, stepped=still), "step_time")["value"].tolist() == [40.0] * 3


def test_step_times_are_no_headline_where_settings_differ_in_the_arrangement():
    assert one_arrangement(_Made(3))
    mixed = _Made(4)
    alone = mixed.frame["metric"].eq("useful_server_hours") & mixed.frame["setting"].eq(0)
    mixed.frame.loc[alone, "value"] *= 10.0 / 40.0  # the first setting trained with one host of each adapter
    assert not one_arrangement(mixed)
    assert [each.metric for each in headlines(mixed)] == ["harvest_goodput", "harvest_steps"]


def test_table_says_where_better_lies_and_that_the_work_is_the_same():
    (table,) = summarise_sweep(_Made())
    assert table.headings == ("rate", "harvest_goodput ↑", "step_time 4 hosts per NIC ↓", "harvest_steps ↑")
    assert table.rows[1] == ("50", "7.7%", "65 s", "900")
    assert table.note.splitlines() == [
        "↑ more is better, ↓ less is better",
        "the same work is done in every setting: harvest finished jobs 3, harvest steps 900",
    ]


def test_server_hours_are_hours_however_many():
    (table,) = summarise_sweep(_Made(communication=0.25, steps=lambda rate: 9000.0 * float(rate)))
    (place,) = [place for place, text in enumerate(table.headings) if text == "useful_server_hours ↑"]
    assert [row[place] for row in table.rows] == ["20,000 h", "65,000 h", "24,000 h"]


@pytest.mark.parametrize(
    ("unit", "values", "spread"),
    [("s", (8.0, 10.0), 0.2), ("ratio", (0.995, 0.999), 0.8), ("ratio", (0.001, 0.002), 0.5),
     ("ratio", (1.0, 1.0), 0.0), ("ratio", (0.5, 2.0), 0.75), ("s", (0.0, 0.0), 0.0)],
)  # fmt: skip
def test_shares_near_one_differ_by_what_they_lack(unit, values, spread):
    rows = pd.DataFrame({"setting": [0, 1], "unit": unit, "value": values})
    assert spread_of(rows) == pytest.approx(spread)
