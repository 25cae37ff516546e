"""Plug-ins by name: one file, one registration, found in the package or through an entry point."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import pkgutil
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Plugin", "Registry", "UnknownPluginError"]

T = TypeVar("T")


class UnknownPluginError(KeyError):
    """No plug-in of that name; the message says which name was probably meant."""

    def __str__(self) -> str:
        """Return the message without the quotes that ``KeyError`` adds."""
        return str(self.args[0])


@dataclass(frozen=True)
class Plugin(Generic[T]):
    """A registered callable with the facts given at registration.

    Parameters
    ----------
    name : str
        The name in YAML; equal to the stem of the file that defines it.
    call : T
        The plan function.
    facts : dict
        Keyword arguments of the registration (``spec=``, ``unit=``, ``reads=`` ...).
    """

    name: str
    call: T
    facts: dict[str, Any]


class Registry(Generic[T]):
    """The plug-ins of one family.

    Parameters
    ----------
    family : str
        Word for messages, such as ``"collective"``.
    package : str
        Package whose modules each hold one plug-in, imported only when asked for; also the entry-point group.

    Examples
    --------
    >>> shapes = Registry("shape", "dcsim.no_such_package")
    >>> @shapes("round")
    ... def round_(): return "o"
    >>> shapes.get("round").call()
    'o'
    """

    def __init__(self, family: str, package: str) -> None:
        self.family = family
        self.package = package
        self._plugins: dict[str, Plugin[T]] = {}

    def __call__(self, name: str, **facts: Any) -> Callable[[T], T]:
        """Return the decorator that registers a plan function under ``name``."""

        def register(call: T) -> T:
            self._plugins[name] = Plugin(name, call, facts)
            return call

        return register

    def names(self) -> list[str]:
        """Return every known name, sorted, without importing the plug-ins."""
        return sorted(self._inside | self._plugins.keys() | self._entry_points.keys())

    def __contains__(self, name: str) -> bool:
        """Whether a name is known; other distributions are asked only if the package does not have it."""
        return name in self._plugins or name in self._inside or name in self._entry_points

    def get(self, name: str) -> Plugin[T]:
        """Import and return the plug-in of that name.

        Raises
        ------
        UnknownPluginError
            With the nearest known name.
        """
        if name not in self._plugins:
            if name not in self:
                raise UnknownPluginError(self.unknown(name))
            if name in self._inside:
                importlib.import_module(f"{self.package}.{name}")
            else:
                self._entry_points[name].load()
        return self._plugins[name]

    def unknown(self, name: str) -> str:
        """Return the message for a name that nobody registered."""
        names = self.names()
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names)}"
        return f"unknown {self.family} '{name}'; {hint}"

    @cached_property
    def _inside(self) -> frozenset[str]:
        try:
            package = importlib.import_module(self.package)
        except ModuleNotFoundError:
            return frozenset()
        return frozenset(module.name for module in pkgutil.iter_modules(package.__path__)) - {"plan"}

    @cached_property
    def _entry_points(self) -> dict[str, importlib.metadata.EntryPoint]:
        return {point.name: point for point in importlib.metadata.entry_points(group=self.package)}
