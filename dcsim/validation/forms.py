"""How a row says what predicts it: one form for each predictor, and a little arithmetic."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcsim.prediction.question import StepPrecision
from dcsim.spec.base import Bytes, Name, NonNegativeSeconds, PositiveInt, Seconds, Spec
from dcsim.spec.network import Fidelity
from dcsim.validation.step_form import StepForm

__all__ = [
    "CatalogueForm", "CollectiveForm", "CountForm", "DeviceForm", "FitForm", "Form", "LearningForm", "PairForm",
    "StepForm", "TradeForm",
]  # fmt: skip


class DeviceForm(Spec):
    """Passes of a model on one device that need not stand in a server of the catalogue.

    Parameters
    ----------
    model : str
        Of the catalogue.
    gpu, cpu : str, optional
        The device: one of the two.
    sockets, cores : int
        Of the CPU; all its cores where not given.
    batch : int
        Samples.
    precision, framework, optimiser : str
        As in a step; without an optimiser, the two passes alone.
    training : bool
        Whether there is a backward pass.
    bare : bool
        Whether a program of its own calls the GPU's libraries, without what a framework takes to start an operator.
    quantity : str
        Both passes and the update (``time_s``), either pass, samples per second, or the part of the passes that matrix
        products take (``product_share``).
    """

    model: Name
    gpu: Name | None = None
    cpu: Name | None = None
    sockets: PositiveInt = 1
    cores: PositiveInt | None = None
    batch: PositiveInt
    precision: StepPrecision = "fp32"
    framework: Name = "mxnet"
    optimiser: Name | None = None
    training: bool = True
    bare: bool = False
    quantity: Literal["time_s", "forward_s", "backward_s", "throughput_per_s", "product_share"]

    @model_validator(mode="after")
    def _one_device(self) -> DeviceForm:
        if (self.gpu is None) == (self.cpu is None):
            raise ValueError("needs either a gpu or a cpu")
        if self.bare and self.gpu is None:
            raise ValueError("only a gpu has libraries that are called bare; remove it")
        if self.cpu is None and (self.sockets != 1 or self.cores is not None):
            raise ValueError("only a cpu has sockets and cores; remove them")
        return self


class CollectiveForm(Spec):
    """A collective, as ``dcsim collective`` tells it.

    Parameters
    ----------
    algorithm : str
        Registered name.
    ranks : int
        How many.
    bytes : Bytes
        Size as nccl-tests count it.
    server, fabric, sled, buffers, fidelity, overhead
        As the options of that name.
    quantity : str
        Time and bandwidths; or of the plan alone, its steps and the bytes that a rank sends.
    """

    algorithm: Name
    ranks: PositiveInt
    bytes: Bytes
    server: Name | None = None
    fabric: str | None = None
    sled: Name | None = None
    hosts_per_nic: PositiveInt | None = None
    buffers: str = "fused"
    fidelity: Fidelity = "flow"
    overhead: NonNegativeSeconds | None = None
    quantity: Literal["time_s", "busbw_bytes_per_s", "algbw_bytes_per_s", "steps", "sent_bytes"]


class FitForm(Spec):
    """Latency and bandwidth of a ring all-reduce, fitted to its times at two sizes.

    ``time = 2 (p - 1) (latency + S / (p bandwidth))`` with p ranks.

    Parameters
    ----------
    server, fabric, ranks
        As in a collective.
    small, large : Bytes
        The two sizes.
    quantity : str
        Which of the two.
    """

    server: Name
    fabric: str | None = None
    ranks: Annotated[int, Field(ge=2)]
    small: Bytes
    large: Bytes
    quantity: Literal["latency_s", "bandwidth_bytes_per_s"]


class CountForm(Spec):
    """What is counted in the layer table of a model.

    Parameters
    ----------
    model : str
        Of the catalogue.
    quantity : str
        Trained values; FLOP of the forward pass, of its matrix products (``product_flops``); bytes of the gradient and
        of the parameters in FP32; of embedding tables: their bytes, the rows looked up and the bytes read for a sample.
    """

    model: Name
    quantity: Literal[
        "parameters", "forward_flops", "product_flops", "gradient_bytes", "parameter_bytes", "feature_bytes",
        "embedding_bytes", "lookups", "lookup_bytes",
    ]  # fmt: skip


class LearningForm(Spec):
    """How far and how fast a workload learns.

    Parameters
    ----------
    workload : str
        Learning workload of the catalogue.
    batch : int, optional
        Samples of a step, for ``error``.
    critical : float, optional
        The same as a multiple of the critical batch, for ``steps``, ``examples`` and ``progress``.
    rise : float, optional
        Percentage points by which the error may rise, for ``largest_batch``.
    epochs, step : float, StepForm, optional
        Passes over the data and the step that they are made of, for ``recipe_s``.
    quantity : str
        Error after the recipe; steps over the fewest, samples over the fewest, and progress of a step over the most;
        the largest batch; the time of so many epochs.
    """

    workload: Name
    batch: PositiveInt | None = None
    critical: Annotated[float, Field(gt=0)] | None = None
    rise: Annotated[float, Field(gt=0)] | None = None
    epochs: Annotated[float, Field(gt=0)] | None = None
    step: StepForm | None = None
    quantity: Literal["error", "steps", "examples", "progress", "largest_batch", "recipe_s"]

    @model_validator(mode="after")
    def _complete(self) -> LearningForm:
        needed = {"error": ("batch",), "largest_batch": ("rise",), "recipe_s": ("epochs", "step")}
        fields = needed.get(self.quantity, ("critical",))
        lacking = [name for name in fields if getattr(self, name) is None]
        if lacking:
            raise ValueError(f"{self.quantity} needs {' and '.join(lacking)}")
        return self


class TradeForm(Spec):
    """Many models on many machines, in groups.

    Parameters
    ----------
    machines : int
        That there are.
    work : Seconds
        Time of one model on one machine.
    size, speedup : int, float
        Machines of a group, and how much faster it is than one.
    quantity : str
        Models trained in a second by all groups, or the wait for one model.
    """

    machines: PositiveInt
    work: Seconds
    size: PositiveInt = 1
    speedup: Annotated[float, Field(gt=0)] = 1.0
    quantity: Literal["rate_per_s", "wait_s"]


class CatalogueForm(Spec):
    """A number that stands in the catalogue.

    Parameters
    ----------
    kind, name : str
        Entry.
    field : str
        Field of it, dotted for nested ones, such as ``peak.fp32``.
    """

    kind: Name
    name: Name
    field: str


class PairForm(Spec):
    """Two predictions to compare.

    Parameters
    ----------
    of, over : Form
        Dividend and divisor.
    """

    of: Form
    over: Form


class Form(Spec):
    """What predicts a figure: exactly one of the fields.

    Parameters
    ----------
    step, device, collective, fit, count, learning, trade, catalogue
        A predictor and what it needs to know.
    ratio, change : PairForm
        ``of / over``, and that less one.
    times : tuple of Form
        The product of several.
    number : float
        A given number, such as the steps of an epoch.
    """

    step: StepForm | None = None
    device: DeviceForm | None = None
    collective: CollectiveForm | None = None
    fit: FitForm | None = None
    count: CountForm | None = None
    learning: LearningForm | None = None
    trade: TradeForm | None = None
    catalogue: CatalogueForm | None = None
    ratio: PairForm | None = None
    change: PairForm | None = None
    times: Annotated[tuple[Form, ...], Field(min_length=2)] | None = None
    number: float | None = None

    @model_validator(mode="after")
    def _one(self) -> Form:
        if len(self.model_fields_set) != 1:
            known = ", ".join(type(self).model_fields)
            raise ValueError(f"needs exactly one of {known}")
        return self

    @property
    def given(self) -> object:
        """The form that is given."""
        return getattr(self, next(iter(self.model_fields_set)))

    @property
    def modelled(self) -> bool:
        """Whether a time, a rate or a course of learning is predicted, not only counted or looked up."""
        given = self.given
        if isinstance(given, PairForm):
            return given.of.modelled or given.over.modelled
        if isinstance(given, tuple):
            return any(form.modelled for form in given)
        if isinstance(given, CollectiveForm):
            return given.quantity not in {"steps", "sent_bytes"}
        return isinstance(given, StepForm | DeviceForm | FitForm | LearningForm)


PairForm.model_rebuild()
