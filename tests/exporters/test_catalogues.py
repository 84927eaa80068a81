"""Exports for data catalogues, against golden files and the documented shapes; `ROPEWALK_GOLDEN=write` rewrites them."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ropewalk import exporters
from ropewalk.config import load
from ropewalk.errors import ConfigError
from ropewalk.model import Environment, Source
from ropewalk.register import open_register
from ropewalk.tags.catalogue import COLUMNS, place_of, tags_frame

GOLDEN = Path(__file__).parent.parent / "golden"
HEAD = {"company": "Example Goods", "as of": "2026-03-01T12:00:00+00:00"}
KINDS = ("datahub", "openmetadata", "openlineage")


def row(uri: str, dataset: str, path: str, category: str, origin: str = "", *operations: str) -> dict[str, Any]:
    source = Source("shop", uri)
    platform, namespace, parts = place_of(source, dataset)
    name = ("/" if platform in {"s3", "file"} else ".").join(parts)
    values = ("shop", dataset, path, category, 0.9, origin, list(operations), Environment.PRODUCTION.value, platform, namespace, name, parts)
    return dict(zip(COLUMNS, values, strict=True))


PG, MY = "postgresql+psycopg://scanner:s3cret@db.example.com/shop?sslmode=verify-full", "mysql://u:s3cret@my.example.com:3307/crm"
FRAME = pd.DataFrame(
    [
        row(PG, "public.orders", "buyer_email", "email", "amazon-sp-api", "getOrders", "getOrder"),
        row(PG, "public.orders", "details.ShippingAddress.PostalCode", "postal_code", "amazon-sp-api"),
        row(PG, '"odd.schema"."a/b (c), d~e"', "x.y", "name"),
        row(MY, "people", "phone", "phone", "crm"),
        row("s3://lake/in", "day=*/part-*.jsonl", "items[].giftMessage", "gift_message"),
    ],
    columns=list(COLUMNS),
)


def rendered(export: str, frame: pd.DataFrame = FRAME) -> str:
    return exporters.render(frame, export, title="Personal fields for data catalogues", head=HEAD, what="tags")


@pytest.mark.parametrize("export", KINDS)
def test_golden(export: str) -> None:
    text = rendered(export)
    file = GOLDEN / f"tags{exporters.exporters('tags')[export].suffix}"
    if os.environ.get("ROPEWALK_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8", newline="")
    assert text == file.read_text(encoding="utf-8")
    assert "s3cret" not in text
    assert "scanner" not in text


def test_datahub_proposals_have_what_its_file_source_reads() -> None:
    proposals = json.loads(rendered("datahub"))
    assert all(p.keys() == {"entityType", "entityUrn", "changeType", "aspectName", "aspect"} for p in proposals)
    patches = [p for p in proposals if p["changeType"] == "PATCH"]
    assert {p["aspectName"] for p in patches} == {"editableSchemaMetadata"}
    assert patches[0]["entityUrn"] == "urn:li:dataset:(urn:li:dataPlatform:postgres,shop.public.orders,PROD)"
    known = {p["entityUrn"] for p in proposals}
    for step in (s for p in patches for s in p["aspect"]["json"]):
        (urn,) = step["value"].values()
        assert urn in known, "every term and tag is defined in the same file"
        parts = [p.replace("~1", "/").replace("~0", "~") for p in step["path"].split("/")[1:]]
        assert (parts[0], parts[-1], len(parts)) == ("editableSchemaFieldInfo", urn, 5)


def test_openmetadata_labels_are_suggestions_of_known_tags() -> None:
    document = json.loads(rendered("openmetadata"))
    known = {f"{t['classification']}.{t['name']}" for t in document["tags"]}
    names = {e["fullyQualifiedName"]: e["entityType"] for e in document["entities"]}
    assert names.keys() >= {"shop.shop.public.orders", "shop.default.crm.people"}
    assert names['shop.lake.in."day=*/part-*.jsonl"'] == "container"
    for entity in document["entities"]:
        for column in entity["columns"]:
            assert column["fullyQualifiedName"].startswith(entity["fullyQualifiedName"] + ".")
            for label in column["tags"]:
                assert label.keys() == {"tagFQN", "source", "labelType", "state"}
                assert (label["tagFQN"] in known, label["source"], label["labelType"]) == (True, "Classification", "Automated")
                assert label["state"] == "Suggested"


def test_openlineage_events_are_one_a_line_and_name_datasets_as_its_naming_says() -> None:
    events = [json.loads(line) for line in rendered("openlineage").splitlines()]
    assert [(e["dataset"]["namespace"], e["dataset"]["name"]) for e in events] == [
        ("postgres://db.example.com:5432", "shop.public.orders"),
        ("postgres://db.example.com:5432", "shop.odd.schema.a/b (c), d~e"),
        ("mysql://my.example.com:3307", "crm.people"),
        ("s3://lake", "in/day=*/part-*.jsonl"),
    ]
    for event in events:
        assert event.keys() == {"eventTime", "producer", "schemaURL", "dataset"}
        assert datetime.fromisoformat(event["eventTime"]).tzinfo
        facet = event["dataset"]["facets"]["tags"]
        assert {"_producer", "_schemaURL", "tags"} == facet.keys()
        assert all({"key", "value", "source"} <= t.keys() <= {"key", "value", "source", "field"} for t in facet["tags"])


@pytest.mark.parametrize("export", KINDS)
def test_the_head_of_the_evidence_stands_in_it(export: str) -> None:
    assert "12:ab34" in exporters.render(FRAME, export, title="Tags", head={"as of": "2026-03-01", "evidence head": "12:ab34"}, what="tags")


@pytest.mark.parametrize("export", KINDS)
def test_only_tags_go_to_catalogues(export: str) -> None:
    assert export not in exporters.exporters()
    with pytest.raises(ConfigError, match="there is no exporter"):
        exporters.render(FRAME, export, title="", head={})
    with pytest.raises(ConfigError, match="tags of fields only"):
        rendered(export, pd.DataFrame({"a": [1]}))
    assert rendered(export, FRAME.iloc[:0]) is not None


def test_the_sample_company(scanned: Path) -> None:
    config = load(scanned)
    with open_register(config) as register:
        frame = tags_frame(config, register)
    assert set(frame["platform"]) <= {"sqlite", "file", "duckdb"}
    assert len(frame) > 10
    assert set(frame["origin"]) == {""}, "nobody states an origin there, so none is exported"
    for export in KINDS:
        assert rendered(export, frame)
