"""`leeway down`: stop what `leeway up` started; the data stays."""

from pathlib import Path

import typer

from infra import embedded


def down_command(home: Path) -> None:
    """Stop workers, then servers, and say whether there was anything to stop."""
    stopped = embedded.down(home, typer.echo)
    typer.echo(f"Stopped. The data stays in {home}." if stopped else f"Nothing of Leeway runs in {home}.")
