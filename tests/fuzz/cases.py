"""Cases by number: the files that lie there, the command that reads them, and what is tried where it passes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.fuzz import lines, octets, seeds, tables, trees, values

Words = tuple[str, ...]
_STEP = ("step", "--model", "resnet50", "--server", "big_basin_p100", "--gpus", "16", "--catalog", "own")
_COLLECTIVE = ("collective", "--ranks", "8", "--bytes", "1MB")
_VERBS = {
    "models": ("step", "--model", "{}", "--server", "big_basin_p100", "--gpus", "8", "--batch-per-device", "4"),
    "servers": ("step", "--model", "resnet50", "--server", "{}", "--batch-per-device", "4"),
    "frameworks": (*_STEP[:-2], "--framework", "{}"), "optimisers": (*_STEP[:-2], "--optimiser", "{}"),
    "compressions": (*_STEP[:-2], "--compression", "{}"), "learning": (*_STEP[:-2], "--target", "{}"),
    "transports": (*_COLLECTIVE, "--transport", "{}", "--fidelity", "closed_form,packet"),
    "fabrics": (*_COLLECTIVE, "--fabric", "{}"),
    "sleds": (*_COLLECTIVE, "--sled", "{}"),
    "regions": (*_STEP[:-2], "--region", "{}"),
}  # fmt: skip
_PART_OF = {
    "gpus": {
        "p100_sxm2": "big_basin_p100", "v100_sxm2_16": "big_basin_v100", "m40": "big_sur_m40",
        "a100_sxm_40": "dgx_a100", "h100_sxm": "dgx_h100", "k80": "ec2_p2_8xlarge",
    },
    "cpus": {"xeon_d1540": "web_1s"},
    "nics": {},
    "gpu_topologies": {"hybrid_cube_mesh_p100": "dgx1_p100", "nvswitch_a100": "dgx_a100"},
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What is tried.

    Parameters
    ----------
    name : str
        Seed, number and subject.
    files : mapping
        Content by relative name.
    words : tuple of str
        The command line.
    then : tuple of command lines
        Tried in turn where the first is content with the input.
    """

    name: str
    files: Mapping[str, bytes]
    words: Words
    then: tuple[Words, ...] = ()


def case(seed, number):
    """Return a case; equal numbers give equal cases on every machine."""
    rng = random.Random(f"{seed}/{number}")
    subject = rng.choices(list(SUBJECTS), [weight for weight, _ in SUBJECTS.values()])[0]
    return made(rng, subject, f"{seed}/{number}")


def made(rng, subject, name):
    """Return a case of a subject."""
    files, words, then = SUBJECTS[subject][1](rng)
    return Case(f"{name} {subject}", files, words, then)


def _follow(rng, name, *more):
    """Return runs of a scenario, cut to an hour or two, for a part of the cases."""
    then = []
    if rng.random() < 0.15:
        words = ["run", name, *more, "--json", "--out", "out", "--set", f"duration={rng.choice(('1 h', '2 h'))}"]
        if rng.random() < 0.5:
            words += ["--set", "resolution=30 min"]
        if rng.random() < 0.2:
            words += ["--set", f"network={rng.choice(('closed_form', 'flow', 'packet'))}"]
        then.append(tuple(words))
    if rng.random() < 0.1:
        then.append(("resolve", name, *more))
    return tuple(then)


def _scenario_tree(rng):
    quick = ("minimal", "minimal", "tiny", "tiny", "written_out", "shared_nic")
    name = rng.choice((*quick, *seeds.SMALL, rng.choice(seeds.LONG)))
    data = trees.changed(rng, seeds.scenarios()[name], seeds.pool()).encode("utf-8", "surrogatepass")
    files = {"case.yaml": data, **(seeds.replayed() if name == "replay_day" else {})}
    return files, ("check", "case.yaml"), _follow(rng, "case.yaml")


def _scenario_octets(rng):
    texts = [text.encode() for text in seeds.scenarios().values()]
    files = {"case.yaml": octets.changed(rng, rng.choice(texts), texts)}
    return files, ("check", "case.yaml"), _follow(rng, "case.yaml")


