"""`python -m infra.metrics.page`: the catalogue as docs/metrics.md."""

from pathlib import Path

from infra.metrics.catalogue import ALL

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
HEAD = """# Metrics

Generated from `infra/metrics/catalogue.py` by `make metrics`. Every process serves them at `/metrics`, with its health
at `/health/live` and `/health/ready`, where `--metrics` or `LEEWAY_METRICS` says (`HOST:PORT`, or a port of 127.0.0.1;
0 takes a free one; empty is off). Under `leeway up` each takes a free port and writes it to `HOME/metrics`, where
Prometheus finds it: `leeway prometheus` starts one with our rules.

Every series carries `stream` and `process` beside the labels named here. No label is of a sample's making.

| metric | kind | labels | told by | meaning |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    rows = sorted(ALL.values(), key=lambda metric: (metric.by, metric.name))
    return HEAD + "".join(
        f"| `{one.name}` | {one.kind} | {', '.join(one.labels) or '-'} | {one.by} | {one.meaning} |\n" for one in rows
    )


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
