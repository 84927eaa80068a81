"""Ropewalk: finds personal data and keeps a live record of processing, with evidence.

`import ropewalk as rw`; everything public is named here and loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "load_config": ("ropewalk.config", "load"),
    "scan": ("ropewalk.scan", "scan"),
    "check": ("ropewalk.controls", "check"),
    "sample": ("ropewalk.demo", "place"),
    "open_register": ("ropewalk.register", "open_register"),
    "load_policy": ("ropewalk.policy", "load_policy"),
    "ropa": ("ropewalk.ropa", ""),
    "gx": ("ropewalk.gx", ""),
    "views": ("ropewalk.views", ""),
    "RopewalkError": ("ropewalk.errors", "RopewalkError"),
}
__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'ropewalk' has no attribute {name!r}")
    module, attribute = _PUBLIC[name]
    loaded = import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


def __dir__() -> list[str]:
    return sorted(__all__)
