"""The keys of the boxes in which cards travel: made anew, and given up when nothing needs them.

The first of the list seals, all of them open. A message that waits or is held names its key; a
retired one stays until no message does and the customer API seals with the first.
"""

import json
from dataclasses import dataclass

import msgspec
import psycopg

from api.kernel.messages import decode_envelope
from api.kernel.sealing import BoxKeypair, box_keypair, key_id
from api.messages import CardSealed
from orchestration.local import keys
from orchestration.local.databases import role_url
from orchestration.local.errors import LocalError
from orchestration.local.files import write_private
from orchestration.local.instance import Instance
from orchestration.local.launch import launch_file
from orchestration.local.secrets import SecretStore

SEALS = "customer-api"
OPENS = "relay-customer-billing"
ROLE = "customer_to_billing"
"""It carries the boxes, and is the only one that may look into their queue."""


@dataclass(frozen=True, slots=True)
class BoxKey:
    """A key by its id: whether it is here, seals, is named by messages, and may go."""

    key_id: str
    here: bool
    seals: bool
    messages: int
    may_go: bool


class _Names(msgspec.Struct, frozen=True):
    key_id: str


def listed(instance: Instance) -> list[BoxKey]:
    """Every key, the sealing one first, and what waits for each.

    A key that messages name and that is not here is told, too: without it they cannot be opened.
    """
    pairs, waiting = _pairs(instance), _waiting(instance)
    sealing = _sealing(instance)
    first = pairs[0].key_id
    ids = [pair.key_id for pair in pairs]
    return [
        BoxKey(
            key_id=it,
            here=it in ids,
            seals=it == first,
            messages=waiting.get(it, 0),
            may_go=it in ids and it not in {first, *sealing} and it not in waiting,
        )
        for it in [*ids, *(waiting.keys() - set(ids))]
    ]


def add(instance: Instance) -> str:
    """Make a new first key; returns its id. Processes learn of it when they start again."""
    store = SecretStore(instance.secrets)
    made = keys.make_key()
    write_private(store.path(keys.BOX_KEYS), ",".join([made, keys.box_keys(store)]))
    return box_keypair(made).key_id


def retire(instance: Instance) -> list[str]:
    """Remove the keys that may go; returns their ids."""
    gone = {it.key_id for it in listed(instance) if it.may_go}
    kept = [pair.private_key for pair in _pairs(instance) if pair.key_id not in gone]
    if gone:
        write_private(SecretStore(instance.secrets).path(keys.BOX_KEYS), ",".join(kept))
    return sorted(gone)


def _pairs(instance: Instance) -> list[BoxKeypair]:
    text = keys.box_keys(SecretStore(instance.secrets))
    return [box_keypair(key.strip()) for key in text.split(",") if key.strip()]


def _sealing(instance: Instance) -> set[str]:
    """The ids of the keys that the workers of the customer API were started with last."""
    files = launch_file(instance.var, SEALS).parent.glob(f"{SEALS}-*.json")
    launches = [json.loads(file.read_text()) for file in files]
    return {key_id(it["environment"]["SQUAD_VAULT_BOX_PUBLIC_KEY"]) for it in launches}


def _waiting(instance: Instance) -> dict[str, int]:
    """How many messages that wait, are being carried or are held name each key."""
    counted: dict[str, int] = {}
    query = "SELECT payload FROM to_billing.pgqueuer WHERE entrypoint = %s"
    try:
        with psycopg.connect(role_url(instance, "customer", ROLE)) as connection:
            for (payload,) in connection.cursor().stream(query, [CardSealed.channel]):
                named = msgspec.json.decode(decode_envelope(bytes(payload)).body, type=_Names)
                counted[named.key_id] = counted.get(named.key_id, 0) + 1
    except psycopg.Error as error:
        raise LocalError(
            f"The queue from customer to billing cannot be read ({type(error).__name__}): "
            "`squad status` tells whether the customer database is there."
        ) from error
    return counted
