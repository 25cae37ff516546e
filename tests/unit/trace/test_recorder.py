"""Rows in, row groups out."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.trace.recorder import Recorder
from dcsim.trace.tables import TABLES


class Groups:
    """A sink that keeps copies."""

    def __init__(self):
        self.kept = []

    def write(self, table, columns, vocabulary):
        self.kept.append((table, {name: values.copy() for name, values in columns.items()}, dict(vocabulary)))

    def column(self, table, name):
        return np.concatenate([columns[name] for kept, columns, _ in self.kept if kept == table])

    def sizes(self, table):
        return [len(columns["time_s"]) for kept, columns, _ in self.kept if kept == table]


VOCABULARY = {"kind": ("gpu", "storage"), "fleet.kind": ("inference",), "region": ("lulea", "altoona")}


def queues(n, **changes):
    return {
        "time_s": np.arange(float(n)),
        "held_s": 1.0,
        "kind": 0,
        "queued_jobs": 0.0,
        "running_jobs": 2.0,
    } | changes


def test_blocks_broadcast_and_rows_follow_in_c_order():
    sink = Groups()
    recorder = Recorder(sink, {**VOCABULARY, "service": ("ads", "search")})
    levels = np.arange(12.0).reshape(3, 2, 2)
    recorder.block("user_models", {
        "time_s": np.array([0.0, 5.0, 10.0])[:, None, None], "held_s": 5.0,
        "service": [[0], [1]], "region": [0, 1], "triggered_models": levels, "trained_models": 1,
        "backlog_models": 0.0, "busy_hosts": 0.0, "delay_s": 0.0,
    })  # fmt: skip
    recorder.close()
    assert sink.column("user_models", "triggered_models").tolist() == list(range(12))
    assert sink.column("user_models", "time_s").tolist() == [0.0] * 4 + [5.0] * 4 + [10.0] * 4
    assert sink.column("user_models", "service").tolist() == [0, 0, 1, 1] * 3
    assert sink.column("user_models", "region").tolist() == [0, 1] * 6
    assert sink.column("user_models", "trained_models").dtype == np.float64


@pytest.mark.parametrize("cuts", [[10], [3, 7], [1] * 10, [4, 4, 2]])
def test_row_groups_do_not_depend_on_the_cutting(cuts):
    sink = Groups()
    recorder = Recorder(sink, VOCABULARY, rows_per_group=4)
    rows = np.arange(10.0)
    for piece in np.split(rows, np.cumsum(cuts)[:-1]):
        recorder.block("queues", queues(len(piece), time_s=piece))
    recorder.close()
    assert sink.sizes("queues") == [4, 4, 2]
    assert sink.column("queues", "time_s").tolist() == rows.tolist()


def test_arrays_may_be_reused_by_the_caller():
    sink = Groups()
    recorder = Recorder(sink, VOCABULARY)
    times = np.array([1.0, 2.0])
    recorder.block("queues", queues(2, time_s=times))
    times[:] = -1.0
    recorder.close()
    assert sink.column("queues", "time_s").tolist() == [1.0, 2.0]


def test_spans_keep_their_order_among_blocks_and_beyond_what_is_held():
    sink = Groups()
    recorder = Recorder(sink, VOCABULARY)
    for time in range(5000):
        recorder.span("queues", time, 1.0, "gpu", 0, 0)
    recorder.block("queues", queues(1, time_s=5000.0))
    recorder.span("queues", 5001, 1.0, "storage", 0, 0)
    recorder.close()
    assert sink.column("queues", "time_s").tolist() == list(range(5002))
    assert sink.column("queues", "kind")[-2:].tolist() == [0, 1]


def test_none_is_nan_and_names_are_codes():
    sink = Groups()
    recorder = Recorder(sink, VOCABULARY)
    recorder.span("drills", "region_loss", "altoona", 0.0, 1.0, None)
    recorder.close(("drills",))
    assert np.isnan(sink.column("drills", "end_s")[0])
    assert sink.column("drills", "region").tolist() == [1]
    assert sink.kept[-1][2] == {"drill": ("region_loss",), "region": ("lulea", "altoona")}


def test_vocabulary_of_a_table_wins_over_that_of_a_column():
    sink = Groups()
    recorder = Recorder(sink, VOCABULARY)
    recorder.span("fleet", "lulea", "yosemite", "serving", "inference", 1, 1, 1, 0, 1.0, 2.0, 3.0, 4.0)
    recorder.close(("fleet",))
    assert sink.kept[-1][2]["kind"] == ("inference",)


def test_every_table_is_written_even_without_rows():
    sink = Groups()
    Recorder(sink, {}).close()
    assert [table for table, _, _ in sink.kept] == list(TABLES)
    for table, columns, _ in sink.kept:
        assert list(columns) == [column.name for column in TABLES[table].columns]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": 2}, "code outside the vocabulary of 2 names"),
        ({"kind": -1}, "code outside the vocabulary"),
        ({"kind": "fpga"}, "'fpga' is not in its vocabulary"),
        ({"queued_jobs": "many"}, "queues.queued_jobs"),
        ({"queue": 1.0}, "missing or unknown columns queue"),
        ({"time_s": np.zeros(3), "queued_jobs": np.zeros(2)}, "shape mismatch"),
    ],
)
def test_wrong_blocks_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Recorder(Groups(), VOCABULARY).block("queues", queues(2, **changes))


def test_digits_are_not_lost_silently():
    recorder = Recorder(Groups(), {})
    recorder.span("publications", "ads", 0.5, "lulea", 0.0, 0.0)
    with pytest.raises(ValueError, match=r"publications.model: float64 values for int64"):
        recorder.close()


def test_codes_without_vocabulary_are_refused():
    recorder = Recorder(Groups(), {})
    with pytest.raises(ValueError, match="codes need a vocabulary"):
        recorder.block("queues", queues(1))


def test_rows_of_the_wrong_length_are_refused_at_once():
    with pytest.raises(ValueError, match="drills: 2 values for 5 columns"):
        Recorder(Groups(), {}).span("drills", "region_loss", "lulea")


def test_memory_stays_bounded():
    largest = 0

    class Count:
        def write(self, table, columns, vocabulary):
            nonlocal largest
            largest = max(largest, len(columns["time_s"]) if "time_s" in columns else 0)

    recorder = Recorder(Count(), VOCABULARY, rows_per_group=100)
    for _ in range(50):
        recorder.block("queues", queues(33))
    assert largest == 100
    assert max(len(array) for array in recorder._buffers["queues"]._arrays.values()) == 100
