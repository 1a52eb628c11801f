"""The platform's keys fit those who use them."""

from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from api.kernel.auth import TokenSigner, TokenVerifier
from api.kernel.sealing import open_box, seal
from orchestration.local import keys
from orchestration.local.secrets import SecretStore


def test_a_token_signed_with_the_key_is_accepted_by_its_public_half(tmp_path: Path) -> None:
    store = SecretStore(tmp_path)
    now = datetime.now(UTC)
    signer = TokenSigner("customer", keys.signing_key(store, "customer"))
    verifier = TokenVerifier("customer", {"customer": keys.public_key(store, "customer")})
    account = uuid4()

    token = signer.sign(account, roles={"customer"}, audience={"customer"}, now=now)

    assert verifier.verify(token, now).id == account


def test_what_is_sealed_with_the_public_half_opens_with_the_private(tmp_path: Path) -> None:
    store = SecretStore(tmp_path)

    box = seal(keys.box_public_key(store), {"number": "4242"})

    assert open_box(keys.box_keys(store), box) == {"number": "4242"}


def test_the_key_encryption_key_is_32_bytes_in_base64(tmp_path: Path) -> None:
    assert len(b64decode(keys.key_encryption_key(SecretStore(tmp_path)))) == 32
