"""DER: the certificates of a timestamp in the order that DER wants.

OpenSSL, and so many an authority, writes them as they come; strict readers refuse that. They are not under the signature, and their order
means nothing, so sorting them changes no proof. Structure: RFC 3161 (TimeStampResp) around RFC 5652 (SignedData).
"""

from __future__ import annotations

CERTIFICATES = 0xA0
"""Tag of the certificates within SignedData."""


def sorted_certificates(answer: bytes) -> bytes:
    """The answer with its certificates in order; unchanged where it is built otherwise."""
    try:
        _, token, *_ = _parts(answer, *_inside(answer, 0))  # status, token
        _, content = _parts(answer, *_inside(answer, token[0]))  # type, content
        (signed,) = _parts(answer, *_inside(answer, content[0]))
        for start, end in _parts(answer, *_inside(answer, signed[0])):
            if answer[start] == CERTIFICATES:
                first, _ = _inside(answer, start)
                ordered = sorted(answer[a:b] for a, b in _parts(answer, first, end))
                return answer[:first] + b"".join(ordered) + answer[end:]
    except (IndexError, ValueError):
        pass
    return answer


def _inside(data: bytes, at: int) -> tuple[int, int]:
    """(begin, end) of the content of the element that begins at `at`. Raises IndexError, ValueError."""
    length, begin = data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4:
            raise ValueError("no definite length")
        length, begin = int.from_bytes(data[begin : begin + size], "big"), begin + size
    if begin + length > len(data):
        raise ValueError("cut off")
    return begin, begin + length


def _parts(data: bytes, begin: int, end: int) -> list[tuple[int, int]]:
    """(begin, end) of each element between two places."""
    out = []
    while begin < end:
        out.append((begin, _inside(data, begin)[1]))
        begin = out[-1][1]
    return out
