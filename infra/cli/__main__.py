"""The command `leeway`. Each command imports what it needs when it runs, so that `--help` is at once."""
# ruff: noqa: PLC0415 - imports within commands: Kafka's, PostgreSQL's and plotting's clients take seconds together
# ruff: noqa: FBT002 - typer reads switches from a function's parameters; nobody calls these by position

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from infra.cli import people, records, upkeep, watching
from infra.cli.given import HOME, UNTOUCHED, Home, StreamName, become, console, settings, stream_of
from schemas.errors import LeewayError, Refused


class Commands(TyperGroup):
    """Tells our errors as one sentence on standard error, with their exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was typed."""
        try:
            return super().invoke(ctx)
        except LeewayError as error:
            sys.stderr.write(f"leeway: {error}\n")
            raise typer.Exit(error.exit_code) from error


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Scores a Kafka stream, measures its drift, retrains, proves and reloads the model.",
)


@app.command(rich_help_panel="Run")
def up(
    declarations: Annotated[
        list[Path] | None, typer.Argument(help="Streams to work for; left out: the only declaration in this folder.")
    ] = None,
    home: Home = HOME,
    fresh: Annotated[bool, typer.Option("--fresh", help="Delete the deployment's data first.")] = False,
    only_servers: Annotated[bool, typer.Option("--servers", help="Start the servers, and no stream.")] = False,
    kafka: Annotated[str | None, typer.Option(envvar="LEEWAY_KAFKA", help="A Kafka that runs already.")] = None,
    postgres: Annotated[str | None, typer.Option(envvar="LEEWAY_POSTGRES", help="A PostgreSQL (URI).")] = None,
    mlflow: Annotated[str | None, typer.Option(envvar="LEEWAY_MLFLOW", help="An MLflow (URL).")] = None,
    kafka_port: Annotated[int, typer.Option(min=0, max=65535, help="0 = a free one.")] = 9092,
    mlflow_port: Annotated[int, typer.Option(min=0, max=65535, help="0 = a free one.")] = 5000,
    scorers: Annotated[int, typer.Option(min=1, max=64, help="Scorers of each stream.")] = 1,
    framers: Annotated[int, typer.Option(min=1, max=64, help="Framers of each stream.")] = 1,
) -> None:
    """Start Kafka, PostgreSQL and MLflow on this machine, then the topics, tables and workers of the streams."""
    from infra.cli.up import up_command
    from infra.cli.workers import Size, deployment

    setup, workers = deployment([] if only_servers else declarations, Size(framers=framers, scorers=scorers))
    up_command(
        home,
        workers=workers,
        setup=setup,
        kafka=kafka,
        postgres=postgres,
        mlflow=mlflow,
        kafka_port=kafka_port,
        mlflow_port=mlflow_port,
        fresh=fresh,
    )


@app.command(rich_help_panel="Run")
def down(home: Home = HOME) -> None:
    """Stop what `leeway up` started; the data stays."""
    from infra.cli.down import down_command

    down_command(home)


@app.command(rich_help_panel="Run", context_settings={**UNTOUCHED, "allow_interspersed_args": False})
def kafka(context: typer.Context, home: Home = HOME) -> None:
    """Kafka's own tools: `leeway kafka console-producer|console-consumer|topics|consumer-groups ...`."""
    from infra.cli.kafka import TOOLS, kafka_command

    if not context.args:
        raise Refused(f"Name one of Kafka's tools: {', '.join(TOOLS)}; what follows goes to it untouched")
    kafka_command(context.args[0], context.args[1:], home=home)


@app.command(rich_help_panel="Run", context_settings=UNTOUCHED)
def init(context: typer.Context, home: Home = HOME) -> None:
    """Write a declaration from a file of history (csv, parquet, jsonl); or --compose: .env with random passwords."""
    if context.args == ["--compose"]:
        from infra.cli import compose

        typer.echo(f"Wrote {compose.write(Path.cwd()).name} with new passwords. Next: docker compose up -d --wait")
        return
    become(home, "producers", "init", *context.args)


@app.command(rich_help_panel="Run", context_settings=UNTOUCHED)
def replay(context: typer.Context, home: Home = HOME) -> None:
    """Send history files in event order, paced or at full speed."""
    become(home, "producers", "replay", *context.args)


@app.command(rich_help_panel="Run", context_settings=UNTOUCHED)
def train(context: typer.Context, home: Home = HOME) -> None:
    """Train, register and serve the first model of a stream."""
    become(home, "consumers", "train", *context.args)


