"""The documented logins."""

from api.kernel.auth import STAFF_ROLES
from api.kernel.fields import Email
from api.kernel.sign_in.passwords import password_matches
from orchestration.local.demo.logins import (
    CUSTOMERS,
    EXPERT,
    LOGINS,
    OFFICE,
    PASSWORD,
    describe,
    password_hash,
)


def test_every_role_has_a_login() -> None:
    assert {one.role for one in LOGINS} == {*STAFF_ROLES, "customer"}


async def test_the_documented_password_fits_the_shared_hash() -> None:
    assert await password_matches(PASSWORD, password_hash())


def test_the_same_world_has_the_same_hash() -> None:
    password_hash.cache_clear()
    first = password_hash()
    password_hash.cache_clear()
    assert password_hash() == first


def test_logins_are_reserved_addresses_each_once() -> None:
    addresses = [one.email for one in (*CUSTOMERS, EXPERT, *OFFICE)]
    assert len(set(addresses)) == len(addresses)
    assert all(Email.parse(address) == address for address in addresses)
    assert all(address.endswith((".example", "@example.com")) for address in addresses)


def test_logins_are_described_for_the_table_of_squad_up() -> None:
    assert all({"role", "login", "password"} <= set(one) for one in describe())
