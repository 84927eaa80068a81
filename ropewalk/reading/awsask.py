"""Questions to AWS: an answer, `None` for what is not configured, or Denied; and what KMS tells of a key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ropewalk.model import Fact
from ropewalk.reading.s3 import client

_ACCOUNT = re.compile(r"\b\d{12}\b")
_ABSENT = ("NoSuch", "NotFound", "ObjectLockConfigurationNotFoundError", "ServerSideEncryptionConfigurationNotFoundError", "NotConfigured")


class Denied(Exception):
    """The service did not answer the question; the text is its code, never its words."""


def ask(service: Any, call: str, **arguments: Any) -> Any:
    """The answer; None where the thing asked for is not configured. Raises Denied for everything else."""
    try:
        return getattr(service, call)(**arguments)
    except Exception as error:
        code = code_of(error)
        if code == "NoSuchBucket" or not any(a in code for a in _ABSENT):
            raise Denied(code) from None
        return None


def ask_all(service: Any, call: str, **arguments: Any) -> dict[str, Any]:
    """The answer of a listing, all its pages put together. Raises Denied."""
    whole: dict[str, Any] = {}
    try:
        for page in service.get_paginator(call).paginate(**arguments):
            for name, value in page.items():
                whole[name] = [*whole.get(name, []), *value] if isinstance(value, list) else value
    except Exception as error:
        raise Denied(code_of(error)) from None
    return whole


def code_of(error: Exception) -> str:
    """The code of a service's error, else the kind of the exception."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else type(error).__name__


def key_facts(storage: Mapping[str, Any], subject: str, as_of: datetime, key: str) -> Iterator[Fact]:
    """key_spec, key_shared_with (`*` and other accounts), key_rotation and key_rotation_days of a KMS key."""
    kms = client(storage, "kms")
    about: Mapping[str, Any] = {}
    try:
        about = (ask(kms, "describe_key", KeyId=key) or {}).get("KeyMetadata", {})
        spec = about.get("KeySpec") or about.get("CustomerMasterKeySpec")
        yield Fact(subject, "key_spec", spec, as_of, "kms:describe_key", "" if spec else "kms:DescribeKey")
    except Denied as error:
        yield Fact(subject, "key_spec", None, as_of, f"kms:describe_key ({error})", "kms:DescribeKey")
    try:
        policy = json.loads((ask(kms, "get_key_policy", KeyId=key, PolicyName="default") or {}).get("Policy") or "{}")
        others = _others(policy.get("Statement", ()), str(about.get("AWSAccountId", "")))
        yield Fact(subject, "key_shared_with", others, as_of, "kms:get_key_policy")
    except Denied as error:
        yield Fact(subject, "key_shared_with", None, as_of, f"kms:get_key_policy ({error})", "kms:GetKeyPolicy")
    try:
        turns = ask(kms, "get_key_rotation_status", KeyId=key) or {}
    except Denied as error:
        yield Fact(subject, "key_rotation_days", None, as_of, f"kms:get_key_rotation_status ({error})", "kms:GetKeyRotationStatus")
        return
    on = bool(turns.get("KeyRotationEnabled"))
    yield Fact(subject, "key_rotation", on, as_of, "kms:get_key_rotation_status")
    if on:
        yield Fact(subject, "key_rotation_days", int(turns.get("RotationPeriodInDays") or 365), as_of, "kms:get_key_rotation_status")


def _others(statements: Any, own: str) -> list[str]:
    """Who else the policy of a key lets in: everybody (`*`, without a condition) and the numbers of other accounts."""
    out: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
            continue
        who = statement.get("Principal")
        named = who.get("AWS", ()) if isinstance(who, Mapping) else who
        for principal in [named] if isinstance(named, str) else named or ():
            if principal == "*":
                out |= set() if statement.get("Condition") else {"*"}
            elif (account := _ACCOUNT.search(str(principal))) and own and account[0] != own:
                out.add(account[0])
    return sorted(out)
