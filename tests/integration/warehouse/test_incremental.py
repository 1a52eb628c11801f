"""Marts that grow: a build of what changed gives what a build of everything gives."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import yaml

from orchestration.publishing import publish
from orchestration.replication.mirror import SOURCES
from orchestration.transforms import dbt, project
from tests.databases import Databases, Templates
from tests.integration.warehouse.conftest import target_path
from tests.warehouse.built import Built, bad
from tests.warehouse.turmoil import Turmoil
from tests.warehouse.versions import published
from tests.warehouse.world import World
from warehouse.manifest import Table

TABLES = ("config.materialized:table", "config.materialized:incremental")


@pytest.fixture(scope="module")
def living(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """A business whose sources the tests of this file change."""
    databases = Databases(templates)
    yield Built.build(databases, World(40, 150, seed=7), target_path(tmp_path_factory, "postgres"))
    databases.drop()


def run(living: Built, *arguments: str) -> list[dbt.NodeResult]:
    """Build without tests: the changes make no sense, and a failed test stops what comes next."""
    results = living.dbt("run", "--select", *TABLES, *arguments)
    assert bad(results) == {}
    return results


def differing(living: Built) -> dict[str, tuple[int, int]]:
    """Models whose rows are not those that their SQL gives now: rows too many and missing.

    A model is compared with its SQL over the models under it, and these with theirs.
    """
    found = {}
    for name, model in project.load().models.items():
        if not model.is_table:
            continue
        file = Path(model.file).relative_to("transforms")
        sql = (living.target_path / "compiled" / "sysops_squad" / file).read_text()
        table = f"{model.layer}.{name}"
        [row] = living.databases.rows(
            "analytics",
            f"""
            WITH wanted AS MATERIALIZED ({sql.replace("%", "%%")})
            SELECT (SELECT count(*) FROM (TABLE {table} EXCEPT ALL TABLE wanted) AS one),
                   (SELECT count(*) FROM (TABLE wanted EXCEPT ALL TABLE {table}) AS other)
            """,
        )
        if row != (0, 0):
            found[name] = row
    return found


def files(living: Built) -> dict[str, str]:
    """The table of each mart that grows: another one when it was built whole."""
    rows = living.databases.rows(
        "analytics", "SELECT model, to_regclass('marts.' || model)::oid FROM landing.built"
    )
    return dict(rows)


def tables(living: Built, folder: Path, number: int = 0) -> dict[str, Table]:
    """The marts of a version, which keeps what it may of the one before in this folder."""
    return published(living, folder, number).manifest.tables


def test_after_any_changes_an_incremental_build_gives_every_row_of_a_full_one(
    living: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What makes no sense would not be published, and here its files are compared.
    monkeypatch.setattr(publish, "IMPOSSIBLE", {})
    seed = Random().randrange(10_000)
    turmoil = Turmoil(living.databases, Random(seed))
    turmoil.begin()
    for number in range(4):
        turmoil.happen(25)
        before = files(living)
        run(living)
        assert (number, differing(living)) == (number, {}), f"with seed {seed}"
        assert files(living) == before, "nothing was built whole"
        assert tables(living, tmp_path, number) == tables(living, tmp_path / f"{number}")
    turmoil.happen_everywhere()
    run(living)
    assert differing(living) == {}, f"with seed {seed}"
    assert tables(living, tmp_path, 5) == tables(living, tmp_path / "5")
    changed = {name for name, file in files(living).items() if before[name] != file}
    assert changed == {"fct_ticket", "fct_contract_month"}


def test_a_model_that_fails_and_those_after_it_are_made_up_for_by_the_next_build(
    living: Built,
) -> None:
    """It fails at its last statement: its rows are written, and how far it is built is not."""
    living.databases.execute("sysops", "UPDATE assignment SET travel_km = travel_km + 1")
    turmoil = Turmoil(living.databases, Random(1))
    turmoil.happen(5)
    living.databases.execute(
        "analytics",
        "ALTER TABLE landing.built ADD CONSTRAINT dies CHECK (model <> 'int_assignment') NOT VALID",
    )
    results = living.dbt("run", "--select", *TABLES)
    assert {one.name for one in results if one.outcome == "error"} == {"int_assignment"}
    assert {"fct_assignment", "fct_visit"} <= {
        one.name for one in results if one.outcome == "skipped"
    }
    assert "int_assignment" in differing(living)
    living.databases.execute("analytics", "ALTER TABLE landing.built DROP CONSTRAINT dies")
    turmoil.happen(5)
    run(living)
    assert differing(living) == {}


def test_what_a_table_changed_is_computed_again_only_where_that_table_is_read(
    living: Built,
) -> None:
    for source in SOURCES:
        living.sources.mirror(source)
    run(living)
    three = "SELECT id FROM payment ORDER BY id LIMIT 3"
    living.databases.execute(
        "billing",
        f"UPDATE payment SET decided_at = decided_at + interval '1 second' WHERE id IN ({three})",
    )
    living.sources.mirror("billing")
    growing = {name for name, model in project.load().models.items() if model.entity}
    written = {one.name for one in run(living) if one.is_model and one.rows}
    assert written & growing == {"fct_invoice", "fct_payment"}
    assert differing(living) == {}


def test_building_a_few_models_loses_nothing_for_the_others(living: Built) -> None:
    turmoil = Turmoil(living.databases, Random(2))
    turmoil.happen(25)
    living.dbt("run", "--select", "fct_visit", "fct_survey_choice")
    living.dbt("run", "--select", "int_survey_expert", "fct_survey")
    run(living)
    assert differing(living) == {}


def test_a_landing_that_commits_after_a_build_is_in_the_next(living: Built) -> None:
    change = "UPDATE raw.billing__payment SET status = 'unknown'"
    note = (
        "INSERT INTO landing.change SELECT 'billing__payment', 'invoice_id', invoice_id "
        "FROM raw.billing__payment"
    )
    with living.databases.connect("analytics") as open_one, open_one.transaction():
        open_one.execute(change)
        open_one.execute(note)
        run(living)
    run(living)
    assert differing(living) == {}
    statuses = "SELECT DISTINCT status FROM marts.fct_payment"
    assert living.databases.rows("analytics", statuses) == [("unknown",)]


def test_a_broken_row_is_told_by_every_build_until_it_is_mended(built: Built) -> None:
    entry = "(SELECT min(id::text)::uuid FROM raw.billing__ledger_entry)"
    noted = (
        "INSERT INTO landing.change SELECT 'billing__ledger_entry', note.key, note.value::uuid "
        "FROM raw.billing__ledger_entry AS entry, "
        "jsonb_each_text(to_jsonb(entry)) AS note (key, value) "
        f"WHERE entry.id = {entry} AND note.key IN ('id', 'posting_id', 'invoice_id')"
    )
    change = (
        f"UPDATE raw.billing__ledger_entry SET amount_cents = amount_cents {{}} WHERE id = {entry}"
    )
    other = (
        "INSERT INTO landing.change SELECT 'customer__account', 'id', id "
        "FROM raw.customer__account LIMIT 1"
    )
    with built.copy() as one:

        def told(*statements: str) -> bool:
            """Whether a build tells of it, and tests in vain are asked again by the next."""
            for statement in statements:
                one.databases.execute("analytics", statement)
            failed = {it.name for it in one.build_marts() if it.outcome == "fail"}
            behind = one.databases.rows(
                "analytics", "SELECT tested < number FROM landing.gathering"
            )
            assert behind == [("postings_balance" in failed,)]
            return "postings_balance" in failed

        assert told(change.format("+ 1"), noted)
        assert told(other), "another change does not hide it"
        assert not told(change.format("- 1"), noted)


def test_a_mart_whose_sql_changed_is_built_whole_by_itself(living: Built) -> None:
    living.databases.execute("analytics", "DELETE FROM marts.fct_refund")
    living.databases.execute("analytics", "DELETE FROM marts.fct_search")
    living.databases.execute(
        "analytics", "UPDATE landing.built SET mark = 'other' WHERE model = 'fct_refund'"
    )
    run(living)
    assert set(differing(living)) == {"fct_search"}
    run(living, "--full-refresh")
    assert differing(living) == {}


def test_marks_follow_every_file_under_a_model(tmp_path: Path) -> None:
    folder = tmp_path / "transforms"
    shutil.copytree(project.PROJECT, folder, ignore=shutil.ignore_patterns("target"))
    before = project.marks(folder)
    # Beneath fct_survey_choice by way of a view, a table and a mart.
    file = folder / "models/staging/customer/stg_customer__survey.sql"
    file.write_text(file.read_text() + "\nwhere true")
    after = project.marks(folder)
    changed = {name for name in before if before[name] != after[name]}
    assert {"int_survey_expert", "fct_survey_choice", "fct_ticket"} <= changed
    assert not {"fct_invoice", "dim_customer", "fct_visit"} & changed
    (folder / "macros/money.sql").write_text("")
    assert not before.items() & project.marks(folder).items()


def test_every_table_under_a_mart_is_noted_and_touches_its_entity() -> None:
    """Whoever adds a table to a mart's SQL, and forgets the variable `entities`, learns it here."""
    entities = yaml.safe_load((project.PROJECT / "dbt_project.yml").read_text())["vars"]["entities"]
    models = project.load().models

    def sources(name: str) -> set[str]:
        model = models[name]
        own = {table if one == "surveys" else f"{one}__{table}" for one, table in model.sources}
        return own.union(*(sources(under) for under in model.models))

    missing = {}
    for name, model in models.items():
        if model.entity is None:
            continue
        touching = {model.entity, *model.whole_with}
        known = {
            place.split(".")[0]
            for one in touching
            for place in [
                *entities[one]["changed"],
                *(lookup["changed"] for lookup in entities[one].get("lookups", ())),
            ]
        }
        # How far the tables have landed: whoever asks, asks for the day.
        if "day" in touching:
            known.add("landing__watermark")
        if sources(name) - known:
            missing[name] = sources(name) - known
        # What is found by way of another table is noted as of the table that changed, and must be
        # touched again when the other one has its row at last.
        for lookup in entities[model.entity].get("lookups", ()):
            if lookup["changed"].split(".")[0] in sources(name):
                assert lookup["in"].removeprefix("raw.") in sources(name), name
        # What is under it must be computed by the same entity, or it would be seen too late.
        for under in model.models:
            assert not models[under].is_table or models[under].entity == model.entity
    assert missing == {}


def test_every_noted_column_of_an_entity_is_in_the_list_of_landing(databases: Databases) -> None:
    entities = yaml.safe_load((project.PROJECT / "dbt_project.yml").read_text())["vars"]["entities"]
    wanted = {
        place
        for one in entities.values()
        for place in [*one["changed"], *(each["changed"] for each in one.get("lookups", ()))]
        if "." in place and not place.startswith("survey_")
    }
    noted = databases.rows(
        "analytics", "SELECT concat_ws('.', table_name, column_name) FROM landing.noted"
    )
    assert wanted == {one for (one,) in noted}
