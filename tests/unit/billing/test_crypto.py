"""Keys and numbers do not print, do not pickle, and do not open for the wrong one."""

import pickle  # noqa: TID251 - to see that it cannot
from base64 import b64encode
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from api.billing.vault.crypto import DataKey, FingerprintKey, Kek, WrongKey, generate_kek, new_key
from api.billing.vault.settings import BoxSettings, SettingsMissing, VaultSettings
from api.kernel.outside.payments import CardNumber
from api.kernel.sealing import generate_box_keypair

CUSTOMER, CARD, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
numbers = st.text("0123456789", min_size=12, max_size=19).map(CardNumber)


@given(numbers)
def test_a_number_comes_back_for_its_own_card_and_no_other(number: CardNumber) -> None:
    key = DataKey(1, new_key())
    stored = key.encrypt(number, CUSTOMER, CARD)
    assert key.decrypt(stored, CUSTOMER, CARD).reveal() == number.reveal()
    for customer, card in ((OTHER, CARD), (CUSTOMER, OTHER), (CARD, CUSTOMER)):
        with pytest.raises(WrongKey):
            key.decrypt(stored, customer, card)


def test_another_version_or_another_key_does_not_open_it() -> None:
    raw = new_key()
    stored = DataKey(1, raw).encrypt(CardNumber("4242424242424242"), CUSTOMER, CARD)
    for other in (DataKey(2, raw), DataKey(1, new_key())):
        with pytest.raises(WrongKey) as caught:
            other.decrypt(stored, CUSTOMER, CARD)
        assert caught.value.__cause__ is None
        assert "4242" not in str(caught.value)


@given(numbers, numbers)
def test_equal_numbers_have_equal_fingerprints_under_one_key_alone(
    one: CardNumber, two: CardNumber
) -> None:
    key = FingerprintKey(new_key())
    same = one.reveal() == two.reveal()
    assert (key.fingerprint(one) == key.fingerprint(two)) is same
    assert FingerprintKey(new_key()).fingerprint(one) != key.fingerprint(one)


def test_a_wrapped_key_opens_under_its_own_label_alone() -> None:
    kek, key = Kek(generate_kek()), new_key()
    wrapped = kek.wrap(key, "vault key 1 (card)")
    assert kek.unwrap(wrapped, "vault key 1 (card)") == key
    for other, label in ((kek, "vault key 2 (card)"), (Kek(generate_kek()), "vault key 1 (card)")):
        with pytest.raises(WrongKey, match="does not open"):
            other.unwrap(wrapped, label)


@pytest.mark.parametrize("encoded", ["", "short", b64encode(bytes(31)).decode(), "ä"])
def test_what_is_no_key_is_refused_without_repeating_it(encoded: str) -> None:
    with pytest.raises(ValueError, match="32 bytes in base64") as caught:
        Kek(encoded)
    assert not encoded or encoded not in str(caught.value)


@pytest.mark.parametrize(
    "secret", [Kek(generate_kek()), DataKey(1, new_key()), FingerprintKey(new_key())]
)
def test_a_key_neither_prints_nor_pickles(secret: object) -> None:
    assert repr(secret) == f"{type(secret).__name__}(hidden)"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_the_key_encryption_key_comes_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsMissing, match="SQUAD_VAULT_KEK"):
        VaultSettings().kek()
    encoded = generate_kek()
    wrapped = Kek(encoded).wrap(b"k" * 32, "label")
    file = tmp_path / "kek"
    file.write_text(f"{encoded}\n")
    monkeypatch.setenv("SQUAD_VAULT_KEK_FILE", str(file))
    assert VaultSettings().kek().unwrap(wrapped, "label") == b"k" * 32
    monkeypatch.setenv("SQUAD_VAULT_KEK", generate_kek())
    with pytest.raises(WrongKey):
        VaultSettings().kek().unwrap(wrapped, "label")


def test_the_box_keys_are_known_by_their_ids() -> None:
    new, old = generate_box_keypair(), generate_box_keypair()
    listed = BoxSettings(vault_box_keys=SecretStr(f"{new.private_key}, {old.private_key}"))
    assert listed.private_keys() == {pair.key_id: pair.private_key for pair in (new, old)}
    assert new.private_key not in repr(listed)
    with pytest.raises(SettingsMissing, match="holds no key"):
        BoxSettings(vault_box_keys=SecretStr(" , ")).private_keys()
