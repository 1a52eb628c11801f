"""`squad vault scan` on this platform: each zone with the logins of its own code location."""

from collections.abc import Iterable

import psycopg

from orchestration.card_scan.findings import Scanned
from orchestration.card_scan.zones import ZONES
from orchestration.local.errors import LocalError
from orchestration.local.instance import PREFIX, Instance
from orchestration.local.wiring import code_location


def scan_zones(instance: Instance, names: Iterable[str]) -> Scanned:
    """Look through these zones; raises LocalError when a database cannot be asked."""
    done = Scanned()
    for name in names:
        given = code_location(instance, name).items()
        settings = {key.removeprefix(PREFIX).lower(): value for key, value in given}
        try:
            done.add(ZONES[name].model_validate(settings).zone().scan())
        except psycopg.Error as error:
            raise LocalError(
                f"The zone {name} cannot be looked through ({type(error).__name__}): `squad status`"
                " tells whether its databases are there, `squad migrate` makes its roles."
            ) from error
    return done
