"""Measurements, apart from tests: each writes benchmarks/results/NAME.json."""
