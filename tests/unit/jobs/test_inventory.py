"""Node lists: what is read, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from dcsim.errors import InputError
from dcsim.jobs.inventory import read_nodes

OPENB = Path(__file__).parents[4] / "shared" / "traces" / "openb_gpu_cluster"


def refused(what):
    with pytest.raises(InputError) as raised:
        read_nodes(what)
    return [str(problem) for problem in raised.value.problems]


def test_so_many_of_one_size():
    nodes = read_nodes(" 3 x 8 ")
    assert (nodes.size.tolist(), nodes.nic.tolist(), nodes.rack.tolist()) == ([8, 8, 8], [0, 1, 2], [0, 0, 0])
    assert (nodes.slots, nodes.even, nodes.type_names) == (24, (3, 8), ("",))
    assert math.isinf(nodes.cpus[0])


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("0x8", "--nodes: needs 1 to 1,000,000 nodes, not 0"),
        ("4x0", "--nodes: needs 1 to 1,024 slots a node, not 0"),
        ("9999999x8", "--nodes: needs 1 to 1,000,000 nodes, not 9,999,999"),
        ("32by8", "--nodes: '32by8' is neither a file nor a number of nodes and their slots, such as '32x8'"),
        ("32x-8", "--nodes: '32x-8' is neither a file nor a number of nodes and their slots, such as '32x8'"),
    ],
)
def test_wrong_numbers_are_told(what, message):
    assert refused(what) == [message]


def test_both_numbers_may_be_wrong():
    assert len(refused("0x0")) == 2


def test_a_plain_list(tmp_path):
    path = tmp_path / "nodes.csv"
    path.write_text(
        "node,slots,type,nic,rack,pod,cpus,memory\n"
        "a,8,V100,n,r,p,64,256e9\nb,8,V100,n,r,q,64,\nc,0,,n,r,p,32,1e9\nd,4,T4,,r,p,,1e9\n"
    )
    nodes = read_nodes(path)
    assert nodes.names.tolist() == ["a", "b", "c", "d"]
    assert (nodes.size.tolist(), nodes.slots, nodes.even) == ([8, 8, 0, 4], 20, None)
    assert (nodes.type_names, nodes.type.tolist()) == (("V100", "", "T4"), [0, 0, 1, 2])
    assert nodes.pod.tolist() == [0, 1, 0, 0]
    assert nodes.rack.tolist() == [0, 1, 0, 0]  # a rack called r in either pod
    assert nodes.nic.tolist() == [0, 1, 0, 2]  # an adapter called n in either rack; d has one of its own
    assert nodes.cpus.tolist() == [64.0, 64.0, 32.0, math.inf]
    assert nodes.memory.tolist() == [256e9, math.inf, 1e9, 1e9]


def test_nodes_are_even_only_where_slots_are_all_that_counts(tmp_path):
    path = tmp_path / "nodes.csv"
    path.write_text("node,slots,rack\na,4,r\nb,4,s\n")
    assert read_nodes(path).even == (2, 4)
    path.write_text("node,slots,type\na,4,x\nb,4,y\n")
    assert read_nodes(path).even is None
    path.write_text("node,slots,cpus\na,4,8\nb,4,8\n")
    assert read_nodes(path).even is None


def test_every_wrong_cell_is_told(tmp_path):
    path = tmp_path / "nodes.csv"
    path.write_text("node,slots,cpus\na,8,x\nb,-1,4\n,2,nan\n")
    told = refused(path)
    assert all(line.startswith(f"{path}:") for line in told)
    places = [line.removeprefix(f"{path}:").split(" ")[0] for line in told]
    assert places == ["2:5:", "3:3:", "4:1:", "4:4:"]
    path.write_text("node,slots\na,8\na,8\n")
    assert refused(path) == [f"{path}:3:1: node: 'a' stands on line 2 too; give it another"]


@pytest.mark.parametrize("text", ["node,slots\n", "sn,cpu_milli,memory_mib,gpu,model\n"])
def test_a_list_without_nodes(tmp_path, text):
    path = tmp_path / "nodes.csv"
    path.write_text(text)
    assert refused(path) == [f"{path}: holds no nodes; write one line for each"]


def test_a_file_that_is_not_there(tmp_path):
    assert "cannot be read" in refused(tmp_path / "none.csv")[0]


def test_an_openb_list(tmp_path):
    path = tmp_path / "openb.csv"
    path.write_text("sn,cpu_milli,memory_mib,gpu,model\nx,96500,1024,8,G2\ny,32000,2048,0,\n")
    nodes = read_nodes(path)
    assert (nodes.size.tolist(), nodes.cpus.tolist()) == ([8, 0], [96.5, 32.0])
    assert nodes.memory.tolist() == [2.0**30, 2.0**31]
    assert nodes.type_names == ("G2", "")


@pytest.mark.skipif(not OPENB.is_dir(), reason="the published node lists are not beside the repository")
def test_the_published_lists():
    nodes = read_nodes(OPENB / "openb_node_list_gpu_node.csv")
    assert (len(nodes), nodes.slots) == (1213, 6212)
    of_type = {name: int(nodes.size[nodes.type == code].sum()) for code, name in enumerate(nodes.type_names)}
    assert of_type == {"G2": 4392, "T4": 842, "G3": 312, "P100": 265, "V100M32": 204, "V100M16": 195, "A10": 2}
    assert len(read_nodes(OPENB / "openb_node_list_all_node.csv")) == 1523
