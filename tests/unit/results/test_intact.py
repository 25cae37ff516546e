"""A run whose files somebody changed, or a disk damaged, is told as such; never a traceback, never its numbers."""

from __future__ import annotations

import io
import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from dcsim.cli.main import main
from dcsim.errors import InputError
from dcsim.report.subject import page_of
from dcsim.report.trace_events import write_trace_events
from dcsim.results.intact import check_intact
from dcsim.results.run import load
from dcsim.trace.store import read_table
from tests.fuzz.seeds import finished

SWEEP = ("sweep", "minimal", "--set", "harvest.reserve=1 %,5 %", "--set", "duration=1 h", "--engine", "in_process")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    done = CliRunner().invoke(main, [*SWEEP, "--metric", "cost", "--out", str(folder / "s")])
    assert done.exit_code == 0, done.stderr
    return folder / "s"


@pytest.fixture
def place(tmp_path):
    for name, data in finished().items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def _refused(call, *words):
    with pytest.raises(InputError) as told:
        call(*words)
    return [str(problem) for problem in told.value.problems]


def _changed(place, change):
    content = json.loads((place / "run.json").read_text(encoding="utf-8"))
    change(content)
    (place / "run.json").write_text(json.dumps(content), encoding="utf-8")


def test_an_intact_run_is(place):
    check_intact(load(place))


CHANGES = {
    "run.seed: is missing": lambda it: it["run"].pop("seed"),
    "run.seed: cannot be such a number": lambda it: it["run"].update(seed=-1),
    "run.seed: is no number": lambda it: it["run"].update(seed=True),
    "run.digest: is no text": lambda it: it["run"].update(digest=None),
    "run.start: is no date and time with a zone": lambda it: it["run"].update(start="2017-09-19T00:00:00"),
    "run.simulated_s: cannot be such a number": lambda it: it["run"].update(simulated_s=10**400),
    "run: holds no fields": lambda it: it.update(run=[]),
    "environment.dcsim: is no text": lambda it: it["environment"].update(dcsim=1),
    "measured: is missing": lambda it: it.pop("measured"),
    "run.conservation.jobs: is no balance sheet of two amounts or more": lambda it: it["run"].update(
        conservation={"jobs": {"in": 4}}
    ),
    "run.conservation.energy_j: is no balance sheet of two amounts or more": lambda it: it["run"][
        "conservation"
    ].update(energy_j={"total": None, "all_idle": 1}),
}


@pytest.mark.parametrize("said", CHANGES)
def test_changed_provenance(said, place):
    _changed(place, CHANGES[said])
    line = f"{place / 'run.json'}: {said}; the file is not as it was written"
    assert _refused(page_of, place) == [line]
    assert _refused(write_trace_events, place, io.StringIO()) == [line]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", ":1:1: is no JSON from here on; it is not as it was written"),
        (b'{"run": {"seed": 1,}}', ":1:20: is no JSON from here on; it is not as it was written"),
        (b"\xef\xbb\xbf{}", ":1:1: is no JSON from here on; it is not as it was written"),
        (b"\xff{}", ": is not UTF-8 text; it is not as it was written"),
        (b"[]", ": holds no fields; it is not as it was written"),
        (b'{"run": NaN}', ": holds what no run writes; it is not as it was written"),
        (b'{"run": 1e999}', ": holds what no run writes; it is not as it was written"),
        (b"[" * 100_000, ": holds what no run writes; it is not as it was written"),
    ],
)
def test_damaged_provenance(data, said, place):
    (place / "run.json").write_bytes(data)
    assert _refused(page_of, place) == [f"{place / 'run.json'}{said}"]


def test_changed_scenario_is_told_with_its_place(place):
    path = place / "scenario.resolved.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("\nseed: 37\n", "\nseed: many\n"), encoding="utf-8")
    (line,) = _refused(page_of, place)
    assert line.startswith(f"{path}:")
    assert "seed: needs a whole number" in line


def test_both_files_are_told_at_once(place):
    (place / "run.json").write_text("{}")
    (place / "scenario.resolved.yaml").write_text("name: Capital\n")
    files = {line.partition(":")[0] for line in _refused(page_of, place)}
    assert files == {str(place / "run.json"), str(place / "scenario.resolved.yaml")}


def _without(table):
    return table.drop_columns(["hosts"])


def _as_text(table):
    return table.set_column(table.column_names.index("hosts"), "hosts", table.column("hosts").cast(pa.string()))


def _no_utf8(table):
    at = table.column_names.index("region")
    names = pa.array([b"lule\xe5"], pa.binary()).view(pa.string())
    column = pa.DictionaryArray.from_arrays(pa.array([0] * len(table), pa.int32()), names)
    return table.set_column(at, "region", column)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_without, "is not as it was written: it has no column 'hosts'"),
        (_as_text, "is not as it was written: the column 'hosts' is of another type"),
        (_no_utf8, "cannot be read: "),
    ],
)
def test_a_damaged_table(change, said, place):
    path = place / "fleet.parquet"
    pq.write_table(change(pq.read_table(path)), path)
    (line,) = _refused(read_table, place, "fleet")
    assert line.startswith(f"{path}: {said}")


@pytest.mark.parametrize("name", ["results.parquet", "points.parquet"])
@pytest.mark.parametrize("damage", ["cut short", "not one at all", "without a column"])
def test_a_damaged_sweep(name, damage, swept, tmp_path):
    shutil.copytree(swept, tmp_path / "s")
    path = tmp_path / "s" / name
    if damage == "cut short":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "not one at all":
        path.write_bytes(b"")
    else:
        pq.write_table(pq.read_table(path).drop_columns(["seed"]), path)
    done = CliRunner().invoke(main, ["report", str(tmp_path / "s"), "-o", str(tmp_path / "r.html")])
    assert (done.exit_code, done.stdout) == (2, "")
    said = "is not as it was written: it has no column 'seed'" if damage == "without a column" else "cannot be read: "
    assert done.stderr.startswith(f"{path}: {said}")
    assert not (tmp_path / "r.html").exists()
