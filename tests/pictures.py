"""Pictures as telephones make them, and some that nobody should send."""

import struct
import zlib
from io import BytesIO

from PIL import Image

ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825
SECRET = b"A secret of the telephone"


def photo(kind: str = "JPEG", size: tuple[int, int] = (40, 30)) -> bytes:
    """Red above, blue below, taken sideways, with the place and the device written into it."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (0, size[1] // 2, *size))
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # turn it by 90 degrees to the right
    exif[MAKE] = SECRET.decode()
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (30.0, 16.0, 2.0)
    out = BytesIO()
    more = {"comment": SECRET} if kind == "JPEG" else {}
    picture.save(out, kind, exif=exif, icc_profile=SECRET, **more)
    return out.getvalue()


def declared(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
