"""What is compared is found, paired by seed, and simulated where it is missing."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from dcsim.errors import InputError, RunError
from dcsim.results.compare import compare_rows
from dcsim.results.run import load
from dcsim.simulate import run
from dcsim.sweeps.comparing import compare
from dcsim.sweeps.driver import sweep
from dcsim.sweeps.operands import open_operand
from dcsim.sweeps.reading import read_plan
from dcsim.sweeps.replicas import completed, lacking, pair_seeds

SHORT = "duration=6 h"
ONE = {"engine": "in_process"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Runs of two variants with some seeds, and two sweeps."""
    place = tmp_path_factory.mktemp("compare")
    for name, variant, seeds in (("drop", None, (37, 38)), ("save", "save_on_notice", (38, 40))):
        for seed in seeds:
            run("minimal", out=place / name / f"seed={seed}", seed=seed, sets=[SHORT], variant=variant)
    for name, notice in (("one", "2 min"), ("two", "9 min")):
        sets = [SHORT, "harvest.reserve=5 %,10 %", f"harvest.notice={notice}"]
        sweep(read_plan("minimal", sets=sets, replicas=2), out=place / name, engine="in_process")
    return place


def verdicts(found):
    return {each.row: each.verdict for each in found.differences}


def test_the_one_difference_between_variants_is_found():
    found = compare("minimal", "minimal@save_on_notice", replicas=3, **ONE)
    assert [(change.path, change.a, change.b) for change in found.inputs] == [
        ("catalog.training.harvest_dual_socket.on_notice", "drop", "checkpoint")
    ]
    assert found.inputs[0].from_b.startswith("variant ")
    assert found.seeds == (37, 38, 39)
    assert found.simulated == 6
    told = verdicts(found)
    assert told["preemption_lost_server_hours", ()] == "real"
    assert told["staleness_mean", (("service", "sigma"),)] == "same"
    assert {each.row[0] for each in found.real} == {
        "preemption_lost_server_hours", "uncommitted_server_hours", "notice_server_hours",
        "checkpoint_server_hours", "checkpoint_bytes",
    }  # fmt: skip


def test_a_metric_that_moves_by_luck_alone_is_not_flagged():
    found = compare("minimal", "minimal@services.sigma.training.every.models=2", metrics=["jobs", "queue"], **ONE)
    told = verdicts(found)
    assert told["jobs", ()] == "real"
    assert told["queue_wait_mean", ()] == "noise"
    waits = next(each for each in found.differences if each.row == ("queue_wait_mean", ()))
    assert abs(waits.relative) > 0.1
    assert waits.paired.half_width > abs(waits.paired.mean)


def test_stored_runs_are_paired_and_the_missing_ones_simulated(folder):
    told = []
    found = compare(
        str(folder / "drop"), str(folder / "save"), replicas=3, progress=lambda *each: told.append(each), **ONE
    )
    assert found.seeds == (37, 38, 40)
    assert found.simulated == 2
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert found.inputs[0].from_a.startswith("the entry says ")
    fresh = compare(
        "minimal", "minimal@save_on_notice", replicas=3, sets=[SHORT, "seed=37"], metrics=["checkpoint"], **ONE
    )
    assert {each.row for each in found.real} >= {each.row for each in fresh.real}


def test_pairs_of_what_there_is(folder):
    found = compare(folder / "drop", folder / "save", replicas=1, **ONE)
    assert (found.seeds, found.simulated) == ((38,), 0)
    assert found.levels
    assert found.count("real") == found.count("noise") == 0
    assert {each.verdict for each in found.levels} <= {"real", "noise", "same", "unknown"}
    one = load(folder / "save" / "seed=40")
    other = compare(one, "minimal", replicas=1, sets=(), **ONE)
    assert other.seeds == (40,)


def test_seeds_of_pairs(folder):
    drop, save, both = (open_operand(str(folder / name)) for name in ("drop", "save", "one"))
    name = open_operand("minimal", [SHORT])
    assert pair_seeds(drop, save, 1) == (38,)
    assert pair_seeds(drop, save, 5) == (37, 38, 39, 40, 41)
    assert pair_seeds(name, save, 3) == (38, 39, 40)
    assert pair_seeds(save, name, 4) == (38, 39, 40, 41)
    assert pair_seeds(name, name, 2) == (37, 38)
    assert pair_seeds(both, drop, 4) == (37, 38)  # a sweep with several settings has the seeds that it has
    assert [point.seed for point in lacking(drop, (37, 38, 40))] == [40]


def test_sweeps_setting_by_setting(folder):
    found = compare(folder / "one", folder / "two", **ONE)
    assert found.parameters == ("harvest.reserve",)
    assert (found.seeds, found.simulated) == ((37, 38), 0)
    assert [(each.path, each.b) for each in found.inputs] == [("harvest.notice", "540.0 s")]
    settings = {each.row[1][0] for each in found.differences}
    assert settings == {("harvest.reserve", "5 %"), ("harvest.reserve", "10 %")}
    assert verdicts(found)["notice_server_hours", (("harvest.reserve", "5 %"),)] == "real"


