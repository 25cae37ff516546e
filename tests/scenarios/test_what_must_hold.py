"""Relations between small runs that hold whatever the numbers: slower networks, more hosts, longer notice."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dcsim.trace.tables import TABLES
from tests.scenarios.balances import BALANCES
from tests.scenarios.finished import simulated, tiny, write

FEW = settings(max_examples=4)
MORE = settings(max_examples=25)
HOUR = 3600.0
RECIPES = {
    "sigma_classifiers": "dual_socket", "search_verticals": "dual_socket", "ads_ranking": "dual_socket",
    "lumos_images": "gpu", "speech_language": "gpu",
}  # fmt: skip


DRAW = (Phase.explicit, Phase.generate)  # runs take seconds: shrinking them would take minutes


def ran(scenario, *sets):
    """Return a finished run, read while its folder still exists."""
    with tempfile.TemporaryDirectory() as folder:
        run = simulated(Path(folder) / "run", write(Path(folder) / "small.yaml", scenario), sets)
        for name in TABLES:
            run.table(name)
        run.report, run.rows  # noqa: B018  # kept by the object
    return run


def alone(recipe, hosts, gbits, every="20 min"):
    """Return a scenario in which one gang has a fleet for itself."""
    kind = RECIPES[recipe]
    rack = {"dual_socket": "leopard", "gpu": "big_basin_v100"}[kind]
    return {
        "name": "alone", "start": "2017-09-19T00:00:00Z", "duration": "60 days", "resolution": "1 day",
        "warm_start": False,
        "fleet": {
            "fabric": "f4_100g", "capacity_unit": 1.0, "failover_time": "17 min",
            "nic": {"bandwidth": f"{gbits} Gbit/s"},
            "regions": {"lulea": {"training": {rack: 2 if kind == "gpu" else 1}}},
        },
        "training": [{"name": "alone", "recipe": recipe, "generator": "cadence", "every": "50 days"}],
        "catalog": {"training": {recipe: {"hosts": hosts, "checkpoint_every": every}}},
    }  # fmt: skip


def serving(racks, *, regions=("lulea",), peak=40.0, harvest=None):
    """Return a scenario of one service with a given number of racks and a load that does not follow them."""
    return tiny(
        fleet={
            "fabric": "f4_100g", "capacity_unit": peak / 20.0, "failover_time": "17 min",
            "regions": {
                name: {"serving": {"leopard": count}, "training": {"leopard": 1}, "traffic": 1.0}
                for name, count in zip(regions, racks, strict=True)
            },
        },
        services={"ads": {"training": {"every": {"models": 1}}}}, training=None, drills=None, harvest=harvest,
        catalog={"training": {"ads_ranking": {"hosts": 8}}},
    )  # fmt: skip


@FEW
@given(
    recipe=st.sampled_from(sorted(RECIPES)), hosts=st.sampled_from([1, 2, 3, 4, 6]),
    gbits=st.sampled_from([1.0, 10.0, 50.0, 100.0]),
)  # fmt: skip
def test_half_the_network_never_speeds_a_lone_job_up(recipe, hosts, gbits):
    spans = []
    for share in (1.0, 0.5):
        run = ran(alone(recipe, hosts, gbits * share))
        (job,), (segment,) = run.table("jobs").to_dict("records"), run.table("segments").to_dict("records")
        (cost,) = run.table("recipes").to_dict("records")
        assert job["outcome"] == "done"
        assert job["started_s"] == job["queued_s"] == job["arrived_s"]
        assert segment["useful_s"] == pytest.approx(cost["steps"] * cost["step_s"])
        assert cost["step_s"] == pytest.approx(cost["compute_s"] + cost["straggler_s"] + cost["exposed_s"])
        spans.append(job["trained_s"] - job["started_s"])
    assert spans[0] <= spans[1]
    if hosts > 1 and gbits == 1.0:
        assert spans[0] < spans[1], "the synchronisation of a slow network is not hidden"


@FEW
@given(every=st.sampled_from(["5 min", "20 min", "3 h"]))
def test_a_lone_job_takes_what_its_parts_take(every):
    run = ran(alone("sigma_classifiers", 4, 10.0, every))
    (job,), (cost,) = run.table("jobs").to_dict("records"), run.table("recipes").to_dict("records")
    recipe = run.resolved.entry("training", "sigma_classifiers")
    work = cost["steps"] * cost["step_s"]
    # One checkpoint after every full interval but none at the very end; all data is at hand.
    written = -(-work // recipe.checkpoint_every) - 1
    assert job["trained_s"] - job["started_s"] == pytest.approx(
        recipe.restart_time + work + written * cost["checkpoint_s"]
    )
    assert job["checkpoint_s"] == pytest.approx(written * cost["checkpoint_s"])


@FEW
@given(racks=st.integers(1, 3), more=st.integers(1, 2), peak=st.floats(5.0, 120.0))
def test_more_hosts_never_lower_the_slo(racks, more, peak):
    few, many = (ran(serving([count], peak=peak)) for count in (racks, racks + more))
    for metric in ("slo_attainment", "served_share"):
        assert few.values(metric, "service", "region")[None, None] <= (
            many.values(metric, "service", "region")[None, None] + 1e-9
        )


@FEW
@given(here=st.integers(1, 2), there=st.integers(1, 2), more=st.integers(1, 2), peak=st.floats(20.0, 160.0))
def test_more_hosts_in_one_region_never_raise_what_goes_unserved(here, there, more, peak):
    regions = ("lulea", "odense")
    few, many = (
        ran(serving([here + extra, there], regions=regions, peak=peak)) for extra in (0, more)
    )
    few, many = (run.values("served_share", "service", "region")[None, None] for run in (few, many))
    assert few <= many + 1e-9


@FEW
@given(peak=st.floats(10.0, 60.0), minutes=st.sampled_from([2, 20, 60]))
def test_lending_never_costs_the_users_anything_when_the_load_is_foreseen(peak, minutes):
    harvest = {"recipes": {"dual_socket": "harvest_dual_socket"}, "notice": f"{minutes} min", "reserve": "5 %"}
    kept, lent = (ran(serving([3], peak=peak, harvest=terms)) for terms in (None, harvest))
    assert lent.table("harvest")["lent_host_s"].sum() > 0
    # In the first step nothing is lent yet, so that even it is the same.
    for column in ("served_hosts", "demand_hosts"):
        assert lent.table("serving")[column].tolist() == pytest.approx(kept.table("serving")[column].tolist())


@FEW
@given(at=st.integers(2, 20), minutes=st.sampled_from([10, 30, 90]))
def test_notice_never_loses_more_training(at, minutes):
    loss = {"kind": "region_loss", "region": "altoona", "at": f"{at} h", "lasts": "3 h"}
    lost = [
        ran(tiny(drills=[{**loss, **notice}])).table("jobs")["lost_s"].sum()
        for notice in ({}, {"notice": f"{minutes} min"})
    ]
    assert lost[1] == 0.0 <= lost[0], "ten minutes are enough to write any checkpoint"


@FEW
@given(interval=st.sampled_from(["10 min", "1 h", "4 h"]))
def test_what_is_lost_is_less_than_one_checkpoint_interval(interval):
    changes = {"ads_ranking": {"hosts": 8}, "facer_general": {"hosts": 2}, "sigma_classifiers": {"hosts": 12}}
    catalog = {"training": {name: {**change, "checkpoint_every": interval} for name, change in changes.items()}}
    run = ran(tiny(catalog=catalog))
    seconds = {"10 min": 600.0, "1 h": HOUR, "4 h": 4 * HOUR}[interval]
    assert (run.table("segments")["lost_s"] <= seconds + 1e-6).all()


@MORE
@given(step=st.sampled_from(["1 s", "5 min", "1 h", "24 h"]), steps=st.integers(1, 3))
@pytest.mark.slow
def test_runs_of_a_few_steps_are_whole(step, steps):
    _whole(step, steps)


@pytest.mark.parametrize(("step", "steps"), [("1 s", 1), ("1 h", 1), ("24 h", 1), ("90 min", 2)])
def test_runs_of_one_step_are_whole(step, steps):
    _whole(step, steps)


def _whole(step, steps):
    number, unit = step.split()
    run = ran(tiny(resolution=step, duration=f"{int(number) * steps} {unit}", drills=None))
    assert run.table("serving")["time_s"].nunique() == steps
    held = run.table("pools").groupby(["region", "server", "role"], observed=True)["held_s"].sum()
    assert held.tolist() == pytest.approx([run.duration] * 9)
    sheet = run.conservation["jobs"]
    assert sheet["in"] == sheet["done"] + sheet["lost"] + sheet["queued"] + sheet["running"]
    assert run.conservation["server_hours"]["error_ratio"] < 1e-12
    assert run.conservation["lent_host_hours"]["error_ratio"] < 1e-9
    assert {row["metric"] for row in run.rows} >= {"utilisation", "slo_attainment", "energy", "staleness_mean"}


def test_a_scenario_with_nothing_to_do_runs():
    idle = ran(tiny(services={}, training=None, harvest=None, drills=None, catalog=None))
    pools = idle.table("pools")
    busy = ["serving_hosts", "training_hosts", "lent_hosts", "down_hosts"]
    assert (pools[busy] == 0).all(axis=None)
    assert idle.conservation["jobs"] == dict.fromkeys(("in", "done", "lost", "queued", "running"), 0)
    assert len(idle.table("jobs")) == len(idle.table("publications")) == 0


RECIPE = st.fixed_dictionaries({
    "checkpoint_storage": st.sampled_from(["local", "replicated"]),
    "on_notice": st.sampled_from(["checkpoint", "drop"]),
    "checkpoint_every": st.sampled_from(["3 min", "20 min", "5 h"]),
    "duration": st.sampled_from(["10 min", "1 h", "5 h", "30 h"]),
    "restart_time": st.sampled_from(["0 s", "2 min", "40 min"]),
})  # fmt: skip
DRILL = st.fixed_dictionaries({
    "kind": st.just("region_loss"), "region": st.sampled_from(["lulea", "altoona"]),
    "at": st.sampled_from(["0 h", "1 h", "5.5 h", "12.3 h", "23 h"]),
    "lasts": st.sampled_from(["6 min", "1 h", "5 h", "20 h"]),
    "notice": st.sampled_from(["0 s", "2 min", "30 min", "3 h"]),
})  # fmt: skip
LENDING = st.fixed_dictionaries({
    "recipes": st.just({"single_socket": "harvest_single_socket", "dual_socket": "harvest_dual_socket"}),
    "notice": st.sampled_from(["2 min", "10 min", "2 h"]), "reserve": st.sampled_from(["0 %", "40 %"]),
    "placement": st.sampled_from(["packed", "spread"]),
}, optional={"backlog": st.sampled_from([1, 7])})  # fmt: skip
SIZES = {"ads_ranking": 8, "facer_general": 2, "sigma_classifiers": 12, "harvest_dual_socket": 16,
         "harvest_single_socket": 8}  # fmt: skip


@st.composite
def days(draw):
    """Draw a day of the tiny fleet with all kinds of trouble."""
    recipes = {name: {**draw(RECIPE), "hosts": hosts} for name, hosts in SIZES.items()}
    drills = draw(st.lists(DRILL, max_size=3))
    harvest = draw(st.none() | LENDING)
    scenario = tiny(
        seed=draw(st.integers(0, 999)), scheduler=draw(st.sampled_from(["gang", "preemptive"])),
        warm_start=draw(st.booleans()), resolution=draw(st.sampled_from(["15 min", "1 h", "2 h"])),
        drills=drills, harvest=harvest,
        catalog={
            "training": {name: recipe for name, recipe in recipes.items() if harvest or "harvest" not in name},
            "datasets": {"ads_events": {"storage": draw(st.sampled_from([[], ["lulea"], ["altoona"]]))}},
        },
    )  # fmt: skip
    scenario["fleet"]["capacity_unit"] = draw(st.sampled_from([0.3, 2.0, 8.0]))
    scenario["services"]["facer"]["user_models"]["peak_rate"] = draw(st.sampled_from(["2 /s", "20 /s"]))
    scenario["training"][0]["rate"] = draw(st.sampled_from(["1 /h", "4 /h"]))
    return scenario


def _balances(scenario):
    run = ran(scenario)
    for balance in BALANCES:
        balance(run)


@settings(max_examples=5, phases=DRAW)
@given(days())
def test_everything_balances_on_any_day(scenario):
    _balances(scenario)


@pytest.mark.slow
@settings(max_examples=60, phases=DRAW)
@given(days())
def test_everything_balances_on_many_days(scenario):
    _balances(scenario)


def test_a_region_lost_for_good_never_trains_again():
    loss = [{"kind": "region_loss", "region": "altoona", "at": "6 h", "lasts": "300 h"}]
    run = ran(tiny(drills=loss))
    segments, pools = run.table("segments"), run.table("pools")
    assert (segments.loc[segments["region"] == "altoona", "end_s"] <= 6 * HOUR).all()
    after = pools[(pools["region"] == "altoona") & (pools["time_s"] >= 6 * HOUR)]
    assert (after["power_w"] == 0).all()
    gpu = run.table("queues").query("kind == 'gpu'").sort_values("time_s")["queued_jobs"].to_numpy()
    assert all(later >= earlier for earlier, later in itertools.pairwise(gpu[6:]))
