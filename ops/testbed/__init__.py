"""Real programs around the service, for tests (tests/) and measurements (ops/bench, ops/chaos).

It needs the package `rentomatic` and imports nothing from tests/ or ops/.
"""
