"""Logs as they are found: mixtures, wrappers of clouds and containers, other languages, binary files, archives, clocks of all kinds."""

from __future__ import annotations

import gzip
import json
import random
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard

from ropewalk.config import Limits
from ropewalk.model import Dataset, Sample, Skipped, Source, path_text
from ropewalk.plugins import Plugins

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCESS = '198.51.100.7 - - [10/Oct/2026:13:55:36 +0000] "GET /a?email=ann@example.com HTTP/1.1" 200 23 "-" "M"'


def connect(folder: Path, **limits: int) -> Any:
    return Plugins.of().connector("logs", "test")(Source("web", f"logs://{folder}"), Limits(**limits))


def said(folder: Path, **limits: int) -> tuple[dict[str, dict[str, Sample]], list[Skipped]]:
    """Samples by dataset and field, and all that was skipped."""
    connector = connect(folder, **limits)
    fields: dict[str, dict[str, Sample]] = {}
    left: list[Skipped] = []
    for dataset in connector.datasets():
        if isinstance(dataset, Skipped):
            left.append(dataset)
            continue
        fields[dataset.name] = {}
        for item in connector.samples(dataset, rows=None):
            if isinstance(item, Skipped):
                left.append(item)
            else:
                fields[dataset.name][path_text(item.field.path)] = item
    return fields, left


def only(folder: Path, data: str | bytes, name: str = "a.log") -> dict[str, set[str]]:
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    fields, left = said(folder)
    assert left == []
    (found,) = fields.values()
    return {path: set(sample.values) for path, sample in found.items()}


def test_each_line_of_a_mixture_is_read_by_its_own_format(tmp_path: Path) -> None:
    lines = ['{"email": "j@example.com"}', ACCESS, "time=2026-11-01T00:00:00Z level=info buyer=l@example.com",
             "Oct 11 22:14:15 h app[1]: to=s@example.com", "2026-11-01 10:00:00 INFO hello"]  # fmt: skip
    found = only(tmp_path, "\n".join(lines * 20))
    assert {"email", "client_ip", "query.email", "buyer", "message.to", "level"} <= found.keys()
    assert found["client_ip"] == {"198.51.100.7"}
    assert found["message"] == {"hello", "to=s@example.com"}


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (f"shop.example.com:443 {ACCESS}", {"client_ip": "198.51.100.7", "server": "shop.example.com:443"}),
        ('2026/11/01 10:00:00 [error] 12#0: *7 open() failed, client: 198.51.100.9, server: x, request: "GET /u?email=ann@example.com HTTP/1.1", '
         'host: "example.com"', {"client_ip": "198.51.100.9", "query.email": "ann@example.com", "host": "example.com"}),
        ("[Wed Oct 11 14:32:52.123456 2026] [core:error] [pid 357:tid 43] [client 198.51.100.2:5555] bad request",
         {"client_ip": "198.51.100.2", "level": "error", "module": "core", "message": "bad request"}),
        ('2026-11-01T10:00:00.123Z {"buyer": {"email": "ann@example.com"}}', {"message.buyer.email": "ann@example.com"}),
        ('2026-11-01T10:00:00.123456789Z stdout F {"email": "ann@example.com"}', {"message.email": "ann@example.com", "message": "stdout F"}),
        (json.dumps({"log": ACCESS + "\n", "stream": "stdout"}), {"log.client_ip": "198.51.100.7", "log.query.email": "ann@example.com"}),
        ('{"@timestamp": "2026-11-01T00:00:00Z", "@message": "x"}', {"@timestamp": "2026-11-01T00:00:00Z", "@message": "x"}),
        (json.dumps({"MESSAGE": list(b"of ann@example.com\x1b[0m"), "_PID": "1"}), {"MESSAGE": "of ann@example.com\x1b[0m"}),
        ("tls 2.0 2026-11-01T10:00:00 net/lb/1 g3d4 198.51.100.5:51341 10.0.0.1:443 5 2 98 246 - arn - TLS_AES tlsv12 - nlb.example.com - - -",
         {"client_ip": "198.51.100.5", "domain_name": "nlb.example.com"}),
        ("<34>1 2026-10-11T22:14:15Z h app - ID47 [x@1 user=\"ann@example.com\"] hi", {"data.user": "ann@example.com"}),
    ],
)  # fmt: skip
def test_fields_are_those_of_the_format(tmp_path: Path, line: str, fields: dict[str, str]) -> None:
    found = only(tmp_path, f"{line}\n" * 20)
    assert {name: found.get(name) for name in fields} == {name: {value} for name, value in fields.items()}


