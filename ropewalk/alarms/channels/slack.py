"""An incoming webhook as Slack has it (https://api.slack.com/messaging/webhooks); Mattermost and Rocket.Chat take the same."""

from __future__ import annotations

import json

from ropewalk.alarms.channels.post import post
from ropewalk.alarms.message import Message
from ropewalk.duties import SlackConfig

LONGEST = 30_000
"""Characters; Slack cuts off at 40,000."""


def send(channel: SlackConfig, message: Message, timeout: float) -> None:
    post(channel.url, body(message), timeout)


def body(message: Message) -> bytes:
    text = "\n".join([f"*{_escaped(message.subject)}*", *(_escaped(line) for line in message.lines)])
    return json.dumps({"text": text[:LONGEST]}, ensure_ascii=False).encode("utf-8", "replace")


def _escaped(text: str) -> str:
    """A field that is called `<!channel>` calls nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
