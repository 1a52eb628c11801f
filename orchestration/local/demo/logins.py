"""Who can sign in to the demo world, for people who try it and for `squad demo ticket`."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import argon2

PASSWORD: Final = "four-blue-lanterns"  # noqa: S105 - a published password of invented people
_SALT: Final = b"sysops-squad-salt"


@dataclass(frozen=True, slots=True)
class Login:
    """A person of the demo world with an e-mail address of its own; `role` is what it can do."""

    role: str
    email: str
    name: str
    note: str = ""


CUSTOMERS: Final = (
    Login("customer", "ada@example.com", "Ada Adams", "Premium in the largest metro"),
    Login("customer", "grace@example.com", "Grace Hall", "Plus, yearly"),
    Login("customer", "sam@example.com", "Sam Carter", "declined card, suspended"),
)
"""The oldest customers of the world, in this order."""

EXPERT: Final = Login("expert", "expert@squad.example", "Eli Parker", "near Ada, all-round")
"""The first expert of the largest metro. All others have the same password."""

OFFICE: Final = (
    Login("helpdesk", "helpdesk@squad.example", "Hannah Price"),
    Login("manager", "manager@squad.example", "Marcus Reed"),
    Login("administrator", "administrator@squad.example", "Aisha Morgan"),
    Login("finance", "finance@squad.example", "Fiona Chen"),
    Login("helpdesk", "helpdesk.2@squad.example", "Diego Flores"),
    Login("helpdesk", "helpdesk.3@squad.example", "Nora Walker"),
    Login("helpdesk", "helpdesk.4@squad.example", "Omar Khan"),
    Login("manager", "manager.2@squad.example", "Priya Shah"),
)

LOGINS: Final = (*CUSTOMERS, EXPERT, *OFFICE[:4])
"""One for each role, and two more customers."""


def describe() -> list[dict[str, str]]:
    """The logins as `squad up` shows them: role, login, password, note."""
    return [
        {"role": one.role, "login": one.email, "password": PASSWORD, "note": one.note}
        for one in LOGINS
    ]


@cache
def password_hash() -> str:
    """The argon2id hash that every account of the demo world shares.

    Hashing is slow by design: 5,000 hashes would take minutes. The password is published, so
    nothing is lost by sharing its hash; the salt is fixed so that the same world has the same
    bytes. The parameters are the library's present ones, as `api.kernel.auth` uses them.
    """
    profile = argon2.PasswordHasher()
    return argon2.low_level.hash_secret(
        PASSWORD.encode(),
        _SALT,
        time_cost=profile.time_cost,
        memory_cost=profile.memory_cost,
        parallelism=profile.parallelism,
        hash_len=profile.hash_len,
        type=profile.type,
    ).decode()
