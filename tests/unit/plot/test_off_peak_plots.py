"""The pictures of off-peak training show the numbers of the study."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from dcsim.plot.best_checkpoint import best_checkpoint
from dcsim.plot.free_hosts import free_hosts
from dcsim.plot.harvest_curve import harvest_curve
from dcsim.results.run import Run
from dcsim.trace.recorder import Recorder
from dcsim.trace.store import RunDirectory

HOUR = 3600.0
OFFERS, GROUPS, EVERY, REPLICAS = (0.5, 1.0, 2.0), (2, 4), (60.0, 120.0, 240.0, 480.0), 3
USEFUL = {0.5: 10.0, 1.0: 15.0, 2.0: 15.5}
"""Useful hours of groups of 4 at the best interval, of 20 paid ones for each unit of the offer."""


def _study(recorder, losses=20.0):
    """Groups of 4 get twice what groups of 2 get, and at 120 s most of all; replicas differ by an hour."""
    offer, group, every, replica = (
        axis.reshape(-1) for axis in np.meshgrid(OFFERS, GROUPS, EVERY, range(REPLICAS), indexing="ij")
    )
    best = np.array([USEFUL[each] for each in offer]) + replica - 1.0
    useful = best * np.where(group == 4, 1.0, 0.5) * (1.0 - 0.02 * np.log2(every / 120.0) ** 2) * HOUR
    paid = 20.0 * offer * HOUR
    nothing = dict.fromkeys(
        ("learning_host_s", "checkpoint_host_s", "restart_host_s", "notice_host_s", "uncommitted_host_s", "unforeseen",
         "foreseen", "resizes"), 0.0,
    )  # fmt: skip
    recorder.block("elastic", {
        **nothing, "region": "lulea", "server": "leopard", "recipe": "mlp", "offered_ratio": offer,
        "group_hosts": group, "checkpoint_every_s": every, "replica": replica, "groups": 1,
        "paid_host_s": paid, "useful_host_s": useful, "open_host_s": 0.0,
        "synchronisation_host_s": 0.75 * (paid - useful), "lost_host_s": 0.25 * (paid - useful), "worth_ratio": 0.05,
        "running_s": paid / group, "writing_s": 100.0, "written": 50.0, "failures": 2.0, "losses": losses,
    })  # fmt: skip


def _free(recorder):
    """Clocks are two hours ahead in lulea, five behind in altoona; free hosts follow them, ten more the second day."""
    time = np.arange(48) * HOUR
    for region, ahead, hosts in (("lulea", 2.0, 100), ("altoona", -5.0, 200)):
        local = (time / HOUR + 0.5 + ahead) % 24.0
        free = hosts / 2.0 + np.floor(local) + 10.0 * (time >= 24 * HOUR)
        recorder.block("free_hosts", {
            "time_s": time, "held_s": HOUR, "region": region, "server": "leopard", "rack": "leopard_rack",
            "local_hour": local, "needed_hosts": hosts - free, "free_hosts": free, "foreseen_hosts": free - 1.0,
            "foreseen_stay_s": HOUR, "stay_s": HOUR,
        })  # fmt: skip
        recorder.span("fleet", region, "leopard", "serving", "dual_socket", 10, hosts, 4, 0, 50.0, 150.0, 2e3, 1e8)


def finished(path, **changes):
    """Return a run that holds little more than a study."""
    with RunDirectory(path) as directory:
        recorder = Recorder(directory, {})
        _study(recorder, **changes)
        _free(recorder)
        recorder.close()
        directory.write_text("run.json", json.dumps({"run": {"start": "2017-09-19T00:00:00Z"}}))
    return Run(path)


@pytest.fixture
def studied(tmp_path):
    return finished(tmp_path / "run")


@pytest.mark.parametrize("draw", [best_checkpoint, free_hosts, harvest_curve])
def test_draws_what_there_is(draw, studied, sample_run, tmp_path):
    for name, run in (("studied", studied), ("without a study", sample_run)):
        draw(run).savefig(tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 3000


def curve(axes, label):
    (found,) = [each for each in axes.get_lines() if each.get_label() == label]
    return found.get_xdata(), found.get_ydata()


def test_harvest_curve_draws_the_best_settings(studied):
    left, right = harvest_curve(studied).axes
    paid, useful = curve(left, "leopard")
    assert paid.tolist() == pytest.approx([10.0, 20.0, 40.0])
    assert useful.tolist() == pytest.approx(list(USEFUL.values()))
    assert left.get_xlabel() == "paid server-hours"
    (ring,) = [each for each in left.get_lines() if each.get_fillstyle() == "none" and len(each.get_xdata())]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == pytest.approx((20.0, 15.0))
    parts = {bars.get_label(): [bar.get_height() for bar in bars] for bars in right.containers}
    assert list(parts) == ["useful", "synchronisation", "lost"]
    assert parts["useful"] == pytest.approx([100.0, 75.0, 38.75])
    assert np.sum(list(parts.values()), axis=0) == pytest.approx([100.0] * 3)
    assert [tick.get_text() for tick in right.get_xticklabels()] == ["50", "100", "200"]


def test_best_checkpoint_draws_shares_of_the_best_group(studied):
    (panel,) = best_checkpoint(studied).axes
    assert panel.get_title() == "leopard, up to 4 hosts"
    every, share = curve(panel, "study (95 % interval)")
    assert every.tolist() == list(EVERY)
    assert share.tolist() == pytest.approx([98.0, 100.0, 98.0, 92.0])
    found = studied.metric("best_checkpoint")
    for label, metric in (("best (95 % interval)", "best_checkpoint_interval"), ("Young", "young_interval")):
        of_server = found[(found["metric"] == metric) & found["group_hosts"].isna() & found["server"].notna()]
        assert curve(panel, label)[0][0] == pytest.approx(of_server["value"].item())
    assert curve(panel, "best (95 % interval)")[0][0] == pytest.approx(120.0)
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["1 min", "2 min", "4 min", "8 min"]


def test_without_bounds_the_best_interval_is_a_line_alone(tmp_path):
    (panel,) = best_checkpoint(finished(tmp_path / "run", losses=2.0)).axes
    assert curve(panel, "best of the study")[0][0] == pytest.approx(120.0)


def test_free_hosts_by_the_hour_and_by_region(studied):
    day, where, *_ = free_hosts(studied).axes
    (mean,) = [each for each in day.patches if each.get_label() == "mean"]
    local = {"lulea": (np.arange(24) + 2) % 24, "altoona": (np.arange(24) - 5) % 24}
    both = 50.0 + 100.0 + local["lulea"] + local["altoona"] + 10.0  # five more each on the mean of two days
    assert mean.get_data().values.tolist() == pytest.approx(both.tolist())
    (band,) = [each for each in day.patches if each.get_label() == "eight days of ten"]
    assert (band.get_data().values - band.get_data().baseline).tolist() == pytest.approx([16.0] * 24)
    assert curve(day, "mean of the forecasts")[1].tolist() == pytest.approx((both - 2.0).tolist())
    assert [tick.get_text() for tick in where.get_yticklabels()] == ["lulea", "altoona"]
    share = where.get_images()[0].get_array()
    assert share[0].tolist() == pytest.approx((50.0 + local["lulea"] + 5.0).tolist())
    assert share[1].tolist() == pytest.approx(((100.0 + local["altoona"] + 5.0) / 2.0).tolist())


def test_draws_into_given_axes(studied):
    figure = Figure()
    axes = figure.subplots(1, 4)
    assert harvest_curve(studied, axes[:2]) is figure
    assert best_checkpoint(studied, axes[2:3]) is figure
    assert free_hosts(studied, figure.subplots(1, 2)) is figure
