"""The ``dcsim`` command: finds the verb, and turns every error into lines on stderr and an exit code.

Exit codes: 0 fine, 1 our fault, 2 the input's fault, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from dcsim.cli.completing import attach
from dcsim.cli.messages import say, summary
from dcsim.errors import DcsimError, InputError, Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["VERBS", "main"]

VERBS: dict[str, str] = {
    "new": "Begin a scenario of one's own from a commented one.",
    "run": "Simulate a scenario and save the results.",
    "sweep": "Simulate a scenario over values, designs and seeds.",
    "compare": "Tell which differences between two results are real.",
    "check": "Tell every problem of scenarios and entries at once.",
    "resolve": "Write a scenario out in full, or say where a value comes from.",
    "catalog": "List and show hardware, workloads and scenarios.",
    "step": "Predict a training step on a system.",
    "balance": "Share a batch over unlike servers.",
    "trade": "Train many models on many machines: throughput against latency.",
    "collective": "Compare collectives on a fabric or in a box.",
    "replay": "Send recorded flows through a fabric, or jobs through a cluster.",
    "report": "Show a run, a sweep or a replay in one file.",
    "validate": "Compare predictions with published measurements.",
    "schema": "Print the JSON Schema of a scenario, for editors.",
    "completion": "Print the completion script of a shell.",
}
"""Verbs and what each does; the module ``dcsim.cli.<verb>`` holds its click command as ``command``."""


class _Program(click.Group):
    """A group whose verbs are imported when called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the verbs in order of use."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a verb."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"dcsim.cli.{cmd_name}").command
        if all(param.name != "debug" for param in command.params):
            command.params.append(_debug_option())
        attach(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def main(self, args: Sequence[str] | None = None, *positional: Any, **named: Any) -> Any:
        """Run the command line and leave with its exit code."""
        named["standalone_mode"] = False
        words = list(sys.argv[1:] if args is None else args)
        debug = "--debug" in words
        code = 1
        try:
            with _listening() if debug else contextlib.nullcontext():
                code = _number(super().main(words, *positional, **named))
            if sys.stdout is not None:
                sys.stdout.flush()
        except SystemExit:  # click's answer to a closed standard output
            _quieten()
            code = 0
        except Exception as error:  # noqa: BLE001  # the one place that turns any error into a line
            code = _told(error)
            if debug and not isinstance(error, click.ClickException):
                _trace(error)
        sys.exit(code)


def _number(code: object) -> int:
    return code if isinstance(code, int) and not isinstance(code, bool) else 0


def _told(error: Exception) -> int:
    """Say what went wrong and return the exit code."""
    if isinstance(error, click.ClickException):
        error.show()
        return 2
    if isinstance(error, click.Abort):
        say("interrupted")
        return Interrupted.exit_code
    if isinstance(error, InputError):
        for line in (*map(str, error.problems), summary(error.problems)):
            say(line)
        return error.exit_code
    if isinstance(error, DcsimError):
        say(f"dcsim: {error}")
        return error.exit_code
    if isinstance(error, OSError):
        _quieten()
        if error.errno == errno.EPIPE:
            return 0
        where = f": {error.filename}" if error.filename else ""
        say(f"dcsim: {(error.strerror or str(error)).lower()}{where}")
    else:
        reason = " ".join(str(error).split())
        say(f"dcsim: unexpected {type(error).__name__}: {reason} (--debug shows where)")
    return 1


@contextlib.contextmanager
def _listening() -> Iterator[None]:
    """Print what dcsim logs meanwhile: the tracebacks of points of a sweep that failed by a defect."""
    logger, handler = logging.getLogger("dcsim"), logging.StreamHandler()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


def _trace(error: Exception) -> None:
    """Print where an error arose."""
    import traceback

    traceback.print_exception(error)


def _quieten() -> None:
    """Leave nothing for the interpreter to flush into a closed or full standard output."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _debug_option() -> click.Option:
    return click.Option(
        ["--debug"], is_flag=True, expose_value=False, help="Show the traceback of an unexpected error."
    )


@click.command(
    cls=_Program,
    params=[_debug_option()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(None, "-V", "--version", package_name="dcsim", message="%(prog)s %(version)s")
def main() -> None:
    """Simulate the fleet of datacenters behind a machine-learning product.

    A SCENARIO is a file or the name of a shipped one ('dcsim catalog list scenarios'); results go to stdout, talk to
    stderr.
    """
