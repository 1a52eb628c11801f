"""What the billing quantum does with messages, by their source."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import api.billing.tables  # noqa: F401 - all of them, for the keys between them
from api.billing.contracts.handlers import contract_changed, plan_priced
from api.billing.vault.handlers import CardIntake
from api.billing.vault.settings import BoxSettings, VaultSettings
from api.kernel.inbox import Inbound
from api.messages import CardChosen, CardRemoved, CardSealed, ContractChanged, PlanPriced


@asynccontextmanager
async def inbound(source: str) -> AsyncIterator[Inbound]:
    """The handlers for one source.

    Only the relay from the customer quantum needs the vault's secrets: `SQUAD_VAULT_KEK` (or
    `SQUAD_VAULT_KEK_FILE`) and `SQUAD_VAULT_BOX_KEYS`.
    """
    if source == "customer":
        boxes = BoxSettings()  # type: ignore[call-arg]  # read from the environment
        intake = CardIntake(VaultSettings().kek(), boxes.private_keys())
        yield Inbound(
            {
                CardSealed: intake.sealed,
                CardRemoved: intake.removed,
                CardChosen: intake.chosen,
                ContractChanged: contract_changed,
            }
        )
    elif source == "sysops":
        yield Inbound({PlanPriced: plan_priced})
    else:
        raise ValueError(f"Billing receives nothing from {source}.")
