"""The record of processing activities: what people declare (`declared`), joined with what was found (`record`)."""

from ropewalk.ropa.declared import Activity, Claim, Declared, declared, digest, read
from ropewalk.ropa.record import DETAILS, record

__all__ = ["DETAILS", "Activity", "Claim", "Declared", "declared", "digest", "read", "record"]
