"""What the controls share: subjects with personal data, facts, attestations, clocks, and how a row is judged (in SQL and in pandas)."""

from ropewalk.judging.subjects import (
    COMPANY,
    IN_POLICY,
    Known,
    by_dataset,
    by_source,
    fact,
    facts,
    field_paths,
    is_sealed,
    named,
    nothing_in,
    param,
    personal,
    subjects_of,
    verdict,
    way_out,
)
from ropewalk.judging.unread import log_sources, long_ago, no_logs, unread
from ropewalk.judging.words import Word, attestation

__all__ = [
    "COMPANY",
    "IN_POLICY",
    "Known",
    "Word",
    "attestation",
    "by_dataset",
    "by_source",
    "fact",
    "facts",
    "field_paths",
    "is_sealed",
    "log_sources",
    "long_ago",
    "named",
    "no_logs",
    "nothing_in",
    "param",
    "personal",
    "subjects_of",
    "unread",
    "verdict",
    "way_out",
]
