"""The Tab key: what is offered for verbs, options and arguments, and the scripts of the shells."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sysconfig

import click
import pytest
from click.shell_completion import ShellComplete, split_arg_string
from click.testing import CliRunner

from dcsim.cli.completing import settings_of
from dcsim.cli.completion import SHELLS
from dcsim.cli.main import VERBS, main
from dcsim.collectives import collective
from dcsim.metrics import metric
from dcsim.resolve import resolve
from dcsim.schedulers import scheduler
from dcsim.spec.shelf import Shelf


@pytest.fixture
def offered(monkeypatch, tmp_path):
    """Return what is offered for the last word of a line."""
    monkeypatch.chdir(tmp_path)

    def complete(line):
        words = split_arg_string(line) + ([""] if line.endswith(" ") else [])
        monkeypatch.setenv("COMP_WORDS", line)
        found = ShellComplete(main, {}, "dcsim", "_DCSIM_COMPLETE").get_completions(words[1:-1], words[-1])
        return [(item.value, item.type) for item in found]

    return complete


def _standing(place):
    module, _, name = place.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _names(found):
    return [value for value, _ in found]


def test_verbs_and_options(offered):
    assert _names(offered("dcsim re")) == ["resolve", "replay", "report"]
    assert _names(offered("dcsim run --se")) == ["--seed", "--set"]


@pytest.mark.parametrize(("line", "names"), [
    ("dcsim run mini", ["minimal"]),
    ("dcsim check minimal shared", ["shared_fabric", "shared_gpus", "shared_nic"]),
    ("dcsim new x --from hpca", ["hpca18_day", "hpca18_region_loss", "hpca18_year"]),
    ("dcsim run minimal --variant ", ["save_on_notice"]),
    ("dcsim run --variant save minimal", ["minimal"]),
    ("dcsim run minimal --set sched", ["scheduler="]),
    ("dcsim run minimal --set fleet.n", ["fleet.nic."]),
    ("dcsim run minimal --set fleet.regions.", ["fleet.regions.lulea."]),
    ("dcsim run minimal --set fleet.regions.lulea.traf", ["fleet.regions.lulea.traffic="]),
    ("dcsim run hpca18_region_loss --set drills[0].", ["drills[0].kind=", "drills[0].region=", "drills[0].at=",
                                                       "drills[0].lasts=", "drills[0].notice="]),
    ("dcsim resolve minimal --why harvest.rec", ["harvest.recipes"]),
    ("dcsim catalog list gp", ["gpus", "gpu_topologies"]),
    ("dcsim catalog show gpus a100", ["a100_sxm_40", "a100_sxm_80"]),
    ("dcsim step --model vgg", ["vgg11", "vgg16", "vgg19"]),
    ("dcsim step --network f", ["flow"]),
    ("dcsim collective --algorithm ring,halving", ["ring,halving_doubling", "ring,halving_doubling_far"]),
    ("dcsim replay jobs x.csv --format sw", ["swf"]),
    ("dcsim completion f", ["fish"]),
    ("dcsim sweep shared_nic", ["shared_nic_speed", "shared_nic"]),
    ("dcsim sweep minimal --engine ", ["auto", "dask", "in_process", "processes"]),
    ("dcsim sweep minimal --design s", ["sobol", "sobol_indices"]),
    ("dcsim sweep minimal --set har", ["harvest."]),
    ("dcsim replay jobs x.csv --engine ", ["kernel", "world"]),
    ("dcsim compare minimal shared_n", ["shared_nic"]),
])  # fmt: skip
def test_names_are_offered(offered, line, names):
    assert _names(offered(line)) == names


def test_runs_and_sweeps_of_the_folder_are_offered(offered, tmp_path):
    for place, name in (("runs/a-1/seed=0", "run.json"), ("sweeps/b-2", "results.parquet")):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / name).touch()
    assert sorted(_names(offered("dcsim report "))) == ["runs/a-1/seed=0", "sweeps/b-2"]
    assert _names(offered("dcsim compare runs")) == ["runs/a-1/seed=0"]


def test_files_of_the_folder_stand_beside_the_shipped_scenarios(offered, tmp_path):
    (tmp_path / "mine.yaml").touch()
    assert _names(offered("dcsim run mi")) == ["minimal", "mine.yaml"]


@pytest.mark.parametrize(("line", "kind"), [
    ("dcsim run plans/", "file"), ("dcsim run minimal --catalog ", "dir"), ("dcsim step --plot ", "file"),
    ("dcsim step --fabric ./m", "file"), ("dcsim replay flows f4_100g --links ", "file"), ("dcsim report x", "file"),
])  # fmt: skip
def test_where_no_name_fits_files_or_folders_are_offered(offered, line, kind):
    assert [each for _, each in offered(line)] == [kind]


@pytest.mark.parametrize("line", [
    "dcsim run no_such --variant ", "dcsim run bad.yaml --set f", "dcsim run --set fl", "dcsim run gone.yaml --set d",
])  # fmt: skip
def test_what_cannot_be_read_is_offered_nothing(offered, tmp_path, line):
    (tmp_path / "bad.yaml").write_bytes(b"a: [\0")
    assert offered(line) == []


def test_every_setting_that_is_offered_can_be_set():
    found = settings_of("minimal")
    assert found["seed"] == 37
    assert found["fleet.nic.bandwidth"] is None
    held = {path: value for path, value in found.items() if value is not None and isinstance(value, int | float | str)}
    sets = [f"{path}={value}" for path, value in held.items() if isinstance(value, int | float) and value is not True]
    assert len(sets) > 100
    assert resolve("minimal", sets=[each for each in sets if "False" not in each]).scenario.seed == 37


def _params(command, words=()):
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from _params(command.get_command(click.Context(command), name), (*words, name))
    else:
        yield from ((f"{' '.join(words)} {param.name}", param) for param in command.params)


def test_every_option_that_takes_a_name_or_a_file_is_completed():
    takes = {"NAME", "FILE", "DIR", "SCENARIO", "NAME|FILE"}
    silent = [
        name for name, param in _params(main)
        if takes & {param.metavar, param.make_metavar(click.Context(main))} and "shell_complete" not in vars(param)
    ]  # fmt: skip
    assert [name for name in silent if name not in {"new name", "catalog import name"}] == []


@pytest.mark.parametrize(("line", "known"), [
    ("dcsim run ", lambda: Shelf().names("scenarios")),
    ("dcsim replay jobs x --scheduler ", scheduler.names),
    ("dcsim sweep minimal --metric ", metric.names), ("dcsim step --collective ", collective.names),
    ("dcsim ", lambda: list(VERBS)),
])  # fmt: skip
def test_everything_that_is_registered_is_offered(offered, line, known):
    assert _names(offered(line)) == list(known())


@pytest.mark.parametrize(("line", "module"), [
    ("dcsim step --network ", "dcsim.spec.network.FIDELITIES"),
    ("dcsim collective --fidelity ", "dcsim.spec.network.FIDELITIES"),
    ("dcsim step --precision ", "dcsim.prediction.question.PRECISIONS"),
    ("dcsim step --data ", "dcsim.prediction.question.DATA"),
    ("dcsim collective --placement ", "dcsim.world.placement.PLACEMENTS"),
    ("dcsim replay jobs x --engine ", "dcsim.job_replay.replay.ENGINES"),
])  # fmt: skip
def test_words_are_offered_as_the_verbs_take_them(offered, monkeypatch, line, module):
    """Also one that comes later: choices stand in one place."""
    known = [*_standing(module), "zzz"]
    monkeypatch.setattr(module, tuple(known))
    assert _names(offered(line)) == known


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell(shell, monkeypatch):
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    named, found = (CliRunner().invoke(main, words) for words in (["completion", shell], ["completion"]))
    assert named.exit_code == 0
    assert named.stdout == found.stdout
    assert f"_DCSIM_COMPLETE={shell}_complete" in named.stdout


def test_the_scripts_put_nothing_behind_a_part_of_a_path():
    bash, zsh = (CliRunner().invoke(main, ["completion", shell]).stdout for shell in ("bash", "zsh"))
    assert "compopt -o nospace" in bash
    assert zsh.count('compadd -U -S ""') == 2


def test_an_unknown_shell_is_told(monkeypatch):
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    done = CliRunner().invoke(main, ["completion"])
    assert (done.exit_code, done.stderr.splitlines()[0]) == (2, "SHELL: is none of bash, zsh, fish; name one of them")
    assert CliRunner().invoke(main, ["completion", "tcsh"]).exit_code == 2


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_for_real(tmp_path):
    (tmp_path / "script").write_text(CliRunner().invoke(main, ["completion", "bash"]).stdout)
    line = 'source ./script; compopt() { echo "$*" >&2; }; COMP_WORDS=(dcsim run minimal --set fleet.cap); COMP_CWORD=4'
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f'{line}; _dcsim_completion dcsim; echo "${{COMPREPLY[@]}}"'],
        cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "fleet.capacity_unit=\n"
    assert done.stderr.split() == ["-o", "nospace"]


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_completes_for_real(tmp_path):
    (tmp_path / "script").write_text(CliRunner().invoke(main, ["completion", "fish"]).stdout)
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["fish", "-c", "source ./script; complete -C 'dcsim run minimal --set fleet.cap'"],
        cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "fleet.capacity_unit=\t0.4\n"


def test_help_tells_each_shell_on_a_line_of_its_own():
    lines = CliRunner().invoke(main, ["completion", "--help"]).output.splitlines()
    told = [line.split() for line in lines if line.split()[:1] and line.split()[0] in SHELLS]
    assert [words[:4] for words in told] == [[shell, "dcsim", "completion", shell] for shell in SHELLS]
    assert not any("\\b" in line for line in lines)
