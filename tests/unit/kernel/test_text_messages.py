"""How long a text message is, and that the provider's signature is the provider's."""

import pytest

from api.kernel.outside.gsm7 import ALPHABET, EXTENDED, folded, segments
from api.kernel.outside.signatures import is_genuine, signature


def test_the_alphabet_has_as_many_signs_as_seven_bits_leave() -> None:
    # 128 places, one of which is the escape to the ten extended signs.
    assert len(ALPHABET) == 127
    assert len(EXTENDED) == 10


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("é" * 160, 1),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_a_text_is_counted_as_carriers_do(text: str, parts: int) -> None:
    assert segments(text) == parts


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("José Ñandú", "José Ñandu"),
        ("Zoë’s “TV” – off…", 'Zoe\'s "TV" - off...'),
        ("Łukasz", "Łukasz"),
        ("Ольга", "Ольга"),
    ],
)
def test_signs_that_would_double_the_price_are_folded_where_it_reads_well(
    typed: str, sent: str
) -> None:
    assert folded(typed) == sent


# The example of Twilio's documentation, which its own libraries are tested with.
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"


def test_a_signature_is_what_twilio_says_it_is() -> None:
    assert signature("12345", URL, FORM) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize(
    ("given", "token", "url", "form"),
    [
        ("", "12345", URL, FORM),
        ("RSOYDt4T1cUTdK1PDd93/VVr8B8", "12345", URL, FORM),
        ("RSOYDt4T1cUTdK1PDd93/VVr8B8=", "1234", URL, FORM),
        ("RSOYDt4T1cUTdK1PDd93/VVr8B8=", "12345", f"{URL}&more=1", FORM),
        ("RSOYDt4T1cUTdK1PDd93/VVr8B8=", "12345", URL, [*FORM, ("More", "1")]),
        ("ünsigned", "12345", URL, FORM),
    ],
)
def test_what_was_changed_on_its_way_is_not_genuine(
    given: str, token: str, url: str, form: list[tuple[str, str]]
) -> None:
    assert is_genuine("RSOYDt4T1cUTdK1PDd93/VVr8B8=", "12345", URL, FORM)
    assert not is_genuine(given, token, url, form)
