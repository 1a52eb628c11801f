"""Who seals cannot open; who opens learns exactly what was sealed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.kernel.sealing import Unsealable, box_keypair, generate_box_keypair, key_id, open_box, seal

PAIR = generate_box_keypair()
texts = st.text(st.characters(codec="utf-8"), max_size=40)


@given(st.dictionaries(texts, texts, max_size=5))
def test_what_is_sealed_is_what_is_opened(fields: dict[str, str]) -> None:
    assert open_box(PAIR.private_key, seal(PAIR.public_key, fields)) == fields


def test_a_box_does_not_open_with_another_key() -> None:
    sealed = seal(PAIR.public_key, {"number": "4242424242424242"})
    with pytest.raises(Unsealable):
        open_box(generate_box_keypair().private_key, sealed)


def test_two_boxes_of_the_same_thing_differ() -> None:
    fields = {"number": "4242424242424242"}
    assert seal(PAIR.public_key, fields) != seal(PAIR.public_key, fields)


@pytest.mark.parametrize("sealed", ["", "not base64!", "QUJD", "ä"])
def test_what_is_no_box_is_refused_without_a_word_about_its_content(sealed: str) -> None:
    with pytest.raises(Unsealable) as caught:
        open_box(PAIR.private_key, sealed)
    assert caught.value.__cause__ is None
    assert str(caught.value) == "The box cannot be opened."


def test_a_key_pair_is_known_by_its_private_half_and_named_by_its_public_half() -> None:
    assert box_keypair(PAIR.private_key) == PAIR
    assert key_id(PAIR.public_key) == PAIR.key_id


def test_a_private_key_does_not_print() -> None:
    assert PAIR.private_key not in repr(PAIR)


@pytest.mark.parametrize("key", ["", "QUJD", "ä"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(key, {})
