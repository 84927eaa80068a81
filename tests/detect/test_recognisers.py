"""Presidio's recognisers are built and used without a network and without a cache on disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ropewalk.detect.recognisers import model_package, stock_recognisers
from ropewalk.errors import ConfigError

CODE = """
import sys
def guard(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise SystemExit(f"network: {event}")
sys.addaudithook(guard)
from ropewalk.detect.patterns import PatternEngine
from ropewalk.detect.recognisers import stock_recognisers
hits = PatternEngine.of(stock_recognisers()).scan(["write to a@shop.example.com or see http://example.co.uk"])[0]
print(sorted({h.entity for h in hits}))
"""


def test_addresses_are_validated_without_a_network(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, env=environment, cwd=Path(__file__).parents[2], check=False)
    assert done.stdout.strip() == "['EMAIL_ADDRESS', 'URL']", done.stderr[-2000:]
    assert not list(tmp_path.rglob("*.json")), "tldextract wrote its cache"


def test_regions_reach_the_phone_recogniser_and_no_ner_is_among_them() -> None:
    found = {type(r).__name__: r for r in stock_recognisers(regions=["JP", "MX"])}
    assert found["PhoneRecognizer"].supported_regions == ("JP", "MX")
    assert "SpacyRecognizer" not in found


def test_a_missing_model_is_named_and_not_downloaded() -> None:
    with pytest.raises(ConfigError, match="no_such_model"):
        model_package("no_such_model")
