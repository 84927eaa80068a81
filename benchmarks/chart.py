"""A bar chart with a logarithmic axis, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10

ROW, LEFT, WIDTH = 30, 270, 520


def bars(title: str, rows: Sequence[tuple[str, float, bool]], unit: str) -> str:
    """rows: (label, value, ours)."""
    low, high = floor(log10(min(v for _, v, _ in rows))), ceil(log10(max(v for _, v, _ in rows)))
    height = 70 + ROW * len(rows)

    def x(value: float) -> float:
        return LEFT + WIDTH * (log10(value) - low) / max(1, high - low)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 110} {height}" font-family="sans-serif" font-size="13" role="img">',
        f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="#fff"/><text x="12" y="24" font-size="15">{escape(title)}</text>',
    ]
    for power in range(low, high + 1):
        out.append(f'<path d="M{x(10**power):.0f} 38V{height - 26}" stroke="#ddd"/>')
        out.append(f'<text x="{x(10**power):.0f}" y="{height - 10}" text-anchor="middle" fill="#555">{10**power:,.0f}</text>')
    for number, (label, value, ours) in enumerate(rows):
        y = 44 + ROW * number
        out.append(f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(label)}</text>')
        out.append(f'<rect x="{LEFT}" y="{y}" width="{max(1, x(value) - LEFT):.0f}" height="20" fill="{"#1f6f54" if ours else "#9aa5b1"}"/>')
        out.append(f'<text x="{x(value) + 6:.0f}" y="{y + 15}">{value:,.0f} {escape(unit)}</text>')
    return "\n".join([*out, "</svg>", ""])
