"""A model on a device as plans of a step ask for it: its work at any batch, worked out once for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dcsim.compute.memory import footprint
from dcsim.compute.optimiser import format_of, is_sparse, optimiser_time
from dcsim.compute.passes import layer_passes
from dcsim.parallelism.plan import Work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.compute.device import Device
    from dcsim.compute.memory import Footprint
    from dcsim.compute.optimiser import OptimiserLike
    from dcsim.parallelism.plan import StepPlan
    from dcsim.spec.model import Layer, MlModel

__all__ = ["Workload"]

_VALUE = 4.0


@dataclass(eq=False)
class Workload:
    """What a device computes, by batch; call it with a number of samples.

    Parameters
    ----------
    model : MlModel
        What is trained or served.
    device : Device
        Where, at the precision.
    precision : str
        A key of ``dcsim.compute.optimiser.FORMATS``.
    rate : float
        Efficiency factor of the framework.
    optimiser : OptimiserLike, optional
        Rule of the update; None: the forward pass alone.
    recompute : bool
        Whether the backward pass computes most of the forward pass again.
    """

    model: MlModel
    device: Device
    precision: str
    rate: float
    optimiser: OptimiserLike | None
    recompute: bool = False
    _known: dict[int, Work] = field(default_factory=dict, init=False)
    _needs: dict[tuple[float, ...], Footprint] = field(default_factory=dict, init=False)

    def __call__(self, batch: int) -> Work:
        """Return the work of one device with so many samples."""
        found = self._known.get(batch)
        if found is None:
            found = self._known[batch] = self._work(batch)
        return found

    def needs(self, plan: StepPlan, reserved: float) -> Footprint:
        """Return the memory that the fullest device of a plan needs, ``reserved`` by its software included."""
        key = (plan.share, plan.activation_share, plan.table_share, plan.in_flight, reserved)
        if key not in self._needs:
            self._needs[key] = footprint(
                self.model,
                self.precision,
                self.optimiser,
                share=plan.share,
                activation_share=plan.activation_share,
                table_share=plan.table_share,
                in_flight=plan.in_flight,
                recompute=self.recompute,
                reserved=reserved,
            )
        return self._needs[key]

    def _work(self, batch: int) -> Work:
        training = self.optimiser is not None
        passes = layer_passes(self.model, self.device, batch, training=training, rate=self.rate)
        update_s = start_s = 0.0
        if self.optimiser is not None:
            update_s = optimiser_time(self.model, self.device, self.optimiser, self.precision, batch=batch)
            start_s = self.optimiser.calls * self.device.launch
        names, kinds, repeats, parameter_bytes, output_bytes = self._columns
        again_s = passes.forward_s if self.recompute and training else 0.0
        none = (np.zeros(0),) * len(names)
        return Work(
            names=names,
            forward_s=passes.forward_s,
            backward_s=passes.backward_s + again_s,
            tensors=tuple(self._gradients(row, batch) for row in self._dense) if training else none,
            parameter_bytes=parameter_bytes,
            output_bytes=batch * output_bytes,
            optimiser_s=update_s,
            batch=batch,
            kinds=kinds,
            repeats=repeats,
            optimiser_start_s=start_s,
        )

    @cached_property
    def _value(self) -> float:
        """Bytes of an activation, a weight as layers use it, and a gradient."""
        return format_of(self.precision, training=self.optimiser is not None).value

    @cached_property
    def _columns(
        self,
    ) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...], NDArray[np.float64], NDArray[np.float64]]:
        layers = self.model.layers
        weights = np.array([layer.parameters * layer.repeat for layer in layers], np.float64)
        written = np.array([layer.write for layer in layers], np.float64)
        return (
            tuple(layer.name for layer in layers),
            tuple(layer.kind for layer in layers),
            tuple(layer.repeat for layer in layers),
            self._value * weights,
            self._value / _VALUE * written,
        )

    @cached_property
    def _dense(self) -> tuple[tuple[Layer, NDArray[np.float64] | None], ...]:
        """Return the layers, each with the gradients of its tensors unless those depend on the batch."""
        return tuple(
            (layer, None if is_sparse(self.model, layer) else self._value * np.tile(_values(layer), layer.repeat))
            for layer in self.model.layers
        )

    def _gradients(self, row: tuple[Layer, NDArray[np.float64] | None], batch: int) -> NDArray[np.float64]:
        """Return the gradient bytes of each tensor of a row; of sparse tables, those of the rows that are touched."""
        layer, own = row
        if own is not None:
            return own
        tables = _values(layer)
        touched = np.minimum(tables, batch * layer.rows * layer.columns / max(1, tables.size))
        return np.tile(self._value * touched, layer.repeat)


def _values(layer: Layer) -> NDArray[np.float64]:
    """Return the trained values of each tensor of one call."""
    if not layer.parameters:
        return np.zeros(0)
    return np.array(layer.tensors or (layer.parameters,), np.float64)
