"""Files of flows, changes and completions."""

from __future__ import annotations

import io

import numpy as np
import pytest

from dcsim.errors import InputError
from dcsim.network import flow_trace
from dcsim.network.flow_trace import read_changes, read_completions, read_flows, write_columns, write_completions


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def file(*lines):
        (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
        return "t.csv"

    return file


def test_flows_with_and_without_weights_and_caps(file):
    trace = read_flows(file("id,src,dst,bytes,start", "a,0,1,2.5e9,0", "b,1,0,0,1e-9"), 2)
    assert trace.id.tolist() == ["a", "b"]
    assert trace.src.tolist() == [0, 1]
    assert trace.dst.tolist() == [1, 0]
    assert trace.nbytes.tolist() == [2.5e9, 0.0]
    assert trace.start.tolist() == [0.0, 1e-9]
    assert trace.weight.tolist() == [1.0, 1.0]
    assert trace.cap.tolist() == [np.inf, np.inf]
    trace = read_flows(file("start,cap,bytes,weight,dst,src,id", "1,,5,2,1,0,a", "2,1e6,5,,1,0,b"), 2)
    assert trace.weight.tolist() == [2.0, 1.0]
    assert trace.cap.tolist() == [np.inf, 1e6]


def test_hosts_of_a_fabric_that_grows(file):
    assert read_flows(file("id,src,dst,bytes,start", "a,0,9999,1,0")).dst.tolist() == [9999]
    with pytest.raises(InputError, match=r"t.csv:2:5: dst: '10000000' must be 9999999 or less"):
        read_flows(file("id,src,dst,bytes,start", "a,0,10000000,1,0"))


def test_changes_by_name_in_every_way_to_say_a_bandwidth(file, built):
    topology = built("leaf_spine")  # 10 Gbit/s hosts
    changes = read_changes(
        file(
            "time,link,bandwidth", "3,host 0 > leaf 0,100 %", "1,host 0 > leaf 0,0", "2,host 0 > leaf 0,50%",
            "2,leaf 0 > spine 1,2 Gbit/s",
        ),
        topology,
    )  # fmt: skip
    assert changes.time.tolist() == [1.0, 2.0, 2.0, 3.0]
    assert [topology.name(link) for link in changes.link[1:3]] == ["host 0 > leaf 0", "leaf 0 > spine 1"]
    assert changes.capacity.tolist() == [0.0, 0.625e9, 0.25e9, 1.25e9]
    assert len(read_changes(file("time,link,bandwidth"), topology).time) == 0


def test_names_of_a_huge_fabric_are_not_compared(file, built, monkeypatch):
    changes = file("time,link,bandwidth", "1,host 0 > laef 0,0")
    with pytest.raises(InputError, match=r"unknown link 'host 0 > laef 0'; did you mean 'host 0 > leaf 0'\?\Z"):
        read_changes(changes, built("leaf_spine"))
    monkeypatch.setattr(flow_trace, "_NAMES_COMPARED", 3)
    with pytest.raises(InputError, match=r"unknown link 'host 0 > laef 0'; 'dcsim replay links' lists all\Z"):
        read_changes(changes, built("leaf_spine"))


def test_completions_are_read_back_to_the_last_digit(file):
    rng = np.random.default_rng(3)
    finish = rng.random(200) * 10.0 ** rng.integers(-9, 9, 200)
    finish[7] = np.inf
    names = ['"x,y"', *range(199)]
    rows = [f"{name},0,1,5,{start!r}" for name, start in zip(names, rng.random(200).tolist(), strict=True)]
    trace = read_flows(file("id,src,dst,bytes,start", *rows), 2)
    text = io.StringIO()
    write_completions(text, trace, finish)
    lines = text.getvalue().splitlines()
    assert lines[0] == "id,start,finish"
    assert lines[1].startswith('"x,y",')
    assert lines[8].endswith(",")
    back = read_completions(file(*lines)).columns
    assert back["id"].tolist() == trace.id.tolist()
    assert back["start"].tolist() == trace.start.tolist()
    assert back["finish"].tolist() == finish.tolist()


def test_columns_are_written_under_their_names():
    text = io.StringIO()
    write_columns(text, {"link": np.array(["a > b"], object), "carried_bytes": np.array([0.1])})
    assert text.getvalue() == "link,carried_bytes\na > b,0.1\n"
