"""Tags the stores: writes provenance and classification into comments of columns and tags of objects, and takes them out again.

The only part that writes to a store: with a credential of its own, never with the scan's, and never without being told to.
"""

from __future__ import annotations

from ropewalk.tags.nouns import Change, Tag
from ropewalk.tags.plan import plan, reversal
from ropewalk.tags.run import Result, carry_out

__all__ = ["Change", "Result", "Tag", "carry_out", "plan", "reversal"]
