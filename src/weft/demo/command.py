"""``weft demo``: the job from the command line."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["demo"]


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-output"),
    show_default=True,
    help="Folder for the picture and the Parquet file; made when it is not there.",
)
@click.option(
    "--scheduler",
    type=click.Choice(["threads", "processes", "inline"]),
    default="threads",
    show_default=True,
    help="Where the tasks run.",
)
@click.option("--workers", type=click.IntRange(min=1), help="How many tasks run side by side.  [default: one a core]")
@click.option(
    "--parts",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="Into how many pieces the flights are cut; the answers do not depend on it.",
)
def demo(output: Path, scheduler: str, workers: int | None, parts: int) -> None:
    """Ask when and where New York's flights of 2013 were late.

    Reads 336,776 flights in parallel, joins them with planes and weather, prints the answers, and writes them to
    OUTPUT/flights.png and OUTPUT/answers.parquet. Then takes the weather as an array, for the temperature's course over the
    day and the days that were unlike their month, and the flights' raw text as a bag, for the busiest aircraft.
    """
    from weft.demo.files import check_packages, find_files

    check_packages()

    from rich.console import Console

    from weft.demo.aircraft import busiest_aircraft, show_aircraft
    from weft.demo.climate import climate
    from weft.demo.figure import write_figure
    from weft.demo.job import run
    from weft.demo.report import closing_line, show, show_climate
    from weft.demo.writing import write_answers

    output.mkdir(parents=True, exist_ok=True)
    found = find_files()
    outcome = run(found, scheduler=scheduler, workers=workers, parts=parts, progress=True)  # type: ignore[arg-type]
    write_answers(output / "answers.parquet", outcome.answers)
    write_figure(output / "flights.png", outcome.answers)
    console = Console()
    console.print()
    show(outcome, console)
    options = {"scheduler": scheduler} if workers is None else {"scheduler": scheduler, "num_workers": workers}
    show_climate(climate(found.weather, **options), console)
    show_aircraft(busiest_aircraft(found.flights, **options), console)
    console.print(f"Wrote {output / 'flights.png'} and {output / 'answers.parquet'}", highlight=False, soft_wrap=True)
    console.print(closing_line(outcome), highlight=False, soft_wrap=True, style="bold")
