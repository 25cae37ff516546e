"""Formats of job traces: what each file holds, which format it has, and what is told of wrong ones."""

from __future__ import annotations

import gzip
import io
import sys

import numpy as np
import pytest

from dcsim.errors import InputError
from dcsim.job_formats import detect, job_format
from dcsim.job_formats import swf as swf_module
from dcsim.job_formats.parquet import ParquetRows
from dcsim.jobs.block import LEFT_OUT, OUTCOMES, JobResults
from dcsim.trace.source import Source
from tests.architecture.source import ROOT

TRACES = ROOT.parent / "shared" / "traces"
SWF = """\
; Version: 2.2
;  MaxProcs: 64
1 0 477768 35541 160 32096 89734 160 108000 -1 1 7 1 1 1 1 -1 -1
  2 30 1 20 8 -1 -1 -1 -1 -1 0 -1 2 2 1 -1 -1 -1

; a word in between
3 40.5 1 -1 8 -1 -1 4 100 -1 0 9 2 2 1 -1 -1 -1
4 -1 1 5 -1 -1 -1 0 100 -1 0 9 2 2 1 -1 -1 -1
5 50 1 0 -1 -1 -1 0 100 -1 0 9 2 2 1 -1 -1 -1
"""


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read(content, name="t.csv", form=None):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        source = Source(name)
        (block,) = job_format.get(form or detect(source)).call(source)
        return block

    return read


def _told(call, *arguments):
    with pytest.raises(InputError) as caught:
        call(*arguments)
    return [str(problem) for problem in caught.value.problems]


def _left_out(block):
    return [LEFT_OUT[code] for code in block.left_out]


def test_swf(read):
    block = read(SWF, "log.swf")
    assert block.job_id.tolist() == ["1", "2", "3", "4", "5"]
    assert block.submit.tolist() == [0.0, 30.0, 40.5, 0.0, 50.0]
    assert block.slots.tolist() == [160, 8, 4, 0, 0]
    assert block.duration.tolist() == [35541.0, 20.0, 0.0, 5.0, 0.0]
    assert block.walltime.tolist() == [108000.0, 20.0, 0.0, 100.0, 100.0]
    assert _left_out(block) == ["", "", "no_duration", "no_slots", "no_slots"]
    assert block.more["tenant"].tolist() == ["7", "", "9", "9", "9"]


def test_wrong_lines_of_swf(read):
    row = "{} 30 1 20 8 -1 -1 -1 -1 -1 0 -1 2 2 1 -1 -1 -1\n"
    lines = [
        row.format(1), row.format(2).replace(" 30", " 3o"), row.format(3).replace(" 20", " nan"), "4 1 2\n",
        row.format(1), row.format(6).replace(" 8 ", " 8.5 "), row.format(7).replace(" 30", " 1e99"), "x" * 100 + "\n",
        row.format(9).replace(" 20", " 2_0"), row.format("1#2"), row.format("x\0"),
    ]  # fmt: skip
    assert _told(read, "; top\n" + "".join(lines), "log.swf") == [
        "log.swf:3:3: submit: '3o' is not a number of seconds",
        "log.swf:4:8: run time: 'nan' is not a number of seconds",
        "log.swf:5:1: has 3 numbers, where a job has 18",
        "log.swf:7:11: allocated processors: '8.5' is not a whole number",
        "log.swf:8:3: submit: '1e99' must be 1e+12 or less",
        "log.swf:9:1: has 1 numbers, where a job has 18",
        "log.swf:10:8: run time: '2_0' is not a number of seconds",
        "log.swf:11:1: job: '1#2' is not a number",
        "log.swf:12:1: job: 'x\\x00' is not a number",
    ]


def test_blocks_of_swf_do_not_show(tmp_path, monkeypatch):
    monkeypatch.setattr(swf_module, "_BLOCK", 2)
    (tmp_path / "a.swf").write_text(SWF)
    blocks = list(job_format.get("swf").call(Source(tmp_path / "a.swf")))
    assert [name for block in blocks for name in block.job_id] == ["1", "2", "3", "4", "5"]
    (tmp_path / "a.swf").write_text(SWF + SWF.splitlines()[2])
    blocks = list(job_format.get("swf").call(Source(tmp_path / "a.swf")))
    assert [name for block in blocks for name in block.job_id] == ["1", "2", "3", "4", "5", "1#2"]
    assert [block.noted for block in blocks if block.noted] == [{"renamed": (1, "1#2")}]


def _lines(*jobs):
    return "".join(f"{job} {at} 1 20 8 -1 -1 -1 -1 -1 {status} -1 2 2 1 -1 -1 -1\n" for at, (job, status) in jobs)


