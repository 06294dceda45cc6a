"""Commands that keep what is stored in bounds, and safe."""

import typer


def add(app: typer.Typer) -> None:
    """Registers them."""
