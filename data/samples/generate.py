"""Makes the sample company: `python data/samples/generate.py --out data/samples/company`.

The same seed and `--as-of` give the same bytes with the same versions of SQLite, pyarrow and openpyxl.
`truth.yaml` beside the stores says what is planted; it is for tests, and the product never reads it.
"""

from __future__ import annotations

import argparse
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from applogs import write_logs, write_logs_clean
from bucket import write_bucket, write_bucket_clean
from crm import write_crm, write_crm_clean
from invent import Inventor
from ledger import Ledger
from orderstores import write_fresh, write_orders, write_sealed, write_staging

HERE = Path(__file__).parent
CLEAN = ["orders-sealed", "orders-fresh", "crm-clean", "bucket-clean", "logs-clean"]
BROKEN = ["orders", "staging", "crm", "bucket", "logs"]


def generate(out: Path, as_of: datetime, seed: str = "ropewalk") -> Ledger:
    """Writes the whole company into `out`, which is emptied first, and returns what was planted."""
    if out.exists():
        if any(out.iterdir()) and not (out / "truth.yaml").is_file():
            raise SystemExit(f"{out}: not a sample company, so it is not overwritten\n  mend: name an empty folder")
        shutil.rmtree(out)
    out.mkdir(parents=True)
    ledger = Ledger()

    def inventor(part: str) -> Inventor:
        return Inventor(f"{seed}:{part}", as_of)

    orders = write_orders(out / "orders.db", inventor("orders"), ledger)
    write_staging(out / "staging.db", inventor("staging"), orders, ledger)
    write_sealed(out / "orders_sealed.db", inventor("sealed"), ledger)
    write_fresh(out / "orders_fresh.db", inventor("fresh"), ledger)
    write_crm(out / "crm.db", inventor("crm"), orders, ledger)
    write_crm_clean(out / "crm_clean.db", inventor("crm-clean"), ledger)
    write_bucket(out / "bucket", inventor("bucket"), ledger)
    write_bucket_clean(out / "bucket_clean", inventor("bucket-clean"), ledger)
    write_logs(out / "logs", inventor("logs"), orders, ledger)
    write_logs_clean(out / "logs_clean", inventor("logs-clean"), ledger)
    for name in ("ropewalk.yaml", "ropa.yaml"):
        text = _dated((HERE / "templates" / name).read_text(encoding="utf-8"), as_of)
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    (out / "truth.yaml").write_text(_truth(ledger, as_of), encoding="utf-8", newline="\n")
    return ledger


def _dated(text: str, as_of: datetime) -> str:
    """`{as_of}` -> the moment; `{as_of+30}` -> the date 30 days later."""

    def day(match: re.Match[str]) -> str:
        return (as_of + timedelta(days=int(match[1]))).date().isoformat() if match[1] else as_of.strftime("%Y-%m-%dT%H:%M:%SZ")

    return re.sub(r"\{as_of([+-]\d+)?\}", day, text)


def _truth(ledger: Ledger, as_of: datetime) -> str:
    truth: dict[str, Any] = {
        "as_of": as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "stores": {"broken": BROKEN, "clean": CLEAN},
        "violations": ledger.violations,
        "unknowns": ledger.unknowns,
        "passes": ledger.passes,
        "drift": {
            "observed": [
                "orders/order_addresses#name",
                "orders/order_items#gift_message_text",
                "bucket-clean/reports/order_report_current.csv#buyer-name",
            ],
            "undeclared": [
                "crm/notes#note",
                "orders/newsletter#email",
                "staging/buyers#buyer_name",
                "bucket/reports/order_report_shipping.csv#buyer-email",
            ],
            "unobserved": ["crm/survey_answers#answer_text"],
        },
        "pii_fields": ledger.pii_fields,
        "clean_fields": ledger.clean_fields,
    }
    head = "# What is planted in this sample company, for tests. Subjects, datasets and paths may be globs. The product never reads this file.\n"
    return head + yaml.safe_dump(truth, sort_keys=False, allow_unicode=True, width=200)


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the sample company.")
    parser.add_argument("--out", type=Path, default=HERE / "company", help="folder to write (default: %(default)s)")
    parser.add_argument("--as-of", default="2026-11-20", help="the company's today, noon UTC (default: %(default)s)")
    parser.add_argument("--seed", default="ropewalk")
    given = parser.parse_args()
    as_of = datetime.fromisoformat(given.as_of).replace(hour=12, tzinfo=UTC)
    ledger = generate(given.out, as_of, given.seed)
    size = sum(f.stat().st_size for f in given.out.rglob("*") if f.is_file())
    planted = f"{len(ledger.violations)} violations, {len(ledger.pii_fields)} personal fields"
    print(f"{given.out}: {size / 1e6:.2f} MB, {planted} planted")


if __name__ == "__main__":
    main()
