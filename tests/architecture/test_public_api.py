"""What users may rely on is pinned: public names with their signatures, and every verb with its options.

``python -m pytest tests/architecture/test_public_api.py --update-golden`` accepts a change; the change log tells it.
"""

from __future__ import annotations

import importlib
import inspect
from functools import cached_property
from types import ModuleType

import click
import pytest
from pydantic import BaseModel

import dcsim
from dcsim import errors, plot
from dcsim.cli.main import VERBS, main
from tests.architecture.source import ROOT

PINNED = ROOT / "tests" / "golden" / "public_api.txt"


def _signature(found):
    """Return how something is called; the package of sweeps is called as its driver is."""
    call = importlib.import_module(f"{found.__name__}.driver").sweep if isinstance(found, ModuleType) else found
    return str(inspect.signature(call)).replace("'", "")


def _members(cls):
    """Yield a line for each public member of a class that it defines itself."""
    if issubclass(cls, BaseModel):
        for name, field in cls.model_fields.items():
            yield f"{name}{'' if field.is_required() else ' (optional)'}"
    for name, member in sorted(vars(cls).items()):
        if name.startswith("_") or name == "model_config":
            continue
        if isinstance(member, (property, cached_property)):
            yield f"{name} -> {inspect.get_annotations(getattr(member, 'func', None) or member.fget)['return']}"
        elif inspect.isfunction(member):
            yield f"{name}{_signature(member)}"


def _names(module, names):
    for name in sorted(names):
        found = getattr(module, name)
        if not inspect.isclass(found):
            yield f"{module.__name__}.{name}{_signature(found)}"
            continue
        takes = "" if issubclass(found, (BaseModel, Exception)) else _signature(found).removesuffix(" -> None")
        yield f"{module.__name__}.{name}{takes}"
        if not issubclass(found, Exception):
            yield from (f"  .{line}" for line in _members(found))


def _verbs(command, words):
    """Yield a line for each verb: its arguments and options, as one types them."""
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from _verbs(command.get_command(click.Context(command), name), (*words, name))
        return
    context = click.Context(command)
    arguments = [param.make_metavar(context) for param in command.params if isinstance(param, click.Argument)]
    options = sorted(word for param in command.params if isinstance(param, click.Option) for word in param.opts)
    options = [word for word in options if word != "--debug"]  # every verb has it
    yield " ".join((*words, *arguments, *options))


def public_api():
    """Return the public interface as text."""
    modules = (_names(module, module.__all__) for module in (dcsim, plot, errors))
    parts = (*modules, _verbs(main, ("dcsim",)))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def test_the_public_interface_is_as_pinned(request):
    now = public_api()
    if request.config.getoption("--update-golden"):
        PINNED.write_text(now, encoding="utf-8")
    before, after = PINNED.read_text(encoding="utf-8").splitlines(), now.splitlines()
    gone = [line for line in before if line not in after]
    new = [line for line in after if line not in before]
    assert (gone, new) == ([], []), "if this is meant: tell it in the change log, then --update-golden"
    assert before == after


def test_what_is_pinned_is_what_the_package_offers():
    assert {"Run", "Scenario", "Sweep", "load", "run", "sweep"} <= set(dcsim.__all__)
    assert [main.get_command(click.Context(main), verb).name for verb in VERBS] == list(VERBS)


@pytest.mark.parametrize("name", dcsim.__all__)
def test_every_public_name_says_what_it_is(name):
    found = getattr(dcsim, name)
    assert (found.__doc__ or "").strip().splitlines()[0].endswith(".")
