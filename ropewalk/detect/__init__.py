"""The detection core: distinct values -> gate -> Presidio -> NER -> one verdict a field."""
