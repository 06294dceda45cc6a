"""`leeway prometheus` and `leeway grafana sync`: what people on duty watch with."""
# ruff: noqa: PLC0415 - imports within commands, as in __main__
# ruff: noqa: FBT002 - typer reads switches from a function's parameters; nobody calls these by position

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("prometheus", rich_help_panel="Run")(prometheus)
    boards = typer.Typer(no_args_is_help=True, help="The boards in Grafana.")
    boards.command("sync")(sync)
    boards.callback()(lambda: None)  # so that `sync` stays a word of its own
    app.add_typer(boards, name="grafana", rich_help_panel="Look")


def prometheus(
    home: Annotated[Path, typer.Option(envvar="LEEWAY_HOME", help="Folder of the deployment.")] = Path(".leeway"),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of 127.0.0.1.")] = 9090,
) -> None:
    """Run this machine's Prometheus on the deployment, with Leeway's rules and alerts, until it is stopped."""
    from infra.prometheus.place import prometheus_command

    prometheus_command(home, port)


def sync(
    url: Annotated[str, typer.Option(envvar="GRAFANA_URL", help="http://HOST:PORT")],
    token: Annotated[str, typer.Option(envvar="GRAFANA_TOKEN", help="Of a service account, or NAME:PASSWORD.")],
    yes: Annotated[bool, typer.Option("--yes", help="Write over boards that differ without asking.")] = False,
) -> None:
    """Bring the boards of this release to a Grafana; shows what was changed there by hand, and asks."""
    from infra.grafana.server import Grafana
    from infra.grafana.sync import sync as send

    send(Grafana(url, token), typer.echo, lambda question: yes or typer.confirm(question))
