"""Ways to people and machines, one file each: `send(channel, message, …)` delivers or raises ChannelError, which never names a secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ropewalk.alarms.channels import mail, slack, syslog, webhook
from ropewalk.alarms.message import Message
from ropewalk.duties import Channel, MailConfig, SlackConfig, SyslogConfig
from ropewalk.errors import RopewalkError

__all__ = ["Answer", "deliver", "name_of"]


class Answer(NamedTuple):
    """What a channel did: `error` where it did not take the message, `note` where it did, but something should be mended."""

    error: str = ""
    note: str = ""


def name_of(channel: Channel) -> str:
    return channel.name or channel.kind


def deliver(channel: Channel, message: Message, *, timeout: float, resolve: Callable[[str], Path]) -> Answer:
    """A channel that fails stops nothing."""
    note = ""
    try:
        if isinstance(channel, SlackConfig):
            slack.send(channel, message, timeout)
        elif isinstance(channel, MailConfig):
            note = mail.send(channel, message, timeout, resolve)
        elif isinstance(channel, SyslogConfig):
            syslog.send(channel, message, timeout, resolve)
        else:
            webhook.send(channel, message, timeout)
    except RopewalkError as error:
        return Answer(f"{error.what}; {error.mend}" if error.mend else error.what)
    except Exception as error:  # its text may quote an address with a secret in it
        return Answer(f"an unexpected {type(error).__name__}")
    return Answer(note=note)
