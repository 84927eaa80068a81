"""Is a cipher strong enough: AES-128, RSA-2048 or better (policy clauses 2.3, 2.4)?"""

from __future__ import annotations

import re
from typing import Any

from ropewalk.model import Status

_AES = re.compile(r"aes[\s_/:-]*(?:xts|gcm|cbc|ctr|ccm|siv|kw)?[\s_/:-]*(\d{3})?", re.I)
_RSA = re.compile(r"rsa\D*(\d{3,5})?", re.I)
_MANAGED = {"aws:kms", "aws:kms:dsse", "sse-kms", "sse-s3", "symmetric_default", "google_symmetric_encryption"}
_WEAK = re.compile(r"\b(?:3?des|tripledes|rc[24]|blowfish|md5|xor|rot13|base64)\b", re.I)
AES_BITS, RSA_BITS = 128, 2048


def judge_cipher(value: Any) -> tuple[Status, str]:
    """A fact `encrypted_at_rest` -> PASS, FAIL or UNKNOWN, and why.

    value: {layer, algorithm, clear: where it lies in clear besides}, or the algorithm alone.
    """
    if isinstance(value, dict) and value.get("clear"):
        status, words = judge_cipher({k: v for k, v in value.items() if k != "clear"})
        return (Status.FAIL if status == Status.PASS else status), f"{words}, but its changes stand in clear in {', '.join(map(str, value['clear']))}"
    layer, algorithm = (str(value.get("layer", "")), value.get("algorithm")) if isinstance(value, dict) else ("", value)
    at = f" at the {layer} layer" if layer else ""
    if algorithm is False or str(algorithm or "").lower() in {"none", "off", "plain"}:
        return Status.FAIL, f"not encrypted{at}, and nothing above it is known to be"
    text = str(algorithm or "")
    if _WEAK.search(text) and not _AES.search(text):
        return Status.FAIL, f"{text}{at} is weaker than AES-{AES_BITS}"
    if text.lower() in _MANAGED:
        return Status.PASS, f"{text}{at}: AES-256 with a managed key"
    if match := _AES.search(text):
        return Status.PASS, f"{text}{at}"  # AES has no key below 128 bits
    if match := _RSA.search(text):
        bits = int(match[1] or 0)
        if not bits:
            return Status.UNKNOWN, f"{text}{at}, and the size of its key is not told"
        return (Status.PASS if bits >= RSA_BITS else Status.FAIL), f"{text}{at}"
    if text.lower() == "opaque":
        return Status.UNKNOWN, f"looks like ciphertext{at}, and no algorithm is told"
    if algorithm is True or not text:
        return Status.UNKNOWN, f"said to be encrypted{at}, and no algorithm is told"
    return Status.UNKNOWN, f"{text}{at} is neither AES nor RSA: attest that it is as strong"
