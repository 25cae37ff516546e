"""The marginal standard error rule as it is written down: every truncation tried, every sum made anew."""

from __future__ import annotations


def marginal_standard_errors(values, batch):
    """Return the marginal standard error of every truncation of the means of batches."""
    number = len(values) // batch
    means = [sum(values[batch * k : batch * (k + 1)]) / batch for k in range(number)]
    errors = []
    for cut in range(number):
        rest = means[cut:]
        mean = sum(rest) / len(rest)
        errors.append(sum((each - mean) ** 2 for each in rest) / len(rest) ** 2)
    return errors