@pytest.mark.parametrize(
    ("head", "row", "fields"),
    [
        ("#Version: 1.0\n#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query cs(User-Agent)", "2026-11-01 10:00:00 198.51.100.3 GET /x "
         "email=ann@example.com Mozilla/5.0+(X11)", {"client_ip": "198.51.100.3", "query.email": "ann@example.com", "user_agent": "Mozilla/5.0 (X11)",
                                                    "time": "2026-11-01 10:00:00"}),
        ("version account-id interface-id srcaddr dstaddr start", "2 1 eni-1 198.51.100.4 10.0.0.1 1793527200",
         {"client_ip": "198.51.100.4", "time": "1793527200"}),
    ],
)  # fmt: skip
def test_columns_that_a_header_names(tmp_path: Path, head: str, row: str, fields: dict[str, str]) -> None:
    found = only(tmp_path, f"{head}\n" + f"{row}\n" * 20)
    assert {name: found.get(name) for name in fields} == {name: {value} for name, value in fields.items()}


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_documents_that_follow_one_another(tmp_path: Path, end: str) -> None:
    event = {"messageType": "DATA_MESSAGE", "logEvents": [{"timestamp": 1793527200123, "message": '{"email": "ann@example.com"}'}]}
    assert only(tmp_path, (json.dumps(event) + end) * 3)["logEvents[].message.email"] == {"ann@example.com"}


def test_documents_over_several_lines(tmp_path: Path) -> None:
    text = "".join(json.dumps({"buyer": {"email": f"a{n}@example.com"}}, indent=2) + "\n" for n in range(5))
    assert only(tmp_path, text)["buyer.email"] == {f"a{n}@example.com" for n in range(5)}


