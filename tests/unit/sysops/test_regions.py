"""A region is the same states for the helpdesk as in the reports."""

import csv
from pathlib import Path

from api.sysops.search.regions import STATES

SEED = Path(__file__).parents[3] / "transforms" / "seeds" / "us_state.csv"


def test_every_state_is_in_the_region_that_the_warehouse_puts_it_in() -> None:
    with SEED.open(newline="") as file:
        seeded = {row["state"]: row["region"] for row in csv.DictReader(file)}
    assert {state: region for region, states in STATES.items() for state in states} == seeded