@pytest.mark.parametrize("size", [65536, 2, 1])
def test_parts_of_jobs_of_swf_and_numbers_that_come_again(tmp_path, monkeypatch, size):
    monkeypatch.setattr(swf_module, "_BLOCK", size)
    jobs = [(17, 1), (17, 2), (18, 0), (17, 3), (17, 5), (19, 2), (19, 3), (17, 1), (18, 4), (19, 1)]
    (tmp_path / "log.swf").write_text(_lines(*enumerate(jobs)))
    blocks = list(job_format.get("swf").call(Source(tmp_path / "log.swf")))
    taken = [(job, at) for block in blocks for job, at in zip(block.job_id, block.submit.tolist(), strict=True)]
    assert taken == [
        ("17", 0.0), ("18", 2.0), ("17#2", 4.0), ("19", 5.0), ("19#2", 6.0), ("17#3", 7.0), ("19#3", 9.0),
    ]  # fmt: skip
    for what, number in (("parts", 3), ("renamed", 4)):
        assert sum(block.noted.get(what, (0, ""))[0] for block in blocks) == number
    firsts = [block.noted[what][1] for what in ("parts", "renamed") for block in blocks if what in block.noted]
    assert firsts[0] == "17"
    assert "17#2" in firsts


def test_comments_of_swf_in_any_encoding(read, tmp_path):
    block = read("; Installation: Université\n".encode("latin-1") + SWF.encode(), "log.swf")
    assert block.job_id.tolist() == ["1", "2", "3", "4", "5"]
    odd = SWF.encode() + b"  ; caf\xe9\n6 50 1 0 -1 -1 -1 0 100 -1 0 \xe9 2 2 1 -1 -1 -1\n"
    assert _told(read, odd, "log.swf") == ["log.swf:11:30: is not UTF-8 text; save the file as UTF-8"]
    assert _told(read, b"# caf\xe9\njob_id,submit,gpus,duration\n") == [
        "t.csv:1:6: is not UTF-8 text; save the file as UTF-8"
    ]


def test_jobs_wait_for_those_above(read):
    rows = "job_id,submit,gpus,duration,after\na,0,1,5,\nb,0,1,5,a\n"
    assert read(f"{rows}c,0,1,5,a | b\n").more["after"].tolist() == ["", "a", "a | b"]
    assert _told(read, f"{rows}c,0,1,5,a|no\nd,0,1,5,e\ne,0,1,5,e\n") == [
        "t.csv:4:9: after: job 'c' waits for 'no', which stands nowhere above it; write that job first",
        "t.csv:5:9: after: job 'd' waits for 'e', which stands nowhere above it; write that job first",
        "t.csv:6:9: after: job 'e' waits for 'e', which stands nowhere above it; write that job first",
    ]


@pytest.mark.parametrize("letter", ["\0", "\x1b", "\x7f", "\x85"])
def test_control_characters_in_names(read, letter):
    assert _told(read, f"job_id,submit,gpus,duration\na,0,1,5\nb{letter}c,0,1,5\n") == [
        f"t.csv:3:1: job_id: {'b' + letter + 'c'!a} has a control character in it; leave it out"
    ]


def test_table(read):
    block = read(
        "gpus,job_id,duration,submit,walltime,tenant,opportunistic,least,deadline,after\n"
        "4,a,10,0,20,ads,1,2,99,\n1,b,,5,,,,,,a\n-1,c,10,-1,5,x,0,,,\n,d,1,7,,,,,,\n0,e,1,8,,,,,,\n"
    )
    assert block.job_id.tolist() == ["a", "b", "c", "d", "e"]
    assert _left_out(block) == ["", "no_duration", "no_slots", "no_slots", "no_slots"]
    assert block.submit.tolist() == [0.0, 5.0, 0.0, 7.0, 8.0]
    assert block.slots.tolist() == [4, 1, 0, 0, 0]
    assert block.walltime.tolist() == [20.0, 0.0, 5.0, 1.0, 1.0]
    assert block.more["tenant"].tolist() == ["ads", "", "x", "", ""]
    assert block.more["opportunistic"].tolist() == [True, False, False, False, False]
    assert block.more["least"].tolist() == [2, 1, 0, 0, 0]
    assert block.more["deadline"].tolist() == [99.0, *[np.inf] * 4]
    assert block.more["after"].tolist() == ["", "a", "", "", ""]
    assert set(block.more) == {"tenant", "opportunistic", "least", "deadline", "after"}


