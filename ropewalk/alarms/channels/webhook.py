"""JSON by POST, signed: `X-Ropewalk-Signature: t=<epoch seconds>,v1=<hex HMAC-SHA256 of "t.body">`.

The time under the signature lets a receiver refuse old messages; `X-Ropewalk-Id` is the same when a message is repeated.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime

from ropewalk.alarms.channels.post import post
from ropewalk.alarms.message import Message
from ropewalk.duties import WebhookConfig


def send(channel: WebhookConfig, message: Message, timeout: float) -> None:
    content, sent_at = body(message), int(datetime.now(UTC).timestamp())
    post(channel.url, content, timeout, {"X-Ropewalk-Signature": signature(channel.secret, sent_at, content), "X-Ropewalk-Id": message.id})


def body(message: Message) -> bytes:
    return json.dumps(message.json(), ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def signature(secret: str, at: int, content: bytes) -> str:
    return f"t={at},v1={hmac.digest(secret.encode(), f'{at}.'.encode() + content, hashlib.sha256).hex()}"