def _entry(rng, change):
    """Return a changed entry, checked by itself, then laid over the shipped ones where something uses it."""
    used = rng.random() < 0.5
    kind, name = rng.choice(list(seeds.users() if used else seeds.entries()))
    place = f"own/{kind}/{name}.yaml"
    then = [("catalog", "show", kind, name, "--catalog", "own")] if rng.random() < 0.1 else []
    if used:
        user = rng.choice(seeds.users()[kind, name])
        then += [("check", user, "--catalog", "own"), *_follow(rng, user, "--catalog", "own")]
    if kind in _VERBS and rng.random() < 0.5:
        then.append((*(word.format(name) for word in _VERBS[kind]), "--json", "--catalog", "own"))
    if name in _PART_OF.get(kind, ()):
        words = (word.format(_PART_OF[kind][name]) for word in _VERBS["servers"])
        then.append((*words, "--json", "--catalog", "own"))
    return {place: change(seeds.entries()[kind, name])}, ("check", place), tuple(then)


def _entry_tree(rng):
    return _entry(rng, lambda text: trees.changed(rng, text, seeds.pool()).encode("utf-8", "surrogatepass"))


def _entry_octets(rng):
    texts = [text.encode() for text in list(seeds.entries().values())[::10]]
    return _entry(rng, lambda text: octets.changed(rng, text.encode(), texts))


def _setting(rng):
    name = rng.choice(("minimal", "hpca18_day", "shared_gpus", "replay_day"))
    sets = [lines.setting(rng, seeds.scenarios()[name], seeds.pool()) for _ in range(rng.choice((1, 1, 2)))]
    words = ("check", name, *(word for text in sets for word in ("--set", text)))
    run = ("run", *words[1:], "--set", "duration=1 h", "--json", "--out", "out")
    return {}, words, (run,) if rng.random() < 0.3 else ()


def _line(rng):
    return {}, lines.changed(rng, rng.choice(lines.LINES)), ()


_TRACES = (("jobs.csv", tables.JOBS), ("philly.csv", tables.PHILLY), ("pods.csv", tables.PODS), ("log.swf", tables.LOG))
_SCHEDULERS = (
    "fifo", "easy_backfill", "conservative_backfill", "shortest_first", "quotas", "fair_share", "off_peak", "gang",
)  # fmt: skip
_PLACEMENTS = ("consolidate", "spread", "best_fit", "random", "same_rack")


def _table(rng, name, text):
    """Return a changed table, by cells or by bytes."""
    if rng.random() < 0.3:
        return octets.changed(rng, text.encode(), [trace.encode() for _, trace in _TRACES])
    if name == "tenants.yaml":
        return trees.changed(rng, text, seeds.pool()).encode("utf-8", "surrogatepass")
    return tables.changed(rng, text, " " if name == "log.swf" else ",").encode("utf-8", "surrogatepass")


def _jobs(rng):
    name, text = rng.choice((_TRACES[0], *_TRACES))
    files = {name: text, "nodes.csv": rng.choice((tables.NODES, tables.PARTS)), "tenants.yaml": tables.TENANTS,
             "capacity.csv": tables.CAPACITY}  # fmt: skip
    words = ["replay", "jobs", name, "--scheduler", rng.choice(_SCHEDULERS)]
    words += ["--out", "out.csv", "--segments", "parts.csv"]
    if rng.random() < 0.5:
        words += ["--nodes", rng.choice(("nodes.csv", "2x4")), "--placement", rng.choice(_PLACEMENTS)]
    else:
        words += ["--slots", "8", *(("--capacity", "capacity.csv") if rng.random() < 0.4 else ())]
    if "quotas" in words or "fair_share" in words or rng.random() < 0.1:
        words += ["--tenants", "tenants.yaml"]
    read = [file for file in files if file in words]
    wrong = name if rng.random() < 0.6 else rng.choice(read)
    held = {file: _table(rng, file, files[file]) if file == wrong else files[file].encode() for file in read}
    return held, tuple(words), ()


def _flows(rng):
    files = {"flows.csv": tables.FLOWS, "changes.csv": tables.CHANGES}
    wrong = rng.choice(("flows.csv", "flows.csv", "changes.csv"))
    held = {name: _table(rng, name, text) if name == wrong else text.encode() for name, text in files.items()}
    words = ("replay", "flows", rng.choice(("leaf_spine_256", "rack16_50g_full")), "flows.csv", "--out", "out.csv")
    return held, (*words, "--links", "links.csv", *(("--changes", "changes.csv") if wrong == "changes.csv" else ())), ()


