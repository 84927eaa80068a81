"""Selling Partner API lineage: which field of which operation a field looks like, by path and name shape.

Facts come from the `lineage:` parts of the packs. A field matches an entry if its words (camel, snake, kebab, flattened with
prefixes, translated) end with the entry's words, and the entry has at least two of them: `ship-postal-code`,
`shipping_address_postal_code`, `details.ShippingAddress.PostalCode`, `lieferadresse_plz`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ropewalk.detect.fieldnames import FieldName, NameReader
from ropewalk.detect.packs import LineageField, Operation, Packs


@dataclass(frozen=True)
class Origin:
    """An entry of the field map. `alike`: other operations that give out the same field."""

    operation: Operation
    field: LineageField
    alike: int

    @property
    def words(self) -> str:
        more = f" and {self.alike} more" if self.alike else ""
        return f"{self.operation.operation}{more}: {self.field.path}"

    @property
    def text(self) -> str:
        """For Finding.lineage: operation, path and the purposes that the data may serve."""
        return f"{self.operation.operation}: {self.field.path} (for {', '.join(self.operation.purposes)})"


class Lineage:
    """The field map of all packs, by words."""

    def __init__(self, packs: Packs, names: NameReader) -> None:
        self._by_words: dict[tuple[str, ...], Origin] = {}
        for operation, entry in packs.lineage:
            words = names.read(tuple(entry.path.split("."))).all
            for end in {words, words[1:] if words and words[0] in {"buyer", "recipient"} and len(words) > 3 else words}:
                known = self._by_words.get(end)
                if len(end) >= 2:
                    self._by_words[end] = Origin(operation, entry, 0) if known is None else Origin(known.operation, known.field, known.alike + 1)
        self._longest = max(map(len, self._by_words), default=0)

    def of(self, name: FieldName) -> Origin | None:
        """The longest entry that the name ends with; numbering at the end may be missing on either side."""
        words = name.all
        for length in range(min(self._longest, len(words)), 1, -1):
            found = self._by_words.get(words[-length:])
            if found is not None:
                return found
        return None