def test_jobs_without_gpus_may_need_cores(read):
    assert _left_out(read("job_id,submit,gpus,duration,cpus\na,0,0,5,4\n")) == [""]


def test_contradictions_of_a_table(read):
    rows = "job_id,submit,gpus,duration,share,least,most\na,0,2,5,0.5,,\nb,0,1,5,0.5,2,\nc,0,4,5,1,1,3\n"
    assert _told(read, rows) == [
        "t.csv:2:9: share: is for jobs of one GPU; others take whole ones",
        "t.csv:3:13: least: is more than the job's gpus; write as many or fewer",
        "t.csv:4:13: most: is fewer than the job's gpus; write as many or more",
    ]
    assert _told(read, "job_id,submit,gpus,duration,share\na,0,1,5,0\n") == [
        "t.csv:2:9: share: '0' must be above 0, and 1 at most: a part of one GPU"
    ]


def test_philly_and_tiresias(read):
    block = read("job_id,submit_s,duration_s,num_gpus,vc,submit_time\n0,37841,2240.5,8,7f04ca,2017-09-04 10:30:41\n")
    assert (block.submit[0], block.duration[0], block.walltime[0], block.slots[0]) == (37841.0, 2240.5, 2240.5, 8)
    assert block.more["tenant"].tolist() == ["7f04ca"]
    block = read("job_id,num_gpu,submit_time,iterations,model_name,duration,interval\n1,8,30,133,vgg11,147,23\n")
    assert (block.submit[0], block.duration[0], block.slots[0]) == (30.0, 147.0, 8)
    assert block.more["model"].tolist() == ["vgg11"]


OPENB = "name,cpu_milli,memory_mib,num_gpu,gpu_milli"
MORE = ",gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time"


def test_openb(read):
    block = read(
        f"{OPENB}{MORE}\np,12000,1,1,460,V100M16|V100M32,LS,Running,7,107,8\nq,500,2,0,0,,BE,Pending,9,,\n"
        "r,1,1,8,1000,,LS,Running,9,9,9\n"
    )
    assert _left_out(block) == ["", "", ""]
    assert block.submit.tolist() == [7.0, 9.0, 9.0]
    assert block.duration.tolist() == block.walltime.tolist() == [100.0, np.inf, 0.0]
    assert block.slots.tolist() == [1, 0, 8]
    assert block.more["share"].tolist() == [0.46, 1.0, 1.0]
    assert block.more["cpus"].tolist() == [12.0, 0.5, 0.001]
    assert block.more["memory"].tolist() == [2.0**20, 2.0**21, 2.0**20]
    assert block.more["gpu_type"].tolist() == ["V100M16|V100M32", "", ""]


def test_pods_without_times_stay_for_ever(read):
    block = read(f"{OPENB}\np,1,1,1,1000\nq,1,1,2,1000\n")
    assert (block.submit.tolist(), block.duration.tolist()) == ([0.0, 0.0], [np.inf, np.inf])


def test_wrong_pods(read):
    assert _told(read, f"{OPENB}{MORE}\np,1,1,1,0,,,,5,9,\nq,1,1,2,500,,,,5,9,\nr,1,1,1,1000,,,,5,4,\n") == [
        "t.csv:2:9: gpu_milli: leaves nothing of the GPU that the pod asks for; write 1 to 1000",
        "t.csv:3:9: gpu_milli: is for pods of one GPU; a pod of more takes whole ones",
        "t.csv:4:19: deletion_time: is before the creation",
    ]


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.swf", "", "swf"), ("a.SWF.gz", "", "swf"), ("a.parquet", "", "parquet"), ("a.txt", "  ; SWF\n1 2", "swf"),
        ("a.csv", "# x\n\njob_id,submit,gpus,duration\n", "table"), ("a", "PAR1....", "parquet"),
        ("a.csv", "job_id, num_gpus ,submit_s,duration_s,extra\n", "philly"), ("a.csv", "\ufeffjob_id,oops", "table"),
        ("a.csv", '"job_id",num_gpu,submit_time,duration\n', "tiresias"), ("a.csv", f"{OPENB}\n", "openb"),
        ("a.csv", "", "table"),
    ],
)  # fmt: skip
def test_the_format_is_seen(tmp_path, monkeypatch, name, content, form):
    packed = gzip.compress(content.encode(), mtime=0) if name.endswith(".gz") else content.encode()
    (tmp_path / name).write_bytes(packed)
    assert detect(Source(tmp_path / name)) == form
    if "." not in name:
        return
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    assert detect(Source("-")) in {form, "table"}


