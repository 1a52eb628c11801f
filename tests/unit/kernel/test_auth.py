"""Tokens are believed only from their issuer, for their audience, for their time."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from api.kernel.auth import ACCESS_TOKEN_LIFE, TokenSigner, TokenVerifier
from api.kernel.errors import NotSignedIn
from tests.api.support import key_pair

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
STAFF = TokenSigner("sysops", key_pair("sysops")[0])
VERIFIER = TokenVerifier(
    "billing", {"sysops": key_pair("sysops")[1], "customer": key_pair("customer")[1]}
)


def test_a_token_brings_its_subject_and_roles_until_it_expires() -> None:
    person = uuid4()
    token = STAFF.sign(person, ["finance"], ["billing"], NOW)
    principal = VERIFIER.verify(token, NOW + ACCESS_TOKEN_LIFE - timedelta(seconds=1))
    assert (principal.id, principal.roles) == (person, frozenset({"finance"}))
    with pytest.raises(NotSignedIn, match="expired"):
        VERIFIER.verify(token, NOW + ACCESS_TOKEN_LIFE)


def test_a_token_for_another_audience_is_refused() -> None:
    with pytest.raises(NotSignedIn):
        VERIFIER.verify(STAFF.sign(uuid4(), ["finance"], ["sysops"], NOW), NOW)


def test_a_customers_issuer_cannot_give_a_staff_role() -> None:
    customers = TokenSigner("customer", key_pair("customer")[0])
    token = customers.sign(uuid4(), ["administrator", "customer"], ["billing"], NOW)
    assert VERIFIER.verify(token, NOW).roles == {"customer"}


def test_a_token_signed_with_another_key_in_the_issuers_name_is_refused() -> None:
    forger = TokenSigner("sysops", key_pair("customer")[0])
    with pytest.raises(NotSignedIn):
        VERIFIER.verify(forger.sign(uuid4(), ["finance"], ["billing"], NOW), NOW)


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "e30.e30.e30"])
def test_nonsense_is_refused(token: str) -> None:
    with pytest.raises(NotSignedIn):
        VERIFIER.verify(token, NOW)
