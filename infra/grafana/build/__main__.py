"""Writes every board as Grafana's JSON."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from infra.grafana.build.drift import drift
from infra.grafana.build.models import retraining
from infra.grafana.build.overview import overview
from infra.grafana.build.pipeline import pipeline
from infra.grafana.build.quality import quality

FOLDER = Path(__file__).parents[1] / "boards"


def boards() -> list[models.Dashboard]:
    """All of them, the first look first."""
    return [overview(), drift(), retraining(), pipeline(), quality()]


def text(board: models.Dashboard) -> str:
    """A board as its file holds it."""
    return json.dumps(board, cls=JSONEncoder, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for one in boards():
        (FOLDER / f"{one.uid}.json").write_text(text(one), "utf-8")
