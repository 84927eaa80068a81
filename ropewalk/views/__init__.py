"""Views: pure functions from the register's frames to the tables that pages, the CLI, notebooks and exporters show.

Frames in (columns: docs/reference/frames.md), frames out; no register, no clock and no store is touched here. Every
view of an empty frame is an empty frame with all of its columns, so that a page never needs to ask.
"""

from ropewalk.views.attested import attestations
from ropewalk.views.changes import findings_diff
from ropewalk.views.fields import explain, findings, findings_by, findings_matrix
from ropewalk.views.processing import drift, drift_places, place_and_path, placed, places_of, record
from ropewalk.views.standing import exceptions, outdated, standing, unjudged_scan
from ropewalk.views.stores import UNREAD, last_look, last_scans, progress, progress_by_source, skipped, sources, unread
from ropewalk.views.verdicts import (
    alike,
    clause_key,
    counts,
    policy_frame,
    posture,
    requirements,
    results_frame,
    subjects,
    verdicts_on,
    with_shared_mends,
)
from ropewalk.views.words import byte_words, category_word, status_mark, status_word

__all__ = [
    "UNREAD",
    "alike",
    "attestations",
    "byte_words",
    "category_word",
    "clause_key",
    "counts",
    "drift",
    "drift_places",
    "exceptions",
    "explain",
    "findings",
    "findings_by",
    "findings_diff",
    "findings_matrix",
    "last_look",
    "last_scans",
    "outdated",
    "place_and_path",
    "placed",
    "places_of",
    "policy_frame",
    "posture",
    "progress",
    "progress_by_source",
    "record",
    "requirements",
    "results_frame",
    "skipped",
    "sources",
    "standing",
    "status_mark",
    "status_word",
    "subjects",
    "unjudged_scan",
    "unread",
    "verdicts_on",
    "with_shared_mends",
]
