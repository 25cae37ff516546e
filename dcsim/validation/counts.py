"""Figures that are counted in the layer table of a model, or stand in the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcsim.compute.layers import gradient_bytes, parameter_count

if TYPE_CHECKING:
    from dcsim.spec.model import MlModel
    from dcsim.validation.bench import Bench
    from dcsim.validation.forms import CatalogueForm, CountForm

__all__ = ["predict_catalogue", "predict_count"]

_VALUE = 4.0


def predict_count(form: CountForm, bench: Bench) -> float:
    """Return what is counted, in FLOP and bytes."""
    model: MlModel = bench.entry("models", form.model)
    tables = [layer for layer in model.layers if layer.kind == "embedding"]
    products = [layer for layer in model.layers if layer.rows and layer.kind != "embedding"]
    counted: dict[str, float] = {
        "parameters": parameter_count(model),
        "parameter_bytes": _VALUE * parameter_count(model),
        "gradient_bytes": gradient_bytes(model),
        "forward_flops": sum(layer.flops * layer.repeat for layer in model.layers),
        "product_flops": sum(layer.flops * layer.repeat for layer in products),
        "feature_bytes": sum(layer.write * layer.repeat for layer in model.layers if not layer.in_place),
        "embedding_bytes": _VALUE * sum(layer.parameters * layer.repeat for layer in tables),
        "lookups": sum(layer.rows * layer.repeat for layer in tables),
        "lookup_bytes": _VALUE * sum(layer.rows * layer.columns * layer.repeat for layer in tables),
    }
    return float(counted[form.quantity])


def predict_catalogue(form: CatalogueForm, bench: Bench) -> float:
    """Return a number of the catalogue.

    Raises
    ------
    InputError
        For an entry that is unknown.
    ValueError
        For a field that it does not have or that is no number.
    """
    value: Any = bench.entry(form.kind, form.name)
    for step in form.field.split("."):
        value = value.get(step) if isinstance(value, dict) else getattr(value, step, None)
    if type(value) in {int, float}:
        return float(value)
    raise ValueError(f"'{form.name}' has no number '{form.field}'")
