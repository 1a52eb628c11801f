"""Names of files are only shown, and pictures are kept as pictures and nothing else."""

from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from api.customer.attachments.images import LONGEST_SIDE, NotTaken, clean
from api.customer.attachments.rules import ENDINGS, LONGEST_NAME, shown_name, takes_photos
from tests.pictures import SECRET, declared, photo


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("IMG_0012.HEIC", "IMG_0012.jpg"),
        ("screen.png", "screen.jpg"),
        ("C:\\Users\\ada\\my tv.jpeg", "my tv.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("a\r\nContent-Type: text\0.jpg", "a Content-Type_ text.jpg"),
        ("gnp\u202eexe.jpg", "gnpexe.jpg"),
        ("Fernseher vom Café  (2).jpg", "Fernseher vom Café (2).jpg"),
        ("invoice.exe.jpg", "invoice.exe.jpg"),
        ('"><script>.jpg', "___script_.jpg"),
        ("", "photo.jpg"),
        ("...", "photo.jpg"),
        ("x" * 300, "x" * LONGEST_NAME + ".jpg"),
    ],
)
def test_a_file_is_shown_under_a_harmless_name(given_name: str, shown: str) -> None:
    assert shown_name(given_name, "image/jpeg") == shown


@given(st.text(max_size=300), st.sampled_from(sorted(ENDINGS)))
def test_no_name_holds_what_could_harm(given_name: str, media_type: str) -> None:
    shown = shown_name(given_name, media_type)
    assert shown.isprintable()
    assert not set(shown) & set('/\\"<>:|?*%')
    assert shown.endswith(f".{ENDINGS[media_type]}")
    assert len(shown) <= LONGEST_NAME + 5
    assert shown_name(shown, media_type) == shown


def test_a_ticket_takes_photos_until_it_is_over() -> None:
    assert takes_photos("submitted")
    assert takes_photos("resolved")
    assert not takes_photos("closed")
    assert not takes_photos("cancelled")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_keeps_its_pixels_upright_and_nothing_else(kind: str) -> None:
    raw = photo(kind)
    assert SECRET in raw or kind == "PNG"  # which packs it
    kept = clean(raw)
    assert (kept.media_type, kept.width, kept.height) == (f"image/{kind.lower()}", 30, 40)
    with Image.open(BytesIO(kept.content)) as shown:
        shown.load()
        assert dict(shown.getexif()) == {}
        assert not set(shown.info) & {"exif", "comment", "icc_profile", "xmp"}
        left, right = (shown.convert("RGB").getpixel((x, 20)) for x in (3, 26))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert (left[2] > 200, right[0] > 200) == (True, True)
    assert SECRET not in kept.content


def test_a_large_photo_becomes_one_that_loads_on_a_slow_line() -> None:
    kept = clean(photo(size=(4_000, 3_000)))
    # Its long side, turned upright.
    assert (kept.width, kept.height) == (LONGEST_SIDE * 3 // 4, LONGEST_SIDE)


def test_transparent_signs_stay_transparent() -> None:
    out = BytesIO()
    Image.new("P", (8, 8)).save(out, "PNG", transparency=0)
    with Image.open(BytesIO(clean(out.getvalue()).content)) as shown:
        assert shown.mode == "RGBA"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no JPEG"),
        (b"%PDF-1.7", "no JPEG"),
        (b"GIF89a" + bytes(40), "no JPEG"),
        (photo()[:200], "damaged"),
        (photo("PNG")[:-40], "damaged"),
        (declared(60_000, 60_000), "50 million pixels"),
        (declared(10_000, 6_000), "50 million pixels"),
    ],
)
def test_what_is_no_picture_or_too_large_a_one_is_refused_with_words(
    raw: bytes, words: str
) -> None:
    with pytest.raises(NotTaken, match=words):
        clean(raw)


def test_a_bomb_is_refused_before_anything_of_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("It was decoded.")

    monkeypatch.setattr(Image.Image, "thumbnail", decode)
    with pytest.raises(NotTaken, match="pixels"):
        clean(declared(10_000, 5_001))


@pytest.mark.filterwarnings("ignore::UserWarning")  # the library's, of broken EXIF data
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=20))
def test_a_broken_picture_is_taken_or_refused_and_nothing_else_happens(
    place: int, noise: bytes
) -> None:
    whole = photo()
    at = place % len(whole)
    with suppress(NotTaken):
        assert clean(whole[:at] + noise + whole[at + len(noise) :]).content
