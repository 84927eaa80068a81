"""Secrets in cells: detect-secrets' plugins, and the credentials of the Selling Partner API. Counts come out, never a secret.

One pass of the gate says which expression could lie in which cell; only those are tried, and put to the plugin itself.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ropewalk.detect.gate import Gate, plain
from ropewalk.detect.gazetteer import words

_PLUGINS = (
    "aws:AWSKeyDetector", "azure_storage_key:AzureStorageKeyDetector", "basic_auth:BasicAuthDetector",
    "discord:DiscordBotTokenDetector", "github_token:GitHubTokenDetector", "gitlab_token:GitLabTokenDetector",
    "jwt:JwtTokenDetector", "mailchimp:MailchimpDetector", "npm:NpmDetector", "openai:OpenAIDetector", "private_key:PrivateKeyDetector",
    "pypi_token:PypiTokenDetector", "sendgrid:SendGridDetector", "slack:SlackDetector", "square_oauth:SquareOAuthDetector",
    "stripe:StripeDetector", "telegram_token:TelegramBotTokenDetector", "twilio:TwilioKeyDetector",
)  # fmt: skip
_KEYS = (
    r"(?:pass(?:word|wd|phrase)|(?<=[_.-])pass|pwd|secret(?:[_-]?(?:access[_-]?)?key)?|(?:client|consumer|app|shared|webhook)[_-]?secret|"
    r"api[_-]?(?:key|token)|access[_-]?key|account[_-]?key|private[_-]?token|(?:refresh|access|auth|session|bearer|oauth)[_-]?token)"
)
_OWN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("LWA_REFRESH_TOKEN", r"Atzr(?:\||%7C)[\w+/=%-]{20,}", ("atzr",)),
    ("LWA_ACCESS_TOKEN", r"(?:Atza|Atc|Atz\.sprdt)(?:\||%7C)[\w+/=%-]{20,}", ("atza", "atc", "atz.")),
    ("LWA_CLIENT_SECRET", r"amzn1\.oa2-cs\.v1\.[0-9a-f]{16,}", ("oa2-cs",)),
    ("LWA_CLIENT_ID", r"amzn1\.application-oa2-client\.[0-9a-f]{16,}", ("oa2-client",)),
    ("AWS_ACCESS_KEY", r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])", ("akia", "asia")),
    ("PRIVATE_KEY", r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----", ("private key",)),
    ("PASSWORD_IN_URL", r"\b[a-z][a-z0-9+.-]{2,20}://[^\s:/@?#]{0,64}:(?![*<${%])[^\s/@?#]{3,128}@[\w.-]+", ("://",)),
    (
        "AUTHORIZATION",
        r"(?i)\bauthorization[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?(?:bearer|basic|token)[ \t]{1,3}(?=\S{0,40}\d)[\w+/=.~-]{16,}",
        ("authorization",),
    ),
    ("AZURE_SHARED_ACCESS_SIGNATURE", r"[?&;]sig=[\w%+/-]{40,}", ("sig=",)),
    ("SLACK_TOKEN", r"\bxapp-\d-[A-Z0-9]{8,}-\d{8,}-[0-9a-f]{32,}", ("xapp-",)),
    ("STRIPE_ACCESS_KEY", r"\b(?:[sr]k_(?:live|test)_[0-9A-Za-z]{24,}|whsec_[0-9A-Za-z+/=]{24,})", ("k_live_", "k_test_", "whsec_")),
    ("GITHUB_TOKEN", r"\bgithub_pat_\w{22}_\w{59}", ("github_pat_",)),
    ("GOOGLE_KEY", r"\bAIza[\w-]{35}(?![\w-])|\bGOCSPX-[\w-]{28}(?![\w-])", ("aiza", "gocspx-")),
    ("MAILGUN_KEY", r"(?<![\w-])key-[0-9a-f]{32}(?![\w-])", ("key-",)),
    ("SHOPIFY_TOKEN", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b", ("shp",)),
    ("VAULT_TOKEN", r"\bhv[sb]\.[\w-]{24,}", ("hvs.", "hvb.")),
    (
        "PASSWORD",
        rf"(?i){_KEYS}(?:[\"']?[ \t]{{0,3}}(?:=>|[=:](?!=))[ \t]{{0,3}}|>)([\"']?)([^\s\"',;&<>]{{6,}})",
        ("pass", "pwd", "secret", "key", "token"),
    ),
)
"""(entity, expression, lower-case text without which it cannot match)"""
_PLACEHOLDER = re.compile(
    r"(?i)[*<${%\[(=]|.{0,3}\.\.\.|null|none|true|false|undefined|nil\b|x{4,}|redacted|removed|masked|hidden|change_?me|your[_-]|example|placeholder"
)
_CODE = re.compile(r"[()\[\]{}]|^[A-Za-z_$]\w*(?:\.[A-Za-z_$]\w*)+$")
"""A call, an index or the attribute of an object: the secret is read there, not written."""
_NAMED = re.compile(r"pass|secret|token|key$|string|required|optional|invalid|incorrect|missing|confirm")
"""Words that stand for a secret in a form, a schema or a message."""
_NEEDS: dict[str, tuple[str, ...]] = {
    "MAILCHIMP_ACCESS_KEY": ("-us",), "SLACK_TOKEN": ("xox", "slack"), "AWS_ACCESS_KEY": ("akia", "asia", "aws"),
    "BASIC_AUTH_CREDENTIALS": ("://",), "STRIPE_ACCESS_KEY": ("k_live",), "DISCORD_BOT_TOKEN": (".",), "JSON_WEB_TOKEN": ("eyj",),
    "PRIVATE_KEY": ("private",), "GITHUB_TOKEN": ("gh",), "SQUARE_OAUTH_SECRET": ("sq0",), "TWILIO_API_KEY": ("ac", "sk"),
}  # fmt: skip
"""The same for the plugins: saves most searches. The detectors of Artifactory and Cloudant are left out, for they take
ordinary item codes for keys."""


@dataclass(frozen=True)
class _Kind:
    """One expression. written: what stands behind the label is looked at; plugin: has the last word."""

    entity: str
    pattern: re.Pattern[str]
    needs: tuple[str, ...]
    written: bool = False
    plugin: Any = None

    def lies_in(self, value: str) -> bool:
        if self.needs:
            low = value.lower()
            if not any(n in low for n in self.needs):
                return False
        if self.plugin is not None:
            return bool(self.pattern.search(value)) and any(True for _ in self.plugin.analyze_string(value))
        return any(not self.written or _written(m) for m in self.pattern.finditer(value))


@dataclass(frozen=True)
class Secrets:
    """One kind of secret in a field: how many cells hold one."""

    entity: str
    cells: int
    distinct: int


def find(values: Mapping[str, int]) -> list[Secrets]:
    """The kinds of secrets in the distinct values of a field, most frequent first."""
    long = [v for v in values if len(v) >= 12 and not v.isdigit()]
    ordinary = [v for v in long if plain(v)]
    kinds, gate = _kinds(), _gate()
    asked = [(ordinary[i], kinds[number]) for i, number in gate.passes(ordinary)]
    asked += [(v, kinds[number]) for number in gate.always for v in ordinary]
    asked += [(v, kind) for v in long if not plain(v) for kind in kinds]
    held: dict[str, set[str]] = {}
    for value, kind in asked:
        if value not in held.get(kind.entity, ()) and kind.lies_in(value):
            held.setdefault(kind.entity, set()).add(value)
    return sorted((Secrets(e, sum(values[v] for v in found), len(found)) for e, found in held.items()), key=lambda s: -s.cells)


def _written(match: re.Match[str]) -> bool:
    """Whether what stands behind a word for a password is one: no placeholder, no code, no word of a sentence."""
    quote, value = match[1], match[2]
    if _PLACEHOLDER.match(value) or _CODE.search(value):
        return False
    if any(c.isdigit() for c in value):
        return True
    word = value.strip(".!?:").lower()
    return bool(quote) and len(value) >= 8 and word not in words("common") and not _NAMED.search(word)


@cache
def _kinds() -> tuple[_Kind, ...]:
    found = [_Kind(entity, re.compile(pattern), needs, written=entity == "PASSWORD") for entity, pattern, needs in _OWN]
    for name in _PLUGINS:
        module, _, cls = name.partition(":")
        try:
            plugin = getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), cls)()
        except (ImportError, AttributeError):  # a release of detect-secrets without this plugin
            continue
        entity = re.sub(r"[^A-Z0-9]+", "_", plugin.secret_type.upper()).strip("_")
        found += [_Kind(entity, pattern, _NEEDS.get(entity, ()), plugin=plugin) for pattern in plugin.denylist]
    return tuple(found)


@cache
def _gate() -> Gate:
    return Gate([(kind.pattern.pattern, kind.pattern.flags) for kind in _kinds()])
