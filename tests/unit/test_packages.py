"""What the project is installed from: pinned by hash, listed with its licences, nothing else."""

import json
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import jsonschema_rs
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.schema._res import BOM_JSON_STRICT, JSF, SPDX_JSON

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)(\[[^\]]*\])?(.*)$")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
FREE = re.compile(
    r"MIT|BSD|Apache|ISC|Python-2\.0|PSF|MPL|Mozilla|Unlicense|HPND|Zlib|LGPL|Lesser General Public"
)
# What their metadata says in words of their own, read in the licence files that come with them.
SAID_OTHERWISE = {
    "antlr4-python3-runtime": "BSD-3-Clause",
    "protobuf": "BSD-3-Clause",
    "pydeck": "Apache-2.0",
    "rich-click": "MIT",
    "supervisor": "BSD-3-Clause-Modification and others as free",
    "uritemplate": "BSD-3-Clause OR Apache-2.0",
    # Only with Artistic as another choice, and that one is taken.
    "text-unidecode": "Artistic-1.0-Perl",
}


def locked(file: str) -> Iterator[tuple[str, str, str]]:
    """Each package of a lock file: name, what is asked of it, and the lines that go with it."""
    lines = (ROOT / file).read_text().replace("\\\n", " ").splitlines()
    for line in lines:
        if line and not line.startswith(("#", " ")):
            found = PACKAGE.match(line)
            assert found, line
            yield found[1], found[3].strip(), line


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-bootstrap.lock"])
def test_every_package_is_one_version_with_the_hashes_of_its_files(file: str) -> None:
    packages = list(locked(file))
    assert packages
    loose = [
        name
        for name, asked, line in packages
        if not asked.startswith("==") or not HASH.search(line) or "://" in line
    ]
    assert loose == []


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The bill of materials, as `make sbom` writes it; the schema is looked at here."""
    file = tmp_path_factory.mktemp("sbom") / "sbom.json"
    command = ["make", "--silent", "sbom", f"SBOM={file}", "ARGS=--no-validate"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    written: dict[str, Any] = json.loads(file.read_text())
    return written


def test_the_bill_of_materials_is_cyclonedx(bill: dict[str, Any]) -> None:
    version = SchemaVersion.from_version(bill["specVersion"])
    file = BOM_JSON_STRICT[version]
    assert file is not None
    schema = json.loads(Path(file).read_text())
    beside = [Path(it) for it in (SPDX_JSON, JSF)]
    registry = jsonschema_rs.Registry(
        [(urljoin(schema["$id"], it.name), json.loads(it.read_text())) for it in beside]
    )
    validator = jsonschema_rs.validator_for(schema, registry=registry)
    assert [str(error) for error in validator.iter_errors(bill)] == []
    assert not validator.is_valid(bill | {"components": [{"name": "of no type"}]})


def test_the_bill_of_materials_has_every_installed_package(bill: dict[str, Any]) -> None:
    listed = {(it["name"].lower(), it["version"]) for it in bill["components"]}
    installed = {(it.name.lower(), it.version) for it in distributions()}
    own = bill["metadata"]["component"]["name"]
    assert own == "sysops-squad"
    assert {it for it in installed if it[0] != own} == listed


def test_every_package_has_a_licence_under_which_this_one_may_use_it(bill: dict[str, Any]) -> None:
    unclear = {}
    for package in bill["components"]:
        words = " ".join(
            it.get("expression") or it["license"].get("id") or it["license"]["name"]
            for it in package.get("licenses", [])
        )
        free = FREE.search(words) and not re.search(r"(?<![L])GPL-", words)
        if not free and package["name"] not in SAID_OTHERWISE:
            unclear[package["name"]] = words
    assert unclear == {}
    assert SAID_OTHERWISE.keys() <= {it["name"] for it in bill["components"]}


def test_what_only_slows_every_process_down_is_not_installed() -> None:
    """It parses a grammar where it is imported, which jsonschema does wherever it is there."""
    assert find_spec("rfc3987_syntax") is None
