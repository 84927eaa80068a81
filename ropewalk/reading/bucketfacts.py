"""What a folder or bucket says about itself: transit for every kind of store, and the facts of its own service."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime

from ropewalk.contracts import Check
from ropewalk.errors import RopewalkError
from ropewalk.model import Fact
from ropewalk.reading import azurefacts, gcsfacts, s3facts, s3versions
from ropewalk.reading.endpoint import certificate_facts, probe
from ropewalk.reading.objects import Entry, Objects

_READER = {
    "file": "Read permission on the files and their folders (r-- for files, r-x for folders); nothing else.",
    "s3": s3facts.LEAST,
    "gs": gcsfacts.LEAST,
    "abfs": azurefacts.LEAST,
}


def least_privilege(objects: Objects) -> str:
    """The policy or role that the reader needs, ready to paste."""
    bucket = objects.root.strip("/").partition("/")[0] or "BUCKET"
    return _READER.get(objects.protocol, "The right to list and to read; nothing else.").replace("BUCKET", bucket)


def checks(objects: Objects) -> Iterator[Check]:
    """Whether the connection to a bucket is encrypted."""
    if objects.local or objects.protocol == "memory":
        return
    url = endpoint(objects)
    found = probe(url, _authority(objects)) if url else None
    if found is None or found.version is None:
        yield Check("encrypted transit", None, found.error if found else "the endpoint is not known", "check the endpoint in options.storage")
    else:
        yield Check("encrypted transit", found.version != "none" and found.trusted, found.error or found.version, "use an https endpoint")


def facts(objects: Objects, source: str, as_of: datetime) -> Iterator[Fact]:
    """Of the source as a whole. Never raises for a right that is missing: such a fact is unknown and says what it needs."""
    if objects.local:
        yield Fact(source, "transit", "local", as_of, "the path is on this machine")
        return
    if objects.protocol == "memory":
        yield Fact(source, "transit", "local", as_of, "the files are in the memory of this process")
        return
    yield from _transit(objects, source, as_of)
    own = {"s3": s3facts.facts, "gs": gcsfacts.facts, "abfs": azurefacts.facts}.get(objects.protocol)
    if own is not None:
        yield from own(objects, source, as_of)


def kept(objects: Objects, source: str, as_of: datetime, datasets: Mapping[str, str]) -> Iterator[Fact]:
    """What lies there besides the objects that are listed: older versions and unfinished uploads. datasets: name -> subject."""
    if objects.protocol == "s3":
        yield from s3versions.facts(objects, source, as_of, datasets)


def tags(objects: Objects, entry: Entry) -> Mapping[str, str]:
    """Tags and metadata of one object, names in lower case; nothing where there are none or they may not be read."""
    if objects.protocol == "s3":
        return s3facts.tags(objects, entry.key)
    if objects.protocol == "abfs":
        return azurefacts.tags(objects, entry.key)
    return gcsfacts.tags(entry.metadata) if objects.protocol == "gs" else {}


def endpoint(objects: Objects) -> str:
    """The address that requests go to, or nothing where the file system does not tell."""
    try:
        if objects.protocol == "s3":
            return str(objects.s3.meta.endpoint_url)
        if objects.protocol == "gs":
            return str(getattr(objects.fs, "_endpoint", "") or "https://storage.googleapis.com")
        if objects.protocol == "abfs":
            return azurefacts.account_url(objects)
    except RopewalkError:
        raise
    except Exception:
        return ""
    return str(objects.storage.get("endpoint_url", ""))


def _transit(objects: Objects, source: str, as_of: datetime) -> Iterator[Fact]:
    url = endpoint(objects)
    scheme = url.partition("://")[0]
    if scheme not in {"http", "https"}:
        yield Fact(source, "transit", None, as_of, "address of the endpoint", "the address of the endpoint in options.storage")
        return
    yield Fact(source, "transit", "tls" if scheme == "https" else "plain", as_of, "address of the endpoint")
    found = probe(url, _authority(objects))
    how = "handshake with the endpoint"
    yield Fact(source, "tls_version", found.version, as_of, how, "" if found.version else f"a way to the endpoint: {found.error}")
    yield from certificate_facts(lambda name, value, told: Fact(source, name, value, as_of, told), found, how, "client_kwargs: {verify: ca.pem}")


def _authority(objects: Objects) -> str:
    """The file of certificates that boto3 is told to trust; empty for those of this machine."""
    if objects.protocol != "s3":
        return ""
    given = (objects.storage.get("client_kwargs") or {}).get("verify")
    return given if isinstance(given, str) else os.environ.get("AWS_CA_BUNDLE", "")
