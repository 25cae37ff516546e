"""Time of a matrix product on a device that computes its result tile by tile.

The result of ``groups`` products of (m x k) times (k x n) is cut into tiles, which the compute units of the
device (multiprocessors, cores) work off in waves. A tile costs its multiplications at the rate of one unit, and
a fixed time to begin and to end it. Where there are fewer tiles than units, the depth k is split and the parts
are added up. A library picks the tile shape that ends first; small tiles re-read their operands more often, so
that each shape reaches its own share of the unit's rate:

    tiles  = ceil(m / M) ceil(n / N) groups
    parts  = min(units / tiles, k / split_depth), at least 1
    waves  = max(1, tiles parts / units + tail)
    time   = waves (2 M N k / parts / unit rate + tile_overhead)

A dimension that the batch sets is not rounded up but for the first tile, so that time grows smoothly with the
batch; ``tail`` is the mean of what rounding the waves up would add.

Tiles, waves and split depth: Kerr et al., "CUTLASS: fast linear algebra in CUDA C++" (NVIDIA, 2017); Osama et al.,
"Stream-K: work-centric parallel decomposition for dense matrix-matrix multiplication on the GPU" (PPoPP 2023).
Fast convolutions: Lavin and Gray, "Fast algorithms for convolutional neural networks" (CVPR 2016).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import lean_kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["fast_gain", "product_time"]


@lean_kernel
def product_time(
    m: float,
    n: float,
    k: float,
    groups: float,
    whole: bool,
    tiles: NDArray[np.float64],
    split_depth: float,
    units: float,
    rate: float,
    tail: float,
    tile_overhead: float,
) -> float:
    """Time of the arithmetic of one call (s).

    Parameters
    ----------
    m, n, k : float
        Rows and columns of the result, and the depth that is summed over.
    groups : float
        Such products side by side.
    whole : bool
        Whether ``m`` is a size of the model, rounded up to whole tiles as ``n`` is, or follows the batch.
    tiles : ndarray, float64[T, 3]
        Rows, columns and share of the rate of each tile shape; both orientations are tried.
    split_depth : float
        Least depth of a part.
    units : float
        Compute units.
    rate : float
        FLOP/s of the whole device with the best tile.
    tail, tile_overhead : float
        Waves, and s per wave.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([[128.0, 128.0, 1.0]])
    >>> round(product_time(256.0, 128.0, 1000.0, 1.0, True, one, 1e9, 2.0, 2e12, 0.0, 0.0) * 1e12)
    32768000
    """
    best = 1e300
    deepest = k / split_depth
    for t in range(tiles.shape[0]):
        high, wide = tiles[t, 0], tiles[t, 1]
        work = 2.0 * high * wide * units * k / (rate * tiles[t, 2])
        for turned in range(2 if high != wide else 1):
            if turned:
                high, wide = wide, high
            down = math.ceil(m / high) if whole else max(1.0, m / high)
            count = down * math.ceil(n / wide) * groups
            if count >= units or deepest <= 1.0:
                took = max(1.0, count / units + tail) * (work + tile_overhead)
            else:
                parts = max(1.0, min(units / count, deepest))
                took = max(1.0, count * parts / units + tail) * (work / parts + tile_overhead)
            best = min(best, took)
    return best


@lean_kernel
def fast_gain(gain: float, transform: float, inputs: float, outputs: float) -> float:
    """By how much minimal filtering, or a Fourier transform, speeds a convolution up.

    Parameters
    ----------
    gain : float
        Multiplications of the direct algorithm over those of the fast one: 2.25 for tiles of 2 x 2 outputs and
        4 for 4 x 4 with windows of 3 x 3.
    transform : float
        Cost of transforming one value, in multiplications of the direct algorithm that it saves; each value
        that is read serves all output channels, and each that is written sums up all input channels.
    inputs, outputs : float
        Channels.

    Returns
    -------
    float
        ``1 / (1 / gain + transform (1 / inputs + 1 / outputs))``, but never below 1, as the direct algorithm
        remains.

    Examples
    --------
    >>> fast_gain(4.0, 0.0, 64.0, 64.0), fast_gain(2.25, 3.0, 3.0, 64.0)
    (4.0, 1.0)
    """
    return max(1.0, 1.0 / (1.0 / gain + transform * (1.0 / inputs + 1.0 / outputs)))
