"""The keys of the platform's processes: made at the first start, kept with the other secrets.

Public halves are derived, not kept, so that a pair can never disagree.
"""

import os
from base64 import b64encode

from orchestration.local.secrets import SecretStore

KEY_BYTES = 32
KEK = "vault-kek"
BOX_KEYS = "vault-box-keys"


def signing_key(store: SecretStore, issuer: str) -> str:
    """The Ed25519 private key (PEM) with which a quantum signs its access tokens."""
    return store.secret(f"signing-key-{issuer}", make_signing_key)


def public_key(store: SecretStore, issuer: str) -> str:
    """The public half (PEM), for those who check the tokens."""
    from cryptography.hazmat.primitives import serialization

    private = serialization.load_pem_private_key(signing_key(store, issuer).encode(), None)
    return (
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def box_keys(store: SecretStore) -> str:
    """The vault's private box keys (base64, by commas): the first seals, the others still open."""
    return store.secret(BOX_KEYS, make_key)


def box_public_key(store: SecretStore) -> str:
    """The public half (base64) of the vault's first box key, for who seals cards."""
    from api.kernel.sealing import box_keypair

    return box_keypair(box_keys(store).split(",")[0]).public_key


def key_encryption_key(store: SecretStore) -> str:
    """The key that wraps the vault's keys: 32 bytes in base64."""
    return store.secret(KEK, make_key)


def survey_key(store: SecretStore) -> str:
    """The key that signs survey links."""
    return store.secret("survey-key", make_key)


def sms_webhook_token(store: SecretStore) -> str:
    """What the sandbox signs its reports on text messages with."""
    return store.secret("sms-webhook-token", make_key)


def payments_webhook_secret(store: SecretStore) -> str:
    """What the sandbox signs its reports on disputed charges with."""
    return store.secret("payments-webhook-secret", make_key)


def make_key() -> str:
    return b64encode(os.urandom(KEY_BYTES)).decode()


def make_signing_key() -> str:
    """An Ed25519 private key (PEM)."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )
