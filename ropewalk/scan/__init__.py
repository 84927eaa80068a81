"""The scan: sources -> samples and facts -> findings, into the register; resumable, here or on many workers.

The package is callable, so that `rw.scan(…)` stays right after `import ropewalk.scan` has put the module in the function's place.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from ropewalk.scan.report import Progress, ScanReport
from ropewalk.scan.run import scan

__all__ = ["Progress", "ScanReport", "scan"]


class _Callable(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> ScanReport:
        return scan(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
