"""Personal fields under the names by which data catalogues know them: a frame for the exporters datahub, openmetadata, openlineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ropewalk.model import Source, path_of
from ropewalk.tags.wanted import is_personal, operations

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.config import Config
    from ropewalk.register import Register

COLUMNS = ("source", "dataset", "path", "category", "confidence", "origin", "operations", "environment", "platform", "namespace", "name", "parts")
_PLATFORMS = {
    "postgresql": "postgres", "postgres": "postgres", "mysql": "mysql", "mariadb": "mariadb", "s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs",
    "abfs": "abs", "abfss": "abs", "az": "abs", "mongodb": "mongodb", "redis": "redis", "rediss": "redis", "files": "file", "logs": "file",
}  # fmt: skip
_PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306, "mongodb": 27017, "redis": 6379}


def tags_frame(config: Config, register: Register) -> pd.DataFrame:
    """A row a personal field. platform, namespace, name: as catalogues name the dataset; parts: its name level by level; no secret in any.

    origin: what people state in ropewalk.yaml, "" where nothing; operations: of the marketplace API, that the field looks like.
    """
    import pandas as pd

    sources, threshold = {s.name: s for s in config.sources()}, config.settings.detection.threshold
    rows: list[dict[str, Any]] = []
    for found in register.frame("fields").sort_values(["source", "dataset", "path"], kind="stable").to_dict("records"):
        row = {str(k): v for k, v in found.items()}
        source = sources.get(row["source"])
        if source is None or not is_personal(row, threshold):
            continue
        platform, namespace, parts = place_of(source, str(row["dataset"]))
        path = path_of(row["path"])
        rows.append(
            {
                **{k: row[k] for k in ("source", "dataset", "category", "confidence")},
                "path": path[0] if len(path) == 1 else row["path"],
                "origin": config.source_config(source.name).tag.origin_of(str(row["dataset"])),
                "operations": list(operations([row])),
                "environment": source.environment.value,
                "platform": platform, "namespace": namespace, "name": ("/" if platform in {"s3", "gcs", "abs", "file"} else ".").join(parts),
                "parts": parts,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def place_of(source: Source, dataset: str) -> tuple[str, str, list[str]]:
    """(platform, namespace, parts of the name) as OpenLineage's naming has it: `postgres`, `postgres://host:5432`, [database, schema, table]."""
    platform = _PLATFORMS.get(source.scheme, source.scheme)
    if "://" not in source.uri:
        return platform, "file", [*source.uri.strip("/").split("/"), dataset]
    if platform in {"s3", "gcs", "abs"}:
        bucket, _, prefix = source.uri.partition("://")[2].strip("/").partition("/")
        scheme = {"s3": "s3", "gcs": "gs", "abs": "abfss"}[platform]
        return platform, f"{scheme}://{bucket}", [p for p in (prefix, dataset) if p]
    url = urlsplit(source.uri)
    if platform in {"file", "sqlite", "duckdb"}:
        return platform, "file", [*url.path.strip("/").split("/"), *([dataset] if platform == "file" else path_of(dataset))]
    port = f":{url.port or _PORTS.get(platform, '')}".rstrip(":")
    database = url.path.strip("/")
    return platform, f"{platform}://{url.hostname or 'localhost'}{port}", [p for p in (database, *path_of(dataset)) if p]
