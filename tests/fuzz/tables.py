"""Recorded jobs and flows that are right, the tables beside them, and changes of their cells."""

from __future__ import annotations

from tests.fuzz import values

JOBS = """\
job_id,submit,gpus,duration,walltime,tenant,priority,opportunistic,deadline,after,least,most
a,0,2,10,20,blue,0,0,,,1,4
b,1,4,100,100,green,1,1,500,,,
c,1,1,3.5,60,blue,0,0,60,a,,
d,50,3,1e3,2000,green,0,0,,,2,3
e,51,0,5,5,,2,1,,,,
"""
PHILLY = """\
job_id,submit_s,duration_s,num_gpus,vc,submit_time
application_1,0,3600,1,ee9e8c,2017-10-09 07:02:20
application_2,5,60,4,ee9e8c,2017-10-09 07:02:25
application_3,60,7,2,2869ce,
"""
PODS = """\
name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time
p0,6000,12288,1,460,,LS,Running,0,12537496,0
p1,12000,16384,1,1000,,LS,Running,427061,12902960,427061
p2,2000,4096,0,0,,BE,Succeeded,500,900,600
p3,8000,4096,2,1000,V100M16|V100M32,Burstable,Failed,501,900,600
"""
LOG = """\
; Version: 2.2
; UnixStartTime: 893466664
; MaxProcs: 8
1 0 -1 335 4 -1 -1 4 676 -1 1 1 1 1 1 1 -1 -1
2 17 3 108 1 -1 -1 1 203 -1 1 2 1 1 1 1 -1 -1
3 428 -1 52 8 -1 -1 8 52 -1 0 1 1 1 1 1 2 10
4 500 -1 -1 8 -1 -1 -1 -1 -1 5 1 1 1 1 1 -1 -1
"""
FLOWS = """\
id,src,dst,bytes,start,weight,cap
a,0,16,5e6,0,1,
b,0,17,1e6,0.001,2,1e9
c,3,16,2e7,0.002,1,
d,5,5,10,0.5,1,
"""
CHANGES = "time,link,bandwidth\n0.001,host 0 > leaf 0,0\n0.01,host 0 > leaf 0,1 GB/s\n"
NODES = "node,slots,type,rack,cpus,memory\nn0,4,V100M16,r0,64,256e9\nn1,8,V100M32,r0,64,256e9\nn2,0,,r1,64,1e12\n"
PARTS = "sn,cpu_milli,memory_mib,gpu,model\na,64000,262144,2,P100\nb,96000,524288,8,V100M32\n"
TENANTS = "blue: {quota: 2, weight: 1}\ngreen: {weight: 2.5}\n"
CAPACITY = "time,slots\n0,4\n20,2\n100,8\n"

_CELLS = (
    "", " ", "0", "-1", "1", "2", "1e3", "1e18", "1e308", "1e309", "-1e308", "nan", "inf", "-inf", "1e-320", "0x10",
    "1_0", "1,5", "a", "b", "1.5", "9" * 25, "9" * 400, "é", "\x00", '"', '"a"', "'a'", "#", ";", "None", "true",
    "1 s", " 1 ", "+1",
)  # fmt: skip


def changed(rng, text, separator=","):
    """Return a table with one to four changes: cells, columns, lines."""
    rows = [line.split(separator) for line in text.rstrip("\n").split("\n")]
    for _ in range(rng.choice((1, 1, 2, 4))):
        rng.choice(_CHANGES)(rng, rows)
    return "".join(f"{separator.join(row)}\n" for row in rows)


def _cell(rng, rows):
    row = rng.choice(rows)
    if row:
        at = rng.randrange(len(row))
        row[at] = rng.choice((rng.choice(_CELLS), values.nudged(rng, row[at]), rng.choice(rng.choice(rows) or [""])))


def _column(rng, rows):
    """Drop, repeat or empty a column."""
    at, change = rng.randrange(max(map(len, rows), default=0) + 1), rng.randrange(3)
    for row in rows:
        if at < len(row):
            row[at : at + 1] = ([], [row[at]] * 2, [""])[change]


def _row(rng, rows):
    at, change = rng.randrange(len(rows)), rng.randrange(3)
    if change == 0:
        rows.insert(at, list(rows[at]))
    elif change == 1 and len(rows) > 1:
        del rows[at]
    else:
        rng.shuffle(rows)


def _cut(rng, rows):
    row = rng.choice(rows)
    row[:] = rng.choice(([], [*row, rng.choice(_CELLS)], row[:-1]))


_CHANGES = (_cell, _cell, _cell, _cell, _column, _row, _cut)
