"""Every error of a body is listed, with its place."""

from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from api.kernel.fields import Email, Phone, Zip, decode_field, place, takes_texts
from api.kernel.validation import is_security_code, list_errors


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    zip: Zip
    line: Annotated[str, Meta(min_length=1)]


class Body(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    count: Annotated[int, Meta(ge=1)]
    inner: Inner
    items: Annotated[list[Inner], Meta(max_length=2)] = []
    phone: Phone | None = None


GOOD = b'{"email":"Ada@Example.com","count":1,"inner":{"zip":"10001","line":"x"}}'


class Chosen(msgspec.Struct):
    one: Literal["a", "b"] | None
    many: Annotated[list[Literal["c"]], Meta(max_length=2)]


def test_what_is_no_choice_is_told_with_the_choices() -> None:
    errors = list_errors(b'{"one":"x","many":["d"]}', Chosen)
    assert [(it.pointer, it.detail) for it in errors] == [
        ("/one", "Expected one of a, b."),
        ("/many/0", "Expected one of c."),
    ]


class Weights(msgspec.Struct, frozen=True):
    near: Annotated[int, Meta(ge=0, le=9)] = 1


class Weighed(msgspec.Struct):
    own: Annotated[Annotated[int, Meta(ge=1, le=5)], Meta(description="Units an hour.")] | None
    within: Annotated[Weights, Meta(description="Units a mile.")] = Weights()


def test_what_is_out_of_bounds_is_told_with_the_bounds_and_what_it_means() -> None:
    errors = list_errors(b'{"own":6,"within":{"near":"x"}}', Weighed)
    assert [(it.pointer, it.detail) for it in errors] == [
        ("/own", "Expected a whole number from 1 to 5. Units an hour."),
        ("/within/near", "Expected a whole number from 0 to 9. Units a mile."),
    ]


def pointers(body: bytes) -> list[str]:
    return sorted(error.pointer for error in list_errors(body, Body))


def test_a_good_body_has_no_errors_and_fields_take_their_normal_form() -> None:
    assert list_errors(GOOD, Body) == []
    body = msgspec.json.decode(GOOD, type=Body, dec_hook=decode_field)
    assert body.email == "ada@example.com"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", [""]),
        (b"[]", [""]),
        (b"{}", ["/count", "/email", "/inner"]),
        (
            b'{"email":"x","count":0,"inner":{"zip":"1","line":""},"more":1}',
            ["/count", "/email", "/inner/line", "/inner/zip", "/more"],
        ),
        (
            b'{"email":"a@example.com","count":"1","inner":null,"items":[{"zip":"10001"}]}',
            ["/count", "/inner", "/items/0/line"],
        ),
        (
            b'{"email":"a@example.com","count":1,"inner":{"zip":"10001","line":"x"},"items":[%s]}'
            % b",".join([b'{"zip":"10001","line":"x"}'] * 3),
            ["/items"],
        ),
        (b'{"a/b~c":1,"email":"a@example.com","count":1}', ["/a~1b~0c", "/inner"]),
    ],
)
def test_every_error_is_listed_at_its_pointer(body: bytes, expected: list[str]) -> None:
    assert pointers(body) == expected


@pytest.mark.parametrize(
    "name",
    ["cvc", "CVV", "cvc2", "security_code", "security-code", "securityCode", "cardCvc",
     "card_verification_value", "cvv_code", "Card Security Code"],
)  # fmt: skip
def test_a_security_code_is_refused_by_name_and_not_repeated(name: str) -> None:
    body = b'{"email":"a@example.com","count":1,"inner":{"zip":"10001","line":"x"},"%s":"987"}'
    (error,) = list_errors(body % name.encode(), Body)
    assert "not accepted" in error.detail
    assert "987" not in error.detail


@pytest.mark.parametrize(
    "name", ["code", "decline_code", "cidr", "security", "verification", "card"]
)
def test_what_only_sounds_like_a_security_code_is_none(name: str) -> None:
    assert not is_security_code(name)


def test_a_phone_number_without_country_code_is_american_and_ends_in_e164() -> None:
    assert Phone.parse("(212) 555-0123") == "+12125550123"
    assert Phone.parse("+44 20 7946 0018") == "+442079460018"
    with pytest.raises(ValueError, match="telephone number"):
        Phone.parse("call me")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("555-0123", "check its area code"),
        ("12", "too short"),
        ("+1 212 555 01234567", "too short or too long"),
        ("+1 555 123 4567", "check its area code"),
        ("+1 111 555 0123", "check its area code"),
        ("212 555 0123 x44", "without an extension"),
    ],
)
def test_a_number_that_nobody_can_have_is_refused_with_what_is_wrong(
    typed: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Phone.parse(typed)


@pytest.mark.parametrize(
    ("phone", "texts"),
    [
        ("+12125550123", True),
        ("+4915112345678", True),
        ("+18005550100", False),
        ("+19005550100", False),
        ("+442079460018", False),
        ("", False),
    ],
)
def test_landlines_and_toll_free_numbers_get_no_texts(phone: str, texts: bool) -> None:
    assert takes_texts(phone) is texts


def test_a_zip_code_brings_its_place_and_time_zone() -> None:
    anchorage = place("99501")
    assert anchorage is not None
    assert (anchorage.state, anchorage.time_zone) == ("AK", "America/Anchorage")
    with pytest.raises(ValueError, match="no such ZIP"):
        Zip.parse("00000")
