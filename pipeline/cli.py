"""The command `parcels`. Heavy imports wait inside the commands, so that `--help` answers at once."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import ParcelsError
from pipeline.stopping import Stopped, raise_stopped

if TYPE_CHECKING:
    from pipeline.run import RunReport
    from pipeline.settings import Settings

app = typer.Typer(
    help="A parcel-tracking warehouse: orders in, tracking polled under a request budget, delivery metrics out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command; what a user can mend ends as one sentence on stderr and exit code 1, Ctrl-C as one, too."""
    try:
        with raise_stopped():
            app()
    except ParcelsError as error:
        print(f"parcels: {error}", file=sys.stderr)
        sys.exit(1)
    except Stopped as stop:
        print("parcels: stopped; what was fetched is kept, and the next run goes on from there.", file=sys.stderr)
        # As shells tell it: 130 for Ctrl-C, 143 for SIGTERM.
        sys.exit(128 + stop.signum)


@app.command()
def demo() -> None:
    """Run the real job on a made-up shop: bundled API emulator, a few hundred orders, no network."""
    from pipeline.demo import LIMITS, run_demo
    from pipeline.settings import load_settings, parse_rate_limits
    from pipeline.summary import show
    from pipeline.warehouse import DataFolder

    run = run_demo(_say)
    _end(run.report.success, run.report.sentence)
    folder = DataFolder(load_settings().data_dir)
    limits = " and ".join(str(limit) for limit in parse_rate_limits(LIMITS))
    notes = [
        f"Run {run.number}: in the demo's world it is {run.world_time:%A %d %B %Y, %H:%M} UTC.",
        f"{run.new_events:,} new tracking events, {run.events:,} in all."
        + (" Run it again and the world moves on a day." if run.number == 1 else ""),
        f"Request limits raised for the demo: {limits}; the real API allows 100 a minute and 1,000 an hour.",
    ]
    show(folder, title="parcels demo", notes=notes)
    _next_commands()


@app.command()
def run(
    max_minutes: Annotated[
        float | None, typer.Option(min=0.01, help="How long this run may poll; else PARCELS_MAX_MINUTES.")
    ] = None,
) -> None:
    """Poll what is due, refresh the models, publish: the daily job, now."""
    from pipeline.demo import demo_folder
    from pipeline.errors import SettingsError
    from pipeline.orders.source import orders_source
    from pipeline.settings import load_settings
    from pipeline.summary import show
    from pipeline.warehouse import DataFolder

    settings = load_settings(**({"max_minutes": max_minutes} if max_minutes else {}))
    folder = DataFolder(settings.data_dir)
    if demo_folder(folder).exists():
        raise SettingsError(
            f"{folder.root} holds the demo's made-up parcels: remove that folder, or set PARCELS_DATA_DIR to another."
        )
    orders_source(settings)  # what is missing is said before a run begins
    report = _run_job("daily", settings)
    if folder.published.exists():
        show(folder, title="parcels run", notes=[])
    _end(report.success, report.sentence)


@app.command()
def rebuild() -> None:
    """Build everything again from the raw responses; no request is sent."""
    from pipeline.settings import load_settings

    report = _run_job("rebuild", load_settings())
    _end(report.success, report.sentence)
    _say("Everything is built again from the raw responses and published.")


@app.command()
def as_of(
    moment: Annotated[str, typer.Argument(help="A day, 2026-11-20, to its end, or a time, 2026-11-20T18:00.")],
) -> None:
    """Write a DuckDB file of every table as it was known then: only answers until that moment, by today's rules."""
    from pipeline.as_of import moment_of, write_as_of
    from pipeline.settings import load_settings
    from pipeline.warehouse import DataFolder

    settings = load_settings()
    path = write_as_of(DataFolder(settings.data_dir), moment_of(moment, settings.timezone), settings.timezone)
    print(path)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="What to ask the published warehouse.")],
    file: Annotated[Path | None, typer.Option(help="Ask this file instead, such as one that as-of wrote.")] = None,
) -> None:
    """Ask the published warehouse, e.g. parcels query "from open_exception limit 5"."""
    from pipeline.query import run_query

    run_query(sql, file)


@app.command()
def status() -> None:
    """How things stand: budget used, requests of the last day, what is due, how fresh the warehouse is."""
    from pipeline.settings import load_settings
    from pipeline.status import show_status

    show_status(load_settings())


@app.command()
def doctor() -> None:
    """Check settings, source, credentials and disk, and say what to fix."""
    from pipeline.doctor import examine
    from pipeline.settings import load_settings

    if not examine(load_settings()):
        raise typer.Exit(1)


def _run_job(name: str, settings: "Settings") -> "RunReport":
    from pipeline.clock import system_now
    from pipeline.run import run_job

    return run_job(name, settings, now=system_now, say=_say)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _end(success: bool, sentence: str | None) -> None:
    if not success:
        raise ParcelsError(sentence or "The run failed; see its page in Dagster.")


def _next_commands() -> None:
    """The next commands to try, as they work from here: nobody has to activate the virtual environment first."""
    from pipeline.run import dagster_home
    from pipeline.summary import from_here

    here = from_here(Path(sys.executable).parent)
    home = from_here(Path(dagster_home()))
    print(f'Next:          {here / "parcels"} query "from delivery_time_weekly order by pickup_week desc limit 10"')
    print(f"               DAGSTER_HOME={home if home.is_absolute() else f'$PWD/{home}'} {here / 'dagster'} dev")
