"""How a benchmark's own PostgreSQL is set up: one that keeps what it says, on a larger machine."""

from typing import Final

SERVER = {
    "fsync": "on", "synchronous_commit": "on", "shared_buffers": "1GB", "max_wal_size": "8GB",
}  # fmt: skip
DURABLE: Final = {**SERVER, "full_page_writes": "on", "wal_level": "replica"}
"""For what a disk may be the limit of: commits cost what they cost a platform."""
ON_DISK: Final = 1 << 60
"""Room that no memory has (bytes): the server's folder is on the disk."""
