"""Secrets in cells: detect-secrets' plugins, and the credentials of the Selling Partner API. Counts come out, never a secret.

Every pattern runs once over a joined buffer; only cells that it hits are put to the plugin itself.
"""

from __future__ import annotations

import importlib
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

_PLUGINS = (
    "aws:AWSKeyDetector", "azure_storage_key:AzureStorageKeyDetector", "basic_auth:BasicAuthDetector",
    "discord:DiscordBotTokenDetector", "github_token:GitHubTokenDetector", "gitlab_token:GitLabTokenDetector",
    "jwt:JwtTokenDetector", "mailchimp:MailchimpDetector", "npm:NpmDetector", "openai:OpenAIDetector", "private_key:PrivateKeyDetector",
    "pypi_token:PypiTokenDetector", "sendgrid:SendGridDetector", "slack:SlackDetector", "square_oauth:SquareOAuthDetector",
    "stripe:StripeDetector", "telegram_token:TelegramBotTokenDetector", "twilio:TwilioKeyDetector",
)  # fmt: skip
_OWN: tuple[tuple[str, str], ...] = (
    ("LWA_REFRESH_TOKEN", r"Atzr\|[\w+/=-]{20,}"),
    ("LWA_ACCESS_TOKEN", r"Atza\|[\w+/=-]{20,}"),
    ("LWA_CLIENT_SECRET", r"amzn1\.oa2-cs\.v1\.[0-9a-f]{16,}"),
    ("LWA_CLIENT_ID", r"amzn1\.application-oa2-client\.[0-9a-f]{16,}"),
    ("AWS_ACCESS_KEY", r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
    ("PASSWORD_IN_URL", r"\b[a-z][a-z0-9+.-]{2,20}://[^\s:/@?#]{1,64}:[^\s/@?#]{3,128}@[\w.-]+"),
    (
        "PASSWORD",
        r"(?i)(?<![\w-])(?:password|passwd|pwd|client_secret|secret_access_key|api[_-]?key|"
        r"refresh_token)[\"']?\s*[=:]\s*[\"']?(?![\"'*<$\s{]|null|none|true|false)[^\s\"',;&]{6,}",
    ),
)


_NEEDS: dict[str, tuple[str, ...]] = {
    "PASSWORD": ("passw", "pwd", "secret", "api", "refresh_token"), "PASSWORD_IN_URL": ("://",), "MAILCHIMP_ACCESS_KEY": ("-us",),
    "SLACK_TOKEN": ("xox", "slack"),
    "AWS_ACCESS_KEY": ("akia", "asia", "aws"), "BASIC_AUTH_CREDENTIALS": ("://",), "STRIPE_ACCESS_KEY": ("k_live",), "DISCORD_BOT_TOKEN": (".",),
    "JSON_WEB_TOKEN": ("eyj",), "PRIVATE_KEY": ("private",), "GITHUB_TOKEN": ("gh",), "SQUARE_OAUTH_SECRET": ("sq0",), "TWILIO_API_KEY": ("ac", "sk"),
}  # fmt: skip
"""Lower-case text without which a pattern cannot match: saves most searches. The detectors of Artifactory and Cloudant are
left out, for they take ordinary item codes for keys."""


@dataclass(frozen=True)
class Secrets:
    """One kind of secret in a field: how many cells hold one."""

    entity: str
    cells: int
    distinct: int


def find(values: Mapping[str, int]) -> list[Secrets]:
    """The kinds of secrets in the distinct values of a field, most frequent first."""
    long = [(v, n) for v, n in values.items() if len(v) >= 12 and not v.isdigit()]
    if not long:
        return []
    starts, at = [], 0
    for v, _ in long:
        starts.append(at)
        at += len(v) + 1
    buffer = "\n".join(v.replace("\n", " ") for v, _ in long)
    rows: dict[str, set[int]] = {}
    lower = buffer.lower()
    for entity, pattern, plugin in _patterns():
        if entity in _NEEDS and not any(n in lower for n in _NEEDS[entity]):
            continue
        for m in pattern.finditer(buffer):
            row = bisect_right(starts, m.start()) - 1
            if row not in rows.get(entity, ()) and (plugin is None or any(True for _ in plugin.analyze_string(long[row][0]))):
                rows.setdefault(entity, set()).add(row)
    return sorted((Secrets(e, sum(long[i][1] for i in r), len(r)) for e, r in rows.items()), key=lambda s: -s.cells)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str], Any], ...]:
    found: list[tuple[str, re.Pattern[str], Any]] = [(entity, re.compile(pattern), None) for entity, pattern in _OWN]
    for name in _PLUGINS:
        module, _, cls = name.partition(":")
        try:
            plugin = getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), cls)()
        except (ImportError, AttributeError):  # a release of detect-secrets without this plugin
            continue
        entity = re.sub(r"[^A-Z0-9]+", "_", plugin.secret_type.upper()).strip("_")
        found += [(entity, pattern, plugin) for pattern in plugin.denylist]
    return tuple(found)