def test_settings_of_one_sweep_and_more_seeds_of_them(folder):
    place = folder / "one"
    found = compare(f"{place}@0", f"{place}@harvest.reserve=0.1", replicas=3, **ONE)
    assert [(each.path, each.a, each.b) for each in found.inputs] == [("harvest.reserve", 0.05, 0.1)]
    assert (found.seeds, found.simulated) == ((37, 38, 39), 2)
    stored = compare(f"{place}@0", f"minimal@{SHORT},harvest.reserve=5 %", replicas=2, **ONE)
    assert stored.inputs == ()
    assert stored.simulated == 2
    assert set(verdicts(stored).values()) == {"same"}


def wrong(a, b, **options):
    with pytest.raises(InputError) as caught:
        compare(a, b, **options)
    return [str(problem) for problem in caught.value.problems]


def test_every_problem_at_once(folder):
    one = folder / "one"
    told = wrong(f"{folder / 'drop'}@x", f"{one}@7,harvest.foo=1", replicas=0, level=2.0, engine="moon")
    assert len(told) == 6
    assert told[0].startswith("--engine: unknown engine 'moon'")
    assert told[1] == "--level: needs a confidence between 0 and 100 %, not 200 %"
    assert told[2] == "--replicas: needs a number from 1 to 10000, not 0"
    assert told[3].endswith("is a run, of which nothing can be chosen; leave out what stands behind the '@'")
    assert "has no parameter 'harvest.foo'; did you mean 'harvest.reserve'?" in told[4]
    assert told[5].endswith("has no setting '7'; settings are numbers from 0 to 1")


def test_what_does_not_fit(folder, tmp_path):
    one = folder / "one"
    assert "choose settings that are alike, such as" in wrong(one, folder / "drop")[0]
    assert "--set: has no effect on stored results" in wrong(one, folder / "two", sets=["seed=1"])[0]
    assert "did you mean '5 %'" in wrong(f"{one}@harvest.reserve=6 %", "minimal")[0]
    assert "holds no finished run (no run.json) and no finished sweep" in wrong(tmp_path, "minimal")[0]
    assert "unknown scenario 'minimol'" in wrong("minimol", "minimal")[0]
    assert "unknown variant 'x'" in wrong("minimal@x", "minimal")[0]
    assert "leaves a place empty" in wrong("minimal@x,,y", "minimal")[0]
    assert "did you mean 'cost'?" in wrong(folder / "drop", folder / "save", replicas=1, metrics=["costs"])[0]
    assert len(wrong(f"{one}@0,1", "nothing@here")) == 2


def test_runs_of_different_scenarios_are_no_replicas(folder, tmp_path):
    shutil.copytree(folder / "drop" / "seed=37", tmp_path / "seed=37")
    shutil.copytree(folder / "save" / "seed=38", tmp_path / "seed=38")
    assert "holds runs of 2 different scenarios" in wrong(tmp_path, "minimal")[0]


def test_a_stored_scenario_that_means_something_else_now_is_not_mixed_with_new_runs(folder, tmp_path):
    place = tmp_path / "seed=37"
    shutil.copytree(folder / "drop" / "seed=37", place)
    facts = json.loads((place / "run.json").read_text())
    facts["run"]["digest"] = "0" * 64
    facts["environment"]["dcsim"] = "0.0.1"
    (place / "run.json").write_text(json.dumps(facts))
    assert "is no longer what was simulated" in wrong(place, folder / "save", replicas=2, **ONE)[0]
    assert compare(place, folder / "drop", replicas=1, **ONE).seeds == (37,)
    nothing = "does not say what was simulated; is it the file of a finished run?"
    for content, why in (
        ("{}", nothing), ('{"run": {"digest": "", "seed": "x"}}', nothing),
        ("[]", "holds no fields; it is not as it was written"),
        ("{", "is no JSON from here on; it is not as it was written"),
    ):  # fmt: skip
        (place / "run.json").write_text(content)
        assert wrong(place, "minimal")[0].endswith(why)


def test_a_run_that_fails_is_told(folder, monkeypatch):
    def failing(evaluator, points, engine):
        del engine
        return [evaluator.evaluate(point).__class__(point, "", problems=("it rained",)) for point in points[:1]]

    monkeypatch.setattr("dcsim.sweeps.comparing.evaluate_all", failing)
    with pytest.raises(RunError, match=r"minimal, seed 37: it rained"):
        compare("minimal", "minimal", replicas=2, sets=[SHORT])


def test_one_fleet_with_other_seeds_is_no_other_fleet():
    """Runs of one scenario on both sides, with other seeds: whatever differs is luck, jobs and gangs among it."""
    side = open_operand("minimal", [SHORT])
    seeds = range(100, 120)
    full = completed(side, lacking(side, tuple(seeds)), lambda evaluator, points: map(evaluator.evaluate, points))
    random = np.random.default_rng(1)
    named = 0
    for _ in range(10):
        chosen = random.permutation(seeds)[:10].tolist()
        a, b = ({pair: full.rows[seed] for pair, seed in enumerate(each)} for each in (chosen[:5], chosen[5:]))
        named += any(each.verdict == "real" for each in compare_rows(a, b, full.units, range(5)))
    assert named <= 3  # one in 20 is promised


def test_runs_without_a_common_seed_are_told_to_differ_by_luck(tmp_path):
    other = run("minimal", out=tmp_path / "seed=38", seed=38, sets=[SHORT]).path
    found = compare(run("minimal", out=tmp_path / "seed=37", sets=[SHORT]).path, other, replicas=1, **ONE)
    (warning,) = found.warnings
    assert "has seed 37" in warning
    assert "has seed 38: such runs differ by luck too" in warning
