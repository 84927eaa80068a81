"""An alarm as an event of the Open Cybersecurity Schema Framework (https://schema.ocsf.io, 1.5.0), category Findings.

`finding_info.uid` names the thing, so that later events belong to the first; `metadata.uid` the event, and is the same when it is sent again.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from ropewalk import __version__
from ropewalk.alarms.alarm import Alarm
from ropewalk.alarms.message import Message

SCHEMA = "1.5.0"
_SEVERITY = {"info": (1, "Informational"), "low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High")}
_COMPLIANCE, _DETECTION, _DATA = (2003, "Compliance Finding"), (2004, "Detection Finding"), (2006, "Data Security Finding")
_CLASS = {"new_field": _DATA, "canary": _DETECTION}
_RESULT = {"pass": (1, "Pass"), "not_applicable": (1, "Pass"), "fail": (3, "Fail"), "error": (3, "Fail")}
_CREATE, _CLOSE = (1, "Create", 1, "New"), (3, "Close", 4, "Resolved")


def event(message: Message, alarm: Alarm) -> dict[str, Any]:
    """A finding; a verdict that is good again closes the one before."""
    number, name = _CLASS.get(alarm.kind, _COMPLIANCE)
    activity_id, activity, status_id, status = _CLOSE if alarm.kind == "verdict" and _RESULT.get(alarm.state, (0,))[0] == 1 else _CREATE
    severity_id, severity = _SEVERITY[alarm.severity]
    raised = datetime.fromisoformat(alarm.at) if alarm.at else message.at
    milliseconds = int(raised.timestamp() * 1000)
    out: dict[str, Any] = {
        "activity_id": activity_id, "activity_name": activity, "category_uid": 2, "category_name": "Findings",
        "class_uid": number, "class_name": name, "type_uid": number * 100 + activity_id, "type_name": f"{name}: {activity}",
        "severity_id": severity_id, "severity": severity,
        "time": milliseconds, "message": alarm.title, "status_id": status_id, "status": status,
        "finding_info": {"uid": alarm.key, "title": alarm.title, "types": [alarm.kind], "created_time": milliseconds},
        "metadata": {
            "version": SCHEMA, "product": {"name": "Ropewalk", "vendor_name": "Ropewalk", "version": __version__}, "uid": _uid(alarm),
            "correlation_uid": message.id,
        },
        "unmapped": {"counts": dict(alarm.counts), "company": message.company, "mend": alarm.mend, "state": alarm.state},
    }  # fmt: skip
    if alarm.subject:
        out["resources"] = [{"name": alarm.subject}]
    if number == _COMPLIANCE[0]:
        out["compliance"] = _compliance(message, alarm)
    else:
        out["is_alert"] = True
    if alarm.mend and number != _DATA[0]:
        out["remediation"] = {"desc": alarm.mend}
    return out


def _uid(alarm: Alarm) -> str:
    return hashlib.sha256(f"{alarm.number}:{alarm.key}={alarm.state}".encode("utf-8", "replace")).hexdigest()[:32]


def _compliance(message: Message, alarm: Alarm) -> dict[str, Any]:
    status_id, status = _RESULT.get(alarm.state, (2, "Warning"))
    out: dict[str, Any] = {"status_id": status_id, "status": status, "status_detail": alarm.state, "standards": [message.policy]}
    if alarm.requirement:
        out["requirements"] = [alarm.requirement]
    if alarm.clause:
        out["control"] = alarm.clause
    return out
