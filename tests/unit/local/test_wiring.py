"""Each process is given its own settings, and nobody else's."""

from pathlib import Path

import pytest

from orchestration.local import wiring
from orchestration.local.instance import from_environment

SHELL = {
    "SQUAD_CUSTOMER_OIDC_ISSUER": "https://customers.example",
    "SQUAD_CUSTOMER_OIDC_CLIENT_ID": "squad",
    "SQUAD_CUSTOMER_OIDC_REDIRECT_URLS": "https://portal.example com.example:/",
    "SQUAD_STAFF_OIDC_ISSUER": "https://staff.example",
    "SQUAD_STAFF_OIDC_CLIENT_SECRET": "of the staff's client",
}


@pytest.mark.parametrize(
    ("quantum", "given"),
    [
        (
            "customer",
            {
                "SQUAD_OIDC_ISSUER": "https://customers.example",
                "SQUAD_OIDC_CLIENT_ID": "squad",
                "SQUAD_OIDC_REDIRECT_URLS": "https://portal.example com.example:/",
            },
        ),
        (
            "sysops",
            {
                "SQUAD_OIDC_ISSUER": "https://staff.example",
                "SQUAD_OIDC_CLIENT_SECRET": "of the staff's client",
            },
        ),
        ("billing", {}),
        ("analytics", {}),
    ],
)
def test_the_provider_of_customers_and_that_of_staff_reach_their_own_api_alone(
    tmp_path: Path, quantum: str, given: dict[str, str]
) -> None:
    instance = from_environment({"SQUAD_VAR": str(tmp_path), **SHELL})
    assert wiring.identity_provider(instance, quantum) == given
    assert wiring.identity_provider(from_environment({}), quantum) == {}
