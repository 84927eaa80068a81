"""Turns log-odds into a probability by Platt's two numbers, fitted once on labelled open data.

The fit gave 1.20 and 0.50 (fields of unseen stores: 1.08 to 1.35, 0.38 to 0.78, one store left out at a time); both are
flattened, since a new store is always stranger than the known ones. The reliability table is in docs/reference/detection.md.
"""

from __future__ import annotations

from math import exp

SLOPE, SHIFT = 1.0, 0.3


def probability(logit: float) -> float:
    """Calibrated probability that the verdict holds, 0.01..0.99: no verdict is ever certain."""
    return min(0.99, max(0.01, 1.0 / (1.0 + exp(-(SLOPE * logit + SHIFT)))))
