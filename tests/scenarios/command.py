"""The command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

WORDS = [sys.executable, "-c", "from dcsim.cli.main import main; main()"]
SLOWS_NUMBA = "PYTHONDONTWRITEBYTECODE"


def environment(**changes):
    """Return this process's environment with changes; None takes a variable away."""
    merged = {**os.environ, SLOWS_NUMBA: None, "NO_COLOR": "1", **changes}
    return {key: value for key, value in merged.items() if value is not None}


def dcsim(*words, env=None, **options):
    """Run ``dcsim`` to its end and return the finished process, its output as text."""
    command = [*WORDS, *map(str, words)]
    options = {"capture_output": True, "text": True, "timeout": 300, **options}
    return subprocess.run(command, env=env or environment(), check=False, **options)


def start(*words, **options):
    """Start ``dcsim`` and return the running process."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*WORDS, *map(str, words)], env=environment(), **pipes, **options)


def told(stderr):
    """Return the lines on stderr, without those that tell of progress (a slow machine has some)."""
    return [line for line in stderr.splitlines() if " simulated, " not in line]