@app.command(rich_help_panel="Run", context_settings=UNTOUCHED)
def replay_from(context: typer.Context, home: Home = HOME) -> None:
    """Rebuild the scorers' state from samples alone, where it is lost or doubted; no scorer may run meanwhile."""
    become(home, "streams", "rebuild", *context.args)


@app.command(rich_help_panel="Look", context_settings=UNTOUCHED)
def drift(context: typer.Context, home: Home = HOME) -> None:
    """The last verdict on each feature, as a table; or as a page with pictures: --report FILE.html."""
    become(home, "streams.hindsight.drift", *context.args)


@app.command("what-if", rich_help_panel="Look", context_settings=UNTOUCHED)
def what_if(context: typer.Context, home: Home = HOME) -> None:
    """Judge the past again with other [drift] settings; nothing in production changes."""
    become(home, "streams.hindsight", *context.args)


@app.command(rich_help_panel="Look")
def status(
    home: Home = HOME,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every two seconds, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Processes, servers, versions served, lag, balance, drift, last decisions: on one screen."""
    from threading import Event

    from infra.cli import status as view

    if as_json:
        view.as_json(settings(home))
    elif watch:
        view.watch(settings(home), console(), Event())
    else:
        view.once(settings(home), console())


@app.command(rich_help_panel="Look")
def rejected(
    home: Home = HOME,
    stream: StreamName = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The last so many.")] = 20,
    reason: Annotated[str | None, typer.Option(help="Only this reason.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Only the originals, as they came.")] = False,
) -> None:
    """Records put aside: why, from where, and how they begin."""
    from infra.cli import rejected as view

    found_settings = settings(home)
    found, remark = view.find(found_settings, stream_of(found_settings, stream), limit, reason)
    if remark:
        sys.stderr.write(f"leeway: {remark}\n")
    if raw:
        view.write(found, sys.stdout.buffer)
    else:
        view.show(found, console())


@app.command(rich_help_panel="Look")
def verify(
    home: Home = HOME,
    stream: StreamName = "",
    partition: Annotated[int | None, typer.Option(min=0, help="Only this partition of samples.")] = None,
    start: Annotated[int, typer.Option("--from", min=0, help="From this offset of samples on.")] = 0,
    stop: Annotated[
        int | None, typer.Option("--to", min=0, help="Before this offset; left out: as far as samples are scored.")
    ] = None,
) -> None:
    """Recount samples offset by offset from the topics and PostgreSQL; exit 1 where they do not agree."""
    from infra.cli import verify as view
    from infra.cli.verify import Range

    found = settings(home)
    if not view.verify(found, stream_of(found, stream), Range(partition, start, stop), console(soft_wrap=True)):
        raise typer.Exit(1)


@app.command(rich_help_panel="Look")
def decisions(
    home: Home = HOME,
    stream: StreamName = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The last so many.")] = 100,
) -> None:
    """The trail: each step of each retrain, with its reason."""
    from infra.cli import decisions as view

    found = settings(home)
    view.show(view.find(found, stream_of(found, stream), limit), console(soft_wrap=True))


@app.command(rich_help_panel="Look")
def why(
    home: Home = HOME,
    stream: StreamName = "",
    every: Annotated[bool, typer.Option("--all", help="Every version that ever served.")] = False,
) -> None:
    """Why the model that serves now does: samples, drift, proof, promotion."""
    from infra.cli import why as view

    found = settings(home)
    view.show(view.of(view.ask(found), stream_of(found, stream), every=every), console(soft_wrap=True))


@app.command(rich_help_panel="Run")
def demo(
    home: Annotated[Path, typer.Option("--home", help="Folder of the demo's own deployment.")] = HOME / "demo",
    declaration: Annotated[Path | None, typer.Option(help="flights.toml, if it is not in this folder.")] = None,
    days: Annotated[int, typer.Option(min=42, max=365, help="Days of the year to replay.")] = 365,
    speed: Annotated[float, typer.Option(min=1, help="Times faster than the year was.")] = 285_000,
    plain: Annotated[bool, typer.Option("--plain", help="Lines in place of the live view.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running at the end.")] = False,
) -> None:
    """The whole loop over a real year of flights, in a deployment of its own, in a few minutes."""
    from infra.cli.demo.plan import Options, find
    from infra.cli.demo.run import run

    run(Options(home, find(declaration), days, speed, plain, keep), console())


@app.command()
def version() -> None:
    """Versions of Leeway and of what it stands on."""
    from infra.cli.versions import installed

    for name, number in installed().items():
        typer.echo(f"{name} {number}")


people.add(app)
records.add(app)
upkeep.add(app)
watching.add(app)


def main() -> None:
    """Runs what was typed."""
    app(prog_name="leeway")


if __name__ == "__main__":
    main()
