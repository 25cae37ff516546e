"""Hypothesis profiles and options.

``--hypothesis-profile=few`` for slow legs, ``explore`` for new examples each time; ``--update-golden`` accepts what
is printed and measured now as the files in ``tests/golden``.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_SHARED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("default", derandomize=True, max_examples=50, **_SHARED)
settings.register_profile("few", derandomize=True, max_examples=10, **_SHARED)
settings.register_profile("explore", max_examples=1000, **_SHARED)
settings.load_profile("default")


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the files of tests/golden anew")
