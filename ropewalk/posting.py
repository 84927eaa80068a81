"""A POST over HTTP that follows no redirect: what is sent goes to the address that was configured, and nowhere else."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other that is not 2xx."""

    def redirect_request(self, *_: Any) -> None:
        return None


def posted(url: str, body: bytes, timeout: float, headers: Mapping[str, str], *, longest: int) -> bytes:
    """The answer, at most `longest` bytes of it. Raises HTTPError for any answer but 2xx, else URLError, OSError or ValueError."""
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310 - the configuration takes http(s) only
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=timeout) as answer:
            read: bytes = answer.read(longest)
            return read
    except http.client.HTTPException as error:  # what answers is no web server, or hangs up in the middle
        raise urllib.error.URLError(error) from None
