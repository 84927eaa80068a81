"""Reading: from bytes to fields. Knows formats, no store."""