def test_parquet_goes_round(tmp_path):
    (tmp_path / "t.csv").write_text(
        "job_id,submit,gpus,duration,walltime,tenant,deadline,opportunistic,priority\n"
        "a,0.5,4,10,20,ads,99,1,3\nb,1,1,,,,,0,\nc,2,,5,,x,,0,\nd,,2,5,,x,,0,\n"
    )
    (block,) = job_format.get("table").call(Source(tmp_path / "t.csv"))
    nan = np.full(4, np.nan)
    outcome = np.array([OUTCOMES.index(name) for name in ("done", "no_duration", "no_slots", "no_submit")])
    with (tmp_path / "t.parquet").open("wb") as file:
        rows = ParquetRows(file)
        rows.add(JobResults(block, nan, nan, outcome, np.zeros(4, np.int64), *np.zeros((3, 4))))
        rows.close()
    assert detect(Source(tmp_path / "t.parquet")) == "parquet"
    (again,) = job_format.get("parquet").call(Source(tmp_path / "t.parquet"))
    for name in ("job_id", "submit", "slots", "duration", "walltime", "left_out"):
        assert getattr(again, name).tolist() == getattr(block, name).tolist(), name
    assert {name: column.tolist() for name, column in again.more.items()} == {
        name: column.tolist() for name, column in block.more.items()
    }


def test_wrong_parquet(tmp_path, monkeypatch):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    monkeypatch.chdir(tmp_path)

    def read(**columns):
        pq.write_table(pa.table(columns), "t.parquet")
        return list(job_format.get("parquet").call(Source("t.parquet")))

    good = {"job_id": ["a", "b"], "submit": [0.0, 1.0], "slots": [1, 2], "duration": [5, 6]}
    assert read(**good)[0].duration.tolist() == [5.0, 6.0]
    assert _told(lambda: read(job_id=["a"], submit=["x"], slots=[1.5], odd=[1], strange=[1])) == [
        "t.parquet: column 'slots' holds double, where int64 is needed",
        "t.parquet: column 'submit' holds string, where double is needed",
        "t.parquet: needs a column 'duration'",
        "t.parquet: unknown column 'odd'; known: job_id, submit, slots, duration, walltime, priority, tenant, "
        "opportunistic, deadline, after, model, gpu_type, share, cpus, memory, least, most",
        "t.parquet: unknown column 'strange'",
    ]
    assert _told(lambda: read(**{**good, "job_id": ["a", "b\0"], "after": ["", "c"]})) == [
        "t.parquet: after: row 1: job 'b\\x00' waits for 'c', which stands nowhere above it; write that job first",
        "t.parquet: job_id: row 1: 'b\\x00' has a control character in it",
    ]
    assert _told(lambda: read(**{**good, "job_id": ["a", "a"], "submit": [0.0, np.inf]})) == [
        "t.parquet: job_id: row 1: 'a' stands in row 0 too",
        "t.parquet: submit: row 1: inf must be a number, 1e+12 or less",
    ]
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and no more")
    assert _told(list, job_format.get("parquet").call(Source("t.parquet"))) == [
        "t.parquet: cannot be read: is no Parquet file, or a damaged one"
    ]
    (missing,) = _told(list, job_format.get("parquet").call(Source("no.parquet")))
    assert missing.startswith("no.parquet: cannot be read:")
    assert _told(list, job_format.get("parquet").call(Source("-"))) == [
        "standard input: cannot be read as Parquet, which is no stream; name the file"
    ]


@pytest.mark.skipif(not TRACES.is_dir(), reason="needs the sibling folder ../shared")
@pytest.mark.parametrize(
    ("name", "form", "jobs", "slots"),
    [
        ("swf_gaia_head/UniLu-Gaia-2014-1_first5000.swf.gz", "swf", 5000, None),
        ("philly_jobs/philly_jobs_2017-09-04_to_2017-10-15.csv.gz", "philly", 30_065, None),
        ("openb_gpu_cluster/openb_pod_list_default.csv", "openb", 8152, 6989 + 44 * 8 + 16 * 2 + 15 * 4),
        ("openb_gpu_cluster/openb_pod_list_multigpu50.csv", "openb", 9061, None),
        ("tiresias_60job/60_job.csv", "tiresias", 60, None),
    ],
)
def test_published_traces(name, form, jobs, slots):
    source = Source(TRACES / name)
    assert detect(source) == form
    blocks = list(job_format.get(form).call(source))
    assert sum(map(len, blocks)) == jobs
    assert not any(block.left_out.any() for block in blocks)
    assert slots is None or sum(int(block.slots.sum()) for block in blocks) == slots
