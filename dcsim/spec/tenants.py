"""Tenants: who shares a cluster, what each is entitled to, and who only takes what is left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from dcsim.errors import InputError
from dcsim.spec.base import Count, Spec
from dcsim.spec.explain import explain
from dcsim.spec.tree import Path as TreePath
from dcsim.spec.yaml import load_yaml

__all__ = ["TenantSpec", "read_tenants"]


class TenantSpec(Spec):
    """What a tenant is entitled to.

    Parameters
    ----------
    quota : int
        Slots that are reserved for it: GPUs, or hosts of servers without.
    weight : float
        Its share in what is left, relative to that of the others.
    opportunistic : bool
        Whether its jobs may be stopped for those of tenants that are not.
    """

    quota: Count = 0
    weight: Annotated[float, Field(gt=0)] = 1.0
    opportunistic: bool = False


def read_tenants(path: Path | str) -> dict[str, TenantSpec]:
    """Read a file of tenants: YAML with one ``name: {quota: ..., weight: ..., opportunistic: ...}`` per line.

    Names are those of the trace; one that reads like a number, such as ``'6214e9'``, stands in quotes.

    Raises
    ------
    InputError
        With every problem of the file, by line and column.
    """
    document = load_yaml(path)
    try:
        return TypeAdapter(dict[str, TenantSpec]).validate_python(document.data)
    except ValidationError as error:
        fields: dict[TreePath, list[str]] = {(name,): list(TenantSpec.model_fields) for name in document.data}
        raise InputError(explain(error, document.root, TenantSpec, extra_fields=fields)) from None
