"""JSON by POST: no redirects, a time limit, and errors that name neither the address nor its secret."""

from __future__ import annotations

import urllib.error
from collections.abc import Mapping

from ropewalk import __version__
from ropewalk.errors import RopewalkError
from ropewalk.posting import posted
from ropewalk.reading.endpoint import refusal


class ChannelError(RopewalkError):
    """A channel did not take an alarm."""


def post(url: str, body: bytes, timeout: float, headers: Mapping[str, str] | None = None) -> None:
    """Raises ChannelError for any answer but 2xx."""
    given = {"Content-Type": "application/json; charset=utf-8", "User-Agent": f"ropewalk/{__version__}", **(headers or {})}
    try:
        posted(url, body, timeout, given, longest=1024)
    except urllib.error.HTTPError as error:
        error.close()
        mend = "check its address" if error.code in {301, 302, 303, 307, 308, 401, 403, 404, 410} else "it is tried again with the next run"
        raise ChannelError(f"the receiver answered {error.code}", mend=mend) from None
    except (urllib.error.URLError, OSError, ValueError) as error:
        cause = getattr(error, "reason", error)
        if why := refusal(cause):
            mend = "have it mended, or let this machine trust its authority"
            raise ChannelError(f"the receiver's certificate cannot be verified{why}", mend=mend) from None
        raise ChannelError(f"the receiver cannot be reached ({type(cause).__name__})", mend="check its address and the network") from None
