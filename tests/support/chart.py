"""The Helm chart rendered, for tests that need no Helm: `make chart` renders infra/chart/ci/NAME-values.yaml again.

A rendering begins with two digests, of what it was made from and of itself, so that a test can tell whether it is that
of the chart as it is. Rendering runs in an environment that holds Helm's SDK and nothing else of ours.
"""

import sys
from hashlib import sha256
from pathlib import Path

CHART = Path(__file__).parents[2] / "infra" / "chart"
RELEASE, NAMESPACE = "flights", "leeway"
KUBE_VERSION = "v1.34.0"


def cases() -> list[str]:
    """The names of the sets of values."""
    return sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))


def values(case: str) -> Path:
    """Its values."""
    return CHART / "ci" / f"{case}-values.yaml"


def rendered(case: str) -> Path:
    """Its rendering."""
    return CHART / "ci" / f"{case}-rendered.yaml"


def head(case: str, body: str) -> str:
    """The first lines of a rendering of the chart as it is, with this body."""
    sources = [path for path in CHART.rglob("*") if path.is_file() and "ci" not in path.relative_to(CHART).parts]
    inputs = sha256()
    for path in [*sorted(sources), values(case)]:
        inputs.update(f"{path.relative_to(CHART)}\0".encode() + path.read_bytes() + b"\0")
    return f"# Made by `make chart` from the chart {inputs.hexdigest()}\n# Of what follows: {_digest(body)}\n"


def render(case: str) -> str:
    """What Helm makes of the chart with these values; ends the process with Helm's words where it finds fault."""
    import helm_python  # noqa: PLC0415 - only there where charts are rendered

    given = helm_python.values_from_yaml(values(case).read_text())
    report = helm_python.lint(CHART, given, strict=True, kube_version=KUBE_VERSION)
    if report["errors"]:
        sys.exit("\n".join(report["errors"]))
    with helm_python.Chart.load(CHART) as chart:
        chart.validate_schema(given)
        found = chart.render(given, name=RELEASE, namespace=NAMESPACE)
    manifests = ((name, text.strip()) for name, text in sorted(found.items()) if name.endswith(".yaml"))
    return "".join(f"---\n# Source: {name}\n{text}\n" for name, text in manifests if text)


def main() -> None:
    """Renders every case."""
    for case in cases():
        body = render(case)
        rendered(case).write_text(head(case, body) + body)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
