"""Imported registers: people, assets, vulnerabilities, subcontractors, incidents, contacts, changes, deletions (docs/tasks/inventory.md).

Parsers are pure: bytes -> typed rows (`read`). `import_file` puts them into the register, where each row keeps when it was first seen.
"""

from ropewalk.inventory.importing import ENDED, Imported, end_series, import_file
from ropewalk.inventory.reading import KINDS, read
from ropewalk.inventory.rows import OPEN, Batch

__all__ = ["ENDED", "KINDS", "OPEN", "Batch", "Imported", "end_series", "import_file", "read"]
