"""Two custodians, each with a part that is worth nothing alone."""

from base64 import b64decode

import pytest
from pydantic import SecretStr

from api.billing.vault.crypto import generate_kek
from api.billing.vault.custody import WrongParts, combine, split
from api.billing.vault.settings import SettingsMissing, VaultSettings


def test_two_parts_make_the_key_in_either_order_and_no_two_splits_are_alike() -> None:
    key = generate_kek()
    first, second = split(key)
    assert combine(first, second) == combine(f"{second}\n", first) == key
    again = split(key)
    assert not {first, second} & set(again)
    assert b64decode(first.partition(".")[0]) != b64decode(key)


def test_parts_that_do_not_belong_together_are_refused_without_repeating_them() -> None:
    key = generate_kek()
    (first, second), (other, _), (stranger, _) = split(key), split(key), split(generate_kek())
    for one, two in ((first, first), (first, other), (stranger, second), (first, "x.y"), ("", "")):
        with pytest.raises(WrongParts, match="part") as caught:
            combine(one, two)
        assert first not in str(caught.value)


def test_the_vault_opens_with_both_parts_and_says_which_is_missing() -> None:
    key = generate_kek()
    first, second = (SecretStr(part) for part in split(key))
    wrapped = VaultSettings(vault_kek=SecretStr(key)).kek().wrap(b"k" * 32, "label")
    both = VaultSettings(vault_kek_part_1=first, vault_kek_part_2=second)
    assert both.kek().unwrap(wrapped, "label") == b"k" * 32
    with pytest.raises(SettingsMissing, match="SQUAD_VAULT_KEK_PART_2 or"):
        VaultSettings(vault_kek_part_1=first).kek()
    with pytest.raises(SettingsMissing, match="not both"):
        VaultSettings(vault_kek_part_1=first, vault_kek=SecretStr(key)).kek()
