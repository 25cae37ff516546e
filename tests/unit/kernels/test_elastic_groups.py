"""Lives of elastic groups by hand: 2, 4 or 8 hosts, checkpoints of 10 s after 90 s of computing, restarts of 20 s."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.elastic_groups import follow
from dcsim.kernels.elastic_plan import FORESEEN, GROWTH, UNFORESEEN
from dcsim.kernels.elastic_records import GROUP, LIFE, RATE, TERMS
from dcsim.kernels.fleet_records import new_records

SIZES = (2, 4, 8)
NEVER = np.array([np.inf])
PARTS = ("useful", "synchronisation", "learning", "lost", "checkpoint", "restart", "notice", "uncommitted")


def live(changes, end, *, every=90.0, notice=60.0, grace=0.0, restart=20.0, saves=True, write=10.0, failures=NEVER):
    """Return the life of a group whose hosts are worth 80 %; synchronising takes 12.5 %, the larger batch 7.5 %."""
    rates = new_records((len(SIZES) + 1,), RATE)
    for k, hosts in enumerate(SIZES):
        rates[k + 1] = (hosts, 0.8 * hosts, 0.125 * hosts, 0.075 * hosts, write)
    terms = new_records((1,), TERMS)
    terms[0] = (notice, grace, restart, saves)
    times = np.array([at for at, _, _ in changes])
    sizes = np.array([(SIZES.index(hosts) + 1 if hosts else 0, kind) for _, hosts, kind in changes], np.int64)
    group, lives = new_records((1,), GROUP), new_records((1,), LIFE)
    follow(times, sizes, len(times), end, rates, every, terms[0], failures, group[0], lives[0])
    assert sum(lives[0][name] for name in PARTS) == pytest.approx(lives[0].paid)
    return lives[0]


def test_a_quiet_life():
    """1000 s: 20 s restart, 9 cycles of 100 s, 80 s computed since."""
    life = live([(0.0, 4, GROWTH)], 1000.0)
    assert life.paid == 4000.0
    assert life.restart == 80.0
    assert life.checkpoint == 360.0
    assert (life.useful, life.synchronisation, life.learning) == pytest.approx((2592.0, 405.0, 243.0))
    assert life.uncommitted == 320.0
    assert life.open == pytest.approx(0.8 * 320.0)
    assert (life.written, life.writing, life.running, life.resizes) == (9.0, 90.0, 1000.0, 1.0)
    assert (life.lost, life.notice, life.failures, life.losses) == (0.0, 0.0, 0.0, 0.0)


def test_growth_waits_for_the_next_checkpoint():
    """4 hosts become free at 50 s; they join, and are paid for, at 120 s, after a first cycle; then a restart."""
    life = live([(0.0, 4, GROWTH), (50.0, 8, GROWTH)], 240.0)
    assert life.paid == 4 * 120.0 + 8 * 120.0
    assert life.restart == 4 * 20.0 + 8 * 20.0
    assert life.useful == pytest.approx(0.8 * (4 * 90.0 + 8 * 90.0))
    assert life.checkpoint == 4 * 10.0 + 8 * 10.0
    assert life.uncommitted == 0.0
    assert life.resizes == 2.0


def test_hosts_that_come_during_a_restart_join_at_once():
    life = live([(0.0, 4, GROWTH), (15.0, 8, GROWTH)], 35.0)
    assert life.restart == 4 * 15.0 + 8 * 20.0 == life.paid


def test_a_foreseen_return_loses_nothing():
    """Told at 140 s, 30 s of computing into the second cycle: 10 s of writing, 50 s idle for those who leave."""
    life = live([(0.0, 4, GROWTH), (200.0, 0, FORESEEN)], 300.0)
    assert life.paid == 800.0
    assert life.useful == pytest.approx(0.8 * 4 * (90.0 + 20.0))
    assert (life.lost, life.losses, life.foreseen) == (0.0, 0.0, 1.0)
    assert (life.checkpoint, life.notice) == (2 * 40.0, 200.0)


def test_those_who_stay_go_on_while_the_others_leave():
    """At 150 s the checkpoint is written; 2 hosts idle until 200 s, 2 restart and compute from 170 s on."""
    life = live([(0.0, 4, GROWTH), (200.0, 2, FORESEEN)], 220.0)
    assert life.notice == 2 * 50.0
    assert life.restart == 4 * 20.0 + 2 * 20.0
    assert life.uncommitted == 2 * 50.0
    assert life.paid == 4 * 150.0 + 2 * 50.0 + 2 * 70.0


def test_an_unforeseen_return_takes_the_work_since_the_last_checkpoint():
    life = live([(0.0, 4, GROWTH), (200.0, 2, UNFORESEEN)], 300.0)
    assert life.lost == 4 * 80.0
    assert (life.losses, life.unforeseen) == (1.0, 1.0)
    assert life.useful == pytest.approx(0.8 * 4 * 90.0)
    assert life.uncommitted == 2 * 80.0


def test_grace_long_enough_saves_it():
    life = live([(0.0, 4, GROWTH), (200.0, 0, UNFORESEEN)], 300.0, grace=30.0)
    assert (life.lost, life.losses, life.unforeseen) == (0.0, 0.0, 1.0)
    assert life.useful == pytest.approx(0.8 * 4 * (90.0 + 80.0))
    assert life.notice == 4 * 20.0
    assert life.paid == 4 * 230.0


@pytest.mark.parametrize("more", [{"notice": 5.0}, {"saves": False}])
def test_a_return_without_a_checkpoint_loses_work(more):
    told = 200.0 - more.get("notice", 60.0)
    life = live([(0.0, 4, GROWTH), (200.0, 0, FORESEEN)], 300.0, **more)
    assert life.lost == 4 * (told - 120.0)
    assert life.notice == 4 * (200.0 - told)


def test_a_host_that_fails_takes_the_work_of_all():
    """The 600th host-second of 4 hosts is at 150 s, 30 s into the second cycle; then 20 s of restart."""
    life = live([(0.0, 4, GROWTH)], 200.0, failures=np.array([600.0, np.inf]))
    assert life.lost == 4 * 30.0
    assert life.restart == 2 * 4 * 20.0
    assert life.uncommitted == 4 * 30.0
    assert (life.failures, life.losses, life.resizes) == (1.0, 1.0, 1.0)


def test_a_failure_while_a_checkpoint_is_written_loses_its_work():
    life = live([(0.0, 4, GROWTH)], 130.0, failures=np.array([4 * 115.0, np.inf]))
    assert life.lost == 4 * 90.0
    assert life.checkpoint == 4 * 5.0
    assert life.written == 0.5


def test_larger_groups_fail_more_often():
    often = np.array([4000.0])
    small, large = (live([(0.0, hosts, GROWTH)], 10_000.0, failures=often) for hosts in (2, 8))
    assert (small.failures, large.failures) == (5.0, 20.0)


def test_free_checkpoints_take_no_time():
    life = live([(0.0, 4, GROWTH)], 1000.0, write=0.0)
    assert life.checkpoint == 0.0
    assert life.useful == pytest.approx(0.8 * 4 * 900.0)
    assert life.uncommitted == 4 * 80.0
