"""Completions beside a reference."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.errors import InputError
from dcsim.network.flow_comparison import compare
from dcsim.network.flow_trace import read_flows


@pytest.fixture
def compared(tmp_path):
    """Compare three flows that start at 1 s and end at the given times with a reference of the given rows."""
    flows = tmp_path / "flows.csv"
    flows.write_text("id,src,dst,bytes,start\na,0,1,5,1\nb,0,1,5,1\nc,0,1,5,1\n")

    def compared(finish, *rows):
        (tmp_path / "ref.csv").write_text("\n".join(["id,start,finish", *rows]))
        return compare(read_flows(flows, 2), np.array(finish), tmp_path / "ref.csv")

    return compared


def test_errors_are_relative_to_the_reference(compared):
    found = compared([2.0, 3.0, 5.0], "c,1,6", "a,1,2", "b,1,3.0000002")
    assert (found.flows, found.worst_id) == (3, "c")
    assert found.worst_relative_error == pytest.approx(0.2)
    assert found.mean_relative_error == pytest.approx((0.2 + 1e-7) / 3)
    assert (found.unlike, found.unmatched, found.shifted) == (0, 0, 0)


def test_flows_that_only_one_side_has_or_finishes(compared):
    found = compared([2.0, np.inf, 1.0], "a,1,2", "b,1,9", "c,1,1.5", "d,1,2")
    assert (found.flows, found.worst_relative_error, found.worst_id) == (1, 0.0, "a")
    assert (found.unlike, found.unmatched) == (2, 1)
    found = compared([2.0, np.inf, 1.0], "b,1,", "c,1,1")
    assert (found.flows, found.worst_relative_error, found.unlike, found.unmatched) == (2, 0.0, 0, 1)


def test_starts_that_differ_are_counted(compared):
    found = compared([2.0, 3.0, 5.0], "a,1,2", "b,1.5,3.5", "c,1.0000000001,5")
    assert (found.worst_relative_error, found.shifted) == (pytest.approx(0.0, abs=1e-9), 1)


def test_a_reference_of_another_trace_is_refused(compared):
    with pytest.raises(InputError, match="has no flow of the trace"):
        compared([2.0, 3.0, 5.0], "x,1,2")