def _sweep_file(rng):
    """Return a changed sweep file; the engine does not exist, so that nothing but its reading is tried."""
    text = rng.choice(seeds.SWEEPS)
    if rng.random() < 0.2:
        data = octets.changed(rng, text.encode(), [other.encode() for other in seeds.SWEEPS])
    else:
        data = trees.changed(rng, text, seeds.sweep_pool()).encode("utf-8", "surrogatepass")
    return {"case.yaml": data}, ("sweep", "case.yaml", "--engine", "none"), ()


_VARIED = (
    "harvest.reserve=5 %", "fleet.capacity_unit=0.4", "harvest.notice=2 min", "resolution=30 min",
    "fleet.failover_time=17 min", "catalog.training.harvest_dual_socket.hosts=16",
    "fleet.regions.lulea.serving.tioga_pass=2", "network=flow",
    "catalog.diurnal.simple_day.harmonics[0].amplitude=0.5", "services.sigma.serving.load.profile=flat",
)  # fmt: skip
_SWEPT = {
    "--replicas": "2", "--seeds": "1,2", "--design": "grid", "--samples": "2", "--until": "ci=50%", "--metric": "cost",
    "--variant": "-,save_on_notice", "--workers": "1",
}  # fmt: skip


def _sweep(rng):
    """Return a sweep over a few values that may be wrong, with an hour to simulate for each."""
    if rng.random() < 0.7:
        name, _, value = rng.choice(_VARIED).partition("=")
    else:
        name, _, value = lines.setting(rng, seeds.scenarios()["minimal"], seeds.pool()).partition("=")
    also = lines.odd_text(rng) if rng.random() < 0.3 else values.nudged(rng, value)
    words = ["sweep", "minimal", "--set", "duration=1 h", "--set", f"{name}={value},{also}", "--out", "s"]
    for option in rng.sample(list(_SWEPT), rng.choice((0, 0, 1, 2))):
        words += [option, _SWEPT[option] if rng.random() < 0.8 else lines.odd_text(rng)]
    small = not any(re.search(r"\d{3}", word) for word in words)  # no thousands of points
    return {}, (*words, "--engine", "in_process" if small else "none"), ()


def _results(rng):
    """Return a finished run of which one file is damaged or lost, beside one that is sound."""
    good = seeds.finished()
    name = rng.choice((*good, "run.json", "run.json", "scenario.resolved.yaml", "scenario.resolved.yaml"))
    bad = dict(good)
    if name.endswith(".yaml") and rng.random() < 0.5:
        bad[name] = trees.changed(rng, good[name].decode(), seeds.pool()).encode("utf-8", "surrogatepass")
    elif name == "run.json" and rng.random() < 0.7:
        bad[name] = lines.changed_json(rng, good[name].decode()).encode("utf-8", "surrogatepass")
    elif rng.random() < 0.15:
        del bad[name]
    else:
        bad[name] = octets.changed(rng, good[name], list(good.values()))
    files = {f"{run}/{file}": data for run, held in (("good", good), ("bad", bad)) for file, data in held.items()}
    compared = ("compare", *rng.sample(("good", "bad"), 2), "--replicas", "1", "--engine", "in_process")
    words = (compared, ("report", "bad", "-o", "r.html"), ("report", "bad", "--trace-events", "t.json"))
    return files, rng.choice(words), ()


def _onnx(rng):
    data = octets.changed(rng, seeds.network(), [seeds.network()])
    return {"net.onnx": data}, ("catalog", "import", "net.onnx", "--out", "own/models/net.yaml"), ()


SUBJECTS: Mapping[str, tuple[int, Callable]] = {
    "scenario": (40, _scenario_tree),
    "scenario_octets": (12, _scenario_octets),
    "entry": (20, _entry_tree),
    "entry_octets": (5, _entry_octets),
    "setting": (8, _setting),
    "line": (5, _line),
    "jobs": (7, _jobs),
    "flows": (3, _flows),
    "sweep_file": (4, _sweep_file),
    "sweep": (2, _sweep),
    "results": (2, _results),
    "onnx": (1, _onnx),
}
"""Weight and maker of each subject."""
