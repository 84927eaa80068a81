"""Questions to AWS: an answer, `None` for what is not configured, or Denied; and what KMS tells of a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ropewalk.model import Fact
from ropewalk.reading.awspolicy import other_accounts, statements
from ropewalk.reading.s3 import client

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
    """key_spec, key_state, key_shared_with (`*` and other accounts), key_rotation and key_rotation_days of a KMS key, by its id, ARN or alias."""
    kms = client(storage, "kms")
    about: Mapping[str, Any] = {}
    how = "kms:describe_key"
    try:
        about = (ask(kms, "describe_key", KeyId=key) or {}).get("KeyMetadata", {})
    except Denied as error:
        how = f"{how} ({error})"
    spec = about.get("KeySpec") or about.get("CustomerMasterKeySpec")
    yield Fact(subject, "key_spec", spec, as_of, how, "" if spec else "kms:DescribeKey")
    if state := about.get("KeyState"):
        yield Fact(subject, "key_state", state, as_of, how)
    aliased = key.rpartition(":")[2].startswith("alias/aws/")
    key = str(about.get("Arn") or about.get("KeyId") or key)  # an alias answers only some questions
    own = str(about.get("AWSAccountId") or "") or (key.split(":")[4] if key.count(":") >= 5 else "")
    how, needs, others = "kms:get_key_policy", "kms:GetKeyPolicy", None
    try:
        answer = ask(kms, "get_key_policy", KeyId=key, PolicyName="default")
        if answer is not None:
            others, needs = other_accounts(statements(answer.get("Policy")), own), "kms:DescribeKey"
    except Denied as error:
        how = f"{how} ({error})"
    yield Fact(subject, "key_shared_with", others, as_of, how, "" if others is not None else needs)
    how, turns = "kms:get_key_rotation_status", None
    if about.get("KeyManager") == "AWS" or aliased:
        how, turns = "AWS rotates the keys that it manages each year", {"KeyRotationEnabled": True}
    else:
        try:
            turns = ask(kms, "get_key_rotation_status", KeyId=key)
        except Denied as error:
            how = f"{how} ({error})"
    if turns is None:
        brought = about.get("Origin") not in {None, "AWS_KMS"}
        needs = "an attestation (kind key_management): AWS does not rotate a key that was brought to it" if brought else "kms:GetKeyRotationStatus"
        yield Fact(subject, "key_rotation_days", None, as_of, how, needs)
        return
    on = bool(turns.get("KeyRotationEnabled"))
    yield Fact(subject, "key_rotation", on, as_of, how)
    if on:
        yield Fact(subject, "key_rotation_days", int(turns.get("RotationPeriodInDays") or 365), as_of, how)
