"""The busiest aircraft are those that plain Python finds."""

from __future__ import annotations

import pytest
from rich.console import Console

from weft.demo.aircraft import Aircraft, busiest_aircraft, show_aircraft

HEADER = "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,origin,dest,air_time,distance,hour,minute,time_hour"


def line(tail: str, dest: str = "ATL", delay: str = "1", carrier: str = "DL", miles: str = "100") -> str:
    return f"2013,1,1,1,1,{delay},1,1,1,{carrier},1,{tail},JFK,{dest},1,{miles},1,1,x"


@pytest.mark.parametrize("scheduler", ["sync", "threads"])
def test_departures_are_counted_by_aircraft(tmp_path, scheduler):
    path = tmp_path / "flights.csv"
    rows = [
        line("A"),
        line("B"),
        line("A", "BOS", carrier="UA"),
        line("B", delay="NA"),
        line("NA"),
        line("C"),
        line("A"),
    ]
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    found = busiest_aircraft(path, 2, scheduler=scheduler)
    assert found == [Aircraft("A", ("DL", "UA"), 3, 300, 2), Aircraft("C", ("DL",), 1, 100, 1)]


def test_aircraft_are_shown_in_a_table():
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    show_aircraft([Aircraft("N328AA", ("AA",), 390, 965_000, 6)], console)
    console.file.close()
    text = console.export_text()
    assert "N328AA" in text
    assert "965,000" in text
