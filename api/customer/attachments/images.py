"""What an uploaded file really is, and the same picture without anything but the picture.

A photo from a telephone says where and when it was taken, and with which device. So every
picture is decoded and written anew: its pixels stay, turned upright, and nothing else does.
"""

import struct
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Final

# The three formats register themselves by being imported.
from PIL import (
    Image,
    ImageOps,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from api.customer.attachments.rules import MOST_BYTES

MOST_PIXELS: Final = 50_000_000
"""More than telephones take; a small file that declares more is there to fill memory."""
LONGEST_SIDE: Final = 2_560
"""In pixels; a type plate can be read in it, and it loads on a slow line."""
QUALITY: Final = 85
# The library refuses twice its limit when it opens a file, and warns of what exceeds the limit.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
# What a file's EXIF data lacks is of no interest: none of it is kept.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

_MEDIA_TYPES: Final = {
    "JPEG": "image/jpeg",
    # Some telephones put a second picture behind the first; the first is the photo.
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
}
_BOMBS: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# What the decoders raise for broken files.
_BROKEN: Final = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error)


class NotTaken(Exception):
    """Why a file is not taken, in words for who sent it."""


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept; `width` and `height` in pixels."""

    content: bytes
    media_type: str
    width: int
    height: int


def clean(raw: bytes) -> Picture:
    """The picture in a file; raises NotTaken. Slow: half a second for a large one."""
    try:
        opened = Image.open(BytesIO(raw), formats=("JPEG", "PNG", "WEBP"))
    except _BOMBS as error:
        raise _too_many_pixels() from error
    except UnidentifiedImageError as error:
        words = "This is no JPEG, PNG or WebP picture. Send it as one of these."
        raise NotTaken(words) from error
    except _BROKEN as error:
        raise _damaged() from error
    with opened:
        return _written_anew(opened, _MEDIA_TYPES[str(opened.format)])


def _written_anew(opened: Image.Image, media_type: str) -> Picture:
    if opened.width * opened.height > MOST_PIXELS:
        raise _too_many_pixels()
    try:
        # Decodes a large JPEG at a fraction of its size, which costs a fraction of the memory.
        opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        opened.load()
    except _BROKEN as error:
        raise _damaged() from error
    upright = _turned(opened)
    transparent = media_type != "image/jpeg" and upright.has_transparency_data
    bare = upright.convert("RGBA" if transparent else "RGB")
    bare.info.clear()
    out = BytesIO()
    bare.save(out, format=media_type.removeprefix("image/"), quality=QUALITY)
    if out.tell() > MOST_BYTES:
        raise NotTaken("This picture takes too much room. Send it as a JPEG.")
    return Picture(out.getvalue(), media_type, bare.width, bare.height)


def _turned(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except (*_BROKEN, TypeError):
        # Its EXIF data makes no sense, so nothing says how it was held.
        return picture


def _damaged() -> NotTaken:
    return NotTaken("This picture is damaged or not complete. Send it again, or take it again.")


def _too_many_pixels() -> NotTaken:
    most = MOST_PIXELS // 1_000_000
    return NotTaken(f"This picture has more than {most} million pixels. Make it smaller.")
