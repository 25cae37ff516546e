"""Fabrics as a user names them, on the command line or in a notebook."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dcsim.errors import InputError, Problem
from dcsim.network.build import size_of
from dcsim.spec.catalog import Catalog
from dcsim.spec.fabric import PodFabric
from dcsim.world.arena import find_ground

if TYPE_CHECKING:
    from pathlib import Path

    from dcsim.network.topology import Topology
    from dcsim.world.arena import Ground

__all__ = ["build_on", "fabric_topology", "find_fabric", "without_effect"]


def fabric_topology(
    fabric: str | Path, *, hosts: int | None = None, sled: str | None = None, catalog: Catalog | None = None
) -> Topology:
    """Return the links of a fabric of the catalogue, or of a YAML file.

    Parameters
    ----------
    fabric : str or Path
        Name or file.
    hosts : int, optional
        Needed where a fabric grows with its hosts.
    sled : str, optional
        What stands in the racks of pods.
    catalog : Catalog, optional
        Entries by name; the shipped ones by default.

    Raises
    ------
    InputError
        With every problem of the fabric, and for a number of hosts that does not fit.
    """
    return build_on(str(fabric), find_fabric(str(fabric), sled, catalog or Catalog()), hosts)


def find_fabric(name: str, sled: str | None, catalog: Catalog) -> Ground:
    """Return the fabric and its sleds; a name that is unknown is told as the user gave it."""
    try:
        return find_ground(name, sled, catalog)
    except InputError as error:
        raise InputError([replace(p, file=name) if p.file == "--fabric" else p for p in error.problems]) from None


def build_on(name: str, ground: Ground, hosts: int | None) -> Topology:
    """Return the links of a fabric; a number of hosts that does not fit is the user's fault."""
    try:
        return ground.topology(hosts)
    except ValueError as error:
        raise InputError([Problem(name, 0, 0, "", str(error))]) from None


def without_effect(name: str, ground: Ground, *, hosts: int | None = None, sled: str | None = None) -> list[Problem]:
    """Return a warning for each option that a fabric has no use for.

    Parameters
    ----------
    name : str
        Of the fabric, as the user gave it.
    ground : Ground
        The fabric.
    hosts : int, optional
        As given; fabrics of fixed size are built in full.
    sled : str, optional
        As given; only the racks of pods are filled with sleds.
    """
    told = []
    size = size_of(ground.fabric)
    if hosts is not None and size is not None:
        message = f"has no effect on {name}, which has {size:,} hosts and is built in full"
        told.append(Problem("--hosts", 0, 0, "", message))
    if sled is not None and not isinstance(ground.fabric, PodFabric):
        told.append(Problem("--sled", 0, 0, "", f"has no effect on {name}, which is not a fabric of pods"))
    return told
