"""Measurements: `python -m benchmarks.bench`."""