def test_a_journal_keeps_messages_of_several_lines(tmp_path: Path) -> None:
    message = "line of ann@example.com\nsecond line, Zoë".encode()
    entry = b"__CURSOR=s\n__REALTIME_TIMESTAMP=1793527200000000\nMESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n_PID=7\n\n"
    found = only(tmp_path, entry * 4, "journal.export")
    assert found["MESSAGE"] == {message.decode()}
    assert found["_PID"] == {"7"}


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("utf-16", "José"), ("cp1252", "Jürgen Groß"), ("cp932", "山田太郎 様"), ("utf-8-sig", "Zoë"), ("koi8_r", "покупатель Анна Ли из города")],
)
def test_encodings(tmp_path: Path, encoding: str, text: str) -> None:
    found = only(tmp_path, "".join(f"2026-11-01 10:00:{n:02} INFO {text} {n}\r\n" for n in range(40)).encode(encoding))
    assert f"{text} 7" in found["message"]
    assert "2026-11-01 10:00:07" in found["time"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"LPKSHHRH" + bytes(range(256)) * 9, "systemd journal"),
        (b"ElfFile\x00" + bytes(range(256)) * 9, "Windows event log"),
        (bytes(9_000), "zero bytes"), (random.Random(3).randbytes(5_000), "ciphertext"),
        (b"age-encryption.org/v1\n" + random.Random(4).randbytes(300), "encrypted (age)"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_named_and_not_called_readable(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "a.log").write_bytes(data)
    fields, left = said(tmp_path)
    assert fields == {"a.log": {}}
    assert reason in left[0].reason
    rest = [f.value for f in connect(tmp_path).facts(AS_OF) if f.name == "encrypted_at_rest"]
    assert rest != [{"layer": "file", "algorithm": "none"}]
    assert len(rest) == 1


def test_zero_bytes_of_a_cut_file_are_passed_over(tmp_path: Path) -> None:
    assert only(tmp_path, bytes(3 * 2**20) + b"2026-11-01 10:00:00 INFO of ann@example.com\n")["message"] == {"of ann@example.com"}


def test_archived_and_compressed_parts(tmp_path: Path) -> None:
    def line(name: str) -> bytes:
        return f"2026-11-01 10:00:00 INFO of {name}@example.com\n".encode()

    (tmp_path / "a.log").write_bytes(line("now"))
    (tmp_path / "a.log.1.zst").write_bytes(zstandard.compress(line("zst")))
    (tmp_path / "a.log-20260701.gz").write_bytes(gzip.compress(line("gz")))
    with zipfile.ZipFile(tmp_path / "b.log.zip", "w") as archive:
        archive.writestr("b.log", line("zip"))
        archive.writestr("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(300))
    (tmp_path / "c.log").write_bytes(line("tar"))
    with tarfile.open(tmp_path / "c.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "c.log", "c.log")
    (tmp_path / "c.log").unlink()
    fields, left = said(tmp_path)
    assert {name: set(found["message"].values) for name, found in fields.items()} == {
        "a.log": {"of now@example.com", "of zst@example.com", "of gz@example.com"}, "b.log.zip": {"of zip@example.com"},
        "c.tar": {"of tar@example.com"},
    }  # fmt: skip
    assert [s.reason for s in left] == ["b.log.zip!picture.png: not a known format (an image)"]


def test_objects_that_a_cloud_delivers_are_one_log(tmp_path: Path) -> None:
    folder = tmp_path / "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/10/01"
    folder.mkdir(parents=True)
    for n in range(5):
        event = {"Records": [{"eventTime": "2026-10-01T00:00:00Z", "sourceIPAddress": f"198.51.100.{n}"}]}
        (folder / f"123456789012_CloudTrail_eu-west-1_20261001T0{n}00Z_Mu0KsOhtH1ar{n}5ZZ.json.gz").write_bytes(
            gzip.compress(json.dumps(event).encode())
        )
    fields, left = said(tmp_path)
    (found,) = fields.values()
    assert (len(found["sourceIPAddress"].values), left) == (5, [])


def test_long_lines_are_looked_at_in_pieces_and_the_rest_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("2026-11-01 10:00:00 INFO " + "x " * 400 + "ann@example.com\n2026-11-01 10:00:00 INFO " + "y " * 9000 + "\n")
    fields, left = said(tmp_path, value_chars=500)
    assert any("ann@example.com" in v for v in fields["a.log"]["message"].values)
    assert [s.path for s in left] == [("message",)]


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("01 Nov 2026 10:00:00,123 [main] INFO x", "2026-11-01T10:00:00"), ("[01/Nov/2026:10:00:00 +0100] INFO x", "2026-11-01T10:00:00+01:00"),
        ("2026/11/01 10:00:00 sent", "2026-11-01T10:00:00"), ("01.11.2026 10:00:00 FEHLER x", "2026-11-01T10:00:00"),
        ("Nov 1, 2026 10:00:00 PM com.x", "2026-11-01T22:00:00"), ("1793527200.125 INFO x", "2026-11-01T10:00:00"),
        ("[Sun Nov 01 10:00:00.5 2026] [x:error] [pid 1] y", "2026-11-01T10:00:00"), ("10/31/2026 10:00:00 x", "2026-10-31T10:00:00"),
        ('{"@timestamp": "2026-11-01T10:00:00Z"}', "2026-11-01T10:00:00"), ('{"time": 1793527200123, "msg": "x"}', "2026-11-01T10:00:00"),
        ("ts=2026-11-01T10:00:00Z debug level=info", "2026-11-01T10:00:00"), ("01/11/2026 10:00:00 which is the month?", None),
    ],
)  # fmt: skip
def test_the_oldest_event_is_told_from_clocks_of_all_kinds(tmp_path: Path, line: str, time: str | None) -> None:
    (tmp_path / "a.log").write_text(f"{line}\n" * 3)
    (found,) = (f.value for f in connect(tmp_path).facts(AS_OF) if f.name == "oldest_event")
    assert (found or "").removesuffix("+00:00") == (time or "")


def test_datasets_are_listed_without_being_opened(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(random.Random(1).randbytes(99))
    assert [d.name for d in connect(tmp_path).datasets() if isinstance(d, Dataset)] == ["a.log"]


def test_a_log_without_lines_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(b"\n\n"))
    fields, left = said(tmp_path)
    assert (fields, [s.reason for s in left]) == ({"a.log": {}}, ["it holds no lines"])
