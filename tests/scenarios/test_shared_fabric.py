"""Who slows whom on the shared fabric, and what must hold whatever the numbers are."""

from __future__ import annotations

import pytest

from tests.scenarios.finished import simulated, tiny, write

UPLINK = "catalog.fabrics.f4_40g.tor_uplinks={}"


@pytest.fixture(scope="module")
def fabric(shipped):
    return lambda variant=None, *sets: shipped("shared_fabric", variant, *sets)


def lengths(run, service):
    """Return how long each training of a service held its gang, by job; those that never stopped at the end."""
    segments = run.table("segments").astype({"service": str})
    mine = segments[(segments["service"] == service) & (segments["end"] == "done")]
    return (mine["end_s"] - mine["begin_s"]).groupby(mine["job"]).sum()


def added(run):
    return run.table("segments").astype({"service": str}).groupby("service")["contended_s"].sum()


def test_gangs_slow_one_another(fabric):
    run = fabric()
    assert (added(run) > 0).all()
    slowdown = run.values("contention_slowdown", "service")
    assert 0.02 < slowdown["verticals",] < 0.5
    assert slowdown["classifiers",] < 0.25 * slowdown["verticals",], "small exchanges among twelve hosts"
    spans = run.table("contention")
    assert len(spans) > 50
    assert {name.split()[1] for name in spans["link"].astype(str)} >= {"rack", "pod", "bryce_canyon"}


def test_storage_is_what_most_wait_for_and_more_of_it_helps(fabric):
    before, after = fabric(), fabric("more_storage")
    link = {link for service, link in before.values("contention_at_link", "service", "link") if service == "verticals"}
    assert link == {"lulea bryce_canyon racks of pod 2 up"}
    assert added(after)["verticals"] < 0.25 * added(before)["verticals"]
    assert lengths(after, "verticals").mean() < lengths(before, "verticals").mean()


def test_alone_nobody_waits(fabric):
    run = fabric("alone")
    assert run.table("contention").empty
    assert added(run)["news_feed"] == 0.0
    (alone,), (together,) = lengths(run, "news_feed"), lengths(fabric(), "news_feed")
    assert together == pytest.approx(alone + added(fabric())["news_feed"])


def test_full_uplinks_leave_nothing_to_wait_for(fabric):
    run = fabric("full_uplinks")
    assert run.table("links").empty
    assert run.table("contention").empty
    assert (added(run) == 0.0).all()


def test_the_closed_form_knows_no_others(fabric):
    run = fabric(None, "network=closed_form")
    assert run.table("links").empty
    assert run.table("contention").empty
    assert (added(run) == 0.0).all()


def test_halving_the_uplinks_never_speeds_a_lone_job(fabric):
    wide, narrow = (lengths(fabric("alone", UPLINK.format(count)), "news_feed").iloc[0] for count in (4, 2))
    assert narrow >= wide


def test_narrower_uplinks_add_more_time(fabric):
    wide, narrow = (added(fabric(None, UPLINK.format(count))).sum() for count in (6, 4))
    assert narrow > wide


def test_serving_takes_its_share_first(fabric):
    quiet, busy = fabric(), fabric(None, "services.news_feed.serving.host_traffic=4 Gbit/s")
    before, after = (run.table("links").astype({"level": str}) for run in (quiet, busy))
    most = [table.groupby("level")["serving_bytes_per_s"].max()["pod"] for table in (before, after)]
    assert most[1] == pytest.approx(2 * most[0], rel=1e-9)
    assert added(busy).sum() > added(quiet).sum()
    assert "serving" in set(busy.table("contention")["main_sharer"].astype(str))


def test_same_seed_same_tables(fabric, tmp_path):
    first, second = fabric(), simulated(tmp_path / "again", "shared_fabric")
    for name in ("links", "contention", "segments", "jobs"):
        assert (first.path / f"{name}.parquet").read_bytes() == (second.path / f"{name}.parquet").read_bytes()


def test_drills_and_narrow_links_go_together(tmp_path):
    """A region is lost while its gangs slow one another; the books are those of every other run."""
    regions = {
        "lulea": {"serving": {"leopard": 2}, "training": {"tioga_pass": 3}, "storage": {"bryce_canyon": 1}},
        "altoona": {"serving": {"leopard": 2}, "training": {"tioga_pass": 3}, "storage": {"bryce_canyon": 1}},
    }
    fleet = {"fabric": "f4_40g", "capacity_unit": 0.5, "failover_time": "17 min", "regions": regions}
    scenario = tiny(
        fleet=fleet, harvest=None, resolution="15 min", services={"ads": {"training": {"every": {"models": 2}}}},
        training=[{"name": "trials", "recipe": "search_verticals", "generator": "poisson", "rate": "4 /h"}],
        catalog={"fabrics": {"f4_40g": {"racks_per_pod": 3}}, "training": {"ads_ranking": {"hosts": 40}}},
    )  # fmt: skip
    run = simulated(tmp_path / "run", write(tmp_path / "lossy.yaml", scenario))
    segments = run.table("segments")
    assert (segments["end"] == "region_lost").any()
    assert segments.loc[segments["end"] == "region_lost", "contended_s"].max() > 0.0
    parts = segments[["useful_s", "lost_s", "overhead_s", "contended_s"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx((segments["end_s"] - segments["begin_s"]).to_numpy())
    assert (run.table("links")["utilisation_ratio"] <= 1.0 + 1e-9).all()
