"""`leeway prometheus`, `leeway alertmanager` and `leeway grafana sync`: what people on duty watch with."""
# ruff: noqa: PLC0415 - imports within commands, as in __main__
# ruff: noqa: FBT002 - typer reads switches from a function's parameters; nobody calls these by position

import os
from typing import Annotated

import typer

from infra.cli.given import HOME, Home


def add(app: typer.Typer) -> None:
    """Makes these commands known."""
    app.command("prometheus", rich_help_panel="Run")(prometheus)
    app.command("alertmanager", rich_help_panel="Run")(alertmanager)
    boards = typer.Typer(no_args_is_help=True, help="The boards in Grafana.")
    boards.command("sync")(sync)
    boards.callback()(lambda: None)  # so that `sync` stays a word of its own
    app.add_typer(boards, name="grafana", rich_help_panel="Look")


def prometheus(
    home: Home = HOME,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of 127.0.0.1.")] = 9090,
) -> None:
    """Run this machine's Prometheus on the deployment, with Leeway's rules and alerts, until it is stopped."""
    from infra.prometheus.place import become, command

    become(command(home.absolute(), port))


def alertmanager(
    home: Home = HOME,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of 127.0.0.1.")] = 9093,
) -> None:
    """Run this machine's Alertmanager: alerts go where LEEWAY_ALERT_WEBHOOK and LEEWAY_ALERT_MAIL say."""
    from infra.prometheus.place import alertmanager as start
    from infra.prometheus.place import become

    become(start(home.absolute(), os.environ, port))


def sync(
    url: Annotated[str, typer.Option(envvar="GRAFANA_URL", help="http://HOST:PORT")],
    token: Annotated[str, typer.Option(envvar="GRAFANA_TOKEN", help="Of a service account, or NAME:PASSWORD.")],
    yes: Annotated[bool, typer.Option("--yes", help="Write over boards that differ without asking.")] = False,
) -> None:
    """Bring the boards of this release to a Grafana; shows what was changed there by hand, and asks."""
    from infra.grafana.server import Grafana
    from infra.grafana.sync import sync as send

    send(Grafana(url, token), typer.echo, lambda question: yes or typer.confirm(question))
