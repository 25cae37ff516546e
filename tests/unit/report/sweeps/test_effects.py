"""How far a parameter moves an answer, against what can be worked out by hand."""

from __future__ import annotations

import pytest

from dcsim.report.sweeps.curves import curves
from dcsim.report.sweeps.effects import effect, effects, effects_chart, effects_table
from dcsim.report.sweeps.view import SweepView
from tests.unit.report.sweeps.conftest import cost_and_staleness, grid, make_sweep


def test_effects_by_hand(study):
    found = effects(SweepView(study))
    assert [(each.outcome.metric, each.parameter.name) for each in found] == [
        ("cost", "fleet.hosts"), ("cost", "harvest.notice"), ("cost", "placement")
    ]  # fmt: skip
    hosts, notice, placement = found
    # Mean over notices of -2 x notice is -10: 100 for one host, 130 for four; the mean over 1, 2, 4 hosts is 113.33.
    assert (hosts.low, hosts.high, hosts.lowest, hosts.highest) == (100.0, 130.0, "1", "4")
    assert hosts.middle == pytest.approx(340.0 / 3)
    assert hosts.share == pytest.approx(30.0 * 3 / 340)
    assert (notice.lowest, notice.highest) == ("10 min", "0")
    assert notice.high - notice.low == pytest.approx(20.0)
    assert placement.share == 0.0
    assert placement.ends == (None, None)


def test_common_noise_drops_out_of_differences(study):
    hosts, *_ = effects(SweepView(study))
    assert (hosts.difference.mean, hosts.difference.half_width, hosts.difference.number) == (30.0, 0.0, 2)


def test_failed_replicas_are_left_out_of_differences():
    settings = grid(fleet__hosts=("1", "2"), harvest__notice=("0",))
    view = SweepView(make_sweep(settings, cost_and_staleness, failed={(0, 1)}))
    found = effect(view.totals["cost"][0], view.varied[0])
    assert (found.low, found.high) == (109.0, 120.0)
    assert found.difference.number == 1
    assert found.difference.mean == 10.0
    nothing = SweepView(make_sweep(settings, cost_and_staleness, failed={(0, 0), (0, 1)}))
    assert effect(nothing.totals["cost"][0], nothing.varied[0]) is None


def test_replicas_that_some_settings_lack_count_for_none():
    """Two hosts by two notices: of the notice 0 two replicas, of 10 min thirty, and costs that differ by it."""
    settings = grid(fleet__hosts=("1", "2"), harvest__notice=("0", "10 min"))
    lacking = {(number, replica) for number in (0, 2) for replica in range(2, 30)}

    def answer(setting, replica):
        cost = 10.0 * float(setting["fleet.hosts"]) + (100.0 if setting["harvest.notice"] == "0" else 0.0)
        return [("cost", "USD", cost + replica, None, None)]

    view = SweepView(make_sweep(settings, answer, replicas=30, failed=lacking))
    outcome = view.totals["cost"][0]
    hosts = effect(outcome, next(each for each in view.varied if each.name == "fleet.hosts"))
    assert (hosts.low, hosts.high) == (60.5, 70.5)
    assert (hosts.difference.mean, hosts.difference.number) == (10.0, 2)
    lines = curves(view, "cost")[0]
    assert [list(each.y) for each in lines.series] == [[110.5, 24.5], [120.5, 34.5]]  # nothing is averaged over there


def test_a_setting_without_results_leaves_the_average_over_its_value_open():
    settings = grid(fleet__hosts=("1", "2"), harvest__notice=("0", "1 min", "2 min"))
    view = SweepView(make_sweep(settings, cost_and_staleness, failed={(2, 0), (2, 1)}))
    hosts, notice = view.varied
    outcome = view.totals["cost"][0]
    assert effect(outcome, hosts) is None  # of one host there are other notices than of two
    assert (effect(outcome, notice).low, effect(outcome, notice).high) == (113.0, 115.0)


def test_a_drawn_setting_without_results_is_left_out_of_its_group():
    settings = [{"fleet.hosts": f"{1 + k / 7:.4f}", "harvest.notice": f"{(k * 7) % 20}.5 min"} for k in range(20)]
    view = SweepView(make_sweep(settings, cost_and_staleness, failed={(0, 0), (0, 1)}, design="latin_hypercube"))
    found = effect(view.totals["cost"][0], view.varied[0])
    whole = SweepView(make_sweep(settings, cost_and_staleness, design="latin_hypercube"))
    assert found.high == effect(whole.totals["cost"][0], whole.varied[0]).high
    assert found.difference.number == 2


def test_chart_and_table(study):
    found = effects(SweepView(study))
    chart = effects_chart(found)
    (series,) = chart.series
    assert series.x == ["fleet.hosts", "harvest.notice", "placement"]
    assert series.high[0] - series.low[0] == pytest.approx(found[0].share)
    assert series.details[0] == "100 USD at 1, 130 USD at 4"
    assert series.details[2] == "no effect"
    table = effects_table(found)
    assert [cell if isinstance(cell, str) else cell.text for cell in table.rows[0]] == [
        "Cost", "fleet.hosts", "1", "4", "30 USD", "26.5 %"
    ]  # fmt: skip
    assert table.rows[2][2:4] == (None, None)


def test_an_average_of_zero_has_no_shares():
    def answer(setting, replica):
        return [("cost", "USD", float(setting["p"]), None, None)]

    view = SweepView(make_sweep([{"p": "-1"}, {"p": "1"}], answer))
    found = effects(view)
    assert found[0].share == 0.0
    assert effects_chart(found) is None
    assert effects_table(found).rows[0][5] is None
