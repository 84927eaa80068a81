"""What `ropewalk.yaml` says of standing duties: alarms and their channels, the schedule, canaries, the keys of the evidence."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from ropewalk.yamllines import Strict, all_differ

Severity = Literal["info", "low", "medium", "high"]
Kind = Literal["verdict", "new_field", "drift", "attestation", "canary", "run"]


class ChannelConfig(Strict):
    """A way to people or machines. `name` stands in reports; `severity` and `only` narrow what goes this way."""

    name: str = Field("", pattern=r"^[A-Za-z0-9_.-]{0,62}$", description="at most 62 letters, digits and - _ .")
    severity: Severity = Field("info", description="alarms less severe than this are not sent here")
    only: list[Kind] = Field(default_factory=list, description="kinds of alarms; none named: all of them")


def _http(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write an address that starts with https://")
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("http sends it in the clear; write https:// (http is for this machine only)")
    return url


class SlackConfig(ChannelConfig):
    """An incoming webhook of Slack, Mattermost, Rocket.Chat or another that takes the same JSON."""

    kind: Literal["slack"]
    url: str = Field(repr=False)

    _url = field_validator("url")(_http)


class WebhookConfig(ChannelConfig):
    """JSON by POST, signed with HMAC-SHA256."""

    kind: Literal["webhook"]
    url: str = Field(repr=False)
    secret: str = Field(min_length=16, repr=False)

    _url = field_validator("url")(_http)


class MailConfig(ChannelConfig):
    """E-mail by SMTP. `ca` is a PEM file, relative to the configuration, where the server's certificate is your own."""

    kind: Literal["mail"]
    host: str
    port: int = Field(587, ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = Field("", repr=False)
    sender: str = Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$", description="one mail address")
    to: list[Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$", description="one mail address")]] = Field(min_length=1)
    ca: str | None = None

    @model_validator(mode="after")
    def _sealed(self) -> MailConfig:
        if self.username and self.tls == "none":
            raise ValueError("a password is never sent in the clear; set tls: starttls, or remove username")
        return self


class SyslogConfig(ChannelConfig):
    """OCSF events: JSON lines in a file, or syslog (RFC 5424) to udp://, tcp:// or tls://host:port.

    `ca`, `cert`, `key` are PEM files, relative to the configuration: the server's authority, and who we are where it asks.
    """

    kind: Literal["syslog"]
    to: str
    ca: str | None = None
    cert: str | None = None
    key: str | None = None

    @field_validator("to")
    @classmethod
    def _place(cls, to: str) -> str:
        scheme, sep, rest = to.partition("://")
        if scheme not in {"udp", "tcp", "tls", "file"} or not sep or not rest:
            raise ValueError("write tls://host:6514, tcp://host:601, udp://host:514 or file://alarms.jsonl")
        if scheme != "file":
            try:
                parts = urlsplit(to)
                whole = bool(parts.hostname and parts.port)
            except ValueError:
                whole = False
            if not whole:
                raise ValueError("name host and port, as tls://siem.example.com:6514")
        return to

    @model_validator(mode="after")
    def _sealed(self) -> SyslogConfig:
        if (self.ca or self.cert or self.key) and not self.to.startswith("tls://"):
            raise ValueError("ca, cert and key are for tls://; write to: tls://host:6514")
        return self


Channel = Annotated[SlackConfig | WebhookConfig | MailConfig | SyslogConfig, Field(discriminator="kind")]


class AlarmsConfig(Strict):
    """Who is told of what changed."""

    channels: list[Channel] = Field(default_factory=list)
    digest: bool = Field(True, description="one message for all that a run found; false: a message an alarm")
    expiry_days: int = Field(30, ge=0, description="days before its end from which an attestation is told of")
    timeout: float = Field(10.0, gt=0, description="seconds a channel may take")

    @field_validator("channels")
    @classmethod
    def _unique(cls, channels: list[Channel]) -> list[Channel]:
        all_differ([c.name or c.kind for c in channels], "two channels are called {}; give each a name of its own")
        return channels


class ScheduleConfig(Strict):
    """When `ropewalk schedule run` scans and checks: cron lines of five parts (minute hour day month weekday)."""

    scan: str | None = None
    check: str | None = None
    timezone: str = "UTC"
    grace: int = Field(60, ge=1, description="minutes a run may start late; later, it counts as missed")

    @field_validator("scan", "check")
    @classmethod
    def _cron(cls, line: str | None) -> str | None:
        if line is not None and len(line.split()) != 5:
            raise ValueError('a cron line has five parts, as "0 6 * * *" for every day at 6:00')
        return line

    @field_validator("timezone")
    @classmethod
    def _zone(cls, name: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("there is no such time zone; write one as Europe/Berlin") from None
        return name


class CanaryConfig(Strict):
    """A made-up record that must show up nowhere but at home. `hmac` is printed by `ropewalk canary register --print`."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")
    hmac: str = Field(pattern=r"^hmac-sha256:[1-9]\d?:[0-9a-f]{64}$", repr=False)
    home: list[str] = Field(min_length=1, description="sources where it may be seen")


class TimestampConfig(Strict):
    """An authority that stamps the head of the evidence chain (RFC 3161). What it gets is a hash; its answer is signed, so http will do."""

    url: str = Field(repr=False, pattern=r"^https?://[^\s/]+", description="where requests are posted")
    ca: str = Field(description="certificates (PEM) that its answers are checked against, relative to the configuration")
    timeout: float = Field(20.0, gt=0, description="seconds it may take")


class EvidenceConfig(Strict):
    """Keys of the evidence, as files relative to the configuration: Ed25519 (PEM) to sign the chain, and one to encrypt documents."""

    key: str | None = Field(None, description="private key: each new head is signed")
    public_key: str | None = Field(None, description="public key: `ropewalk verify` demands its signature")
    signed_from: int = Field(1, ge=1, description="the first entry that must be signed; what stands before was written without a key")
    timestamp: TimestampConfig | None = None
    document_key: str | None = Field(None, description="32 bytes in base64: `ropewalk attest --store` encrypts documents with it")
