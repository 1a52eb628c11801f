"""How a benchmark's own PostgreSQL is set up: one that keeps what it says, on a larger machine."""

SERVER = {
    "fsync": "on", "synchronous_commit": "on", "shared_buffers": "1GB", "max_wal_size": "8GB",
}  # fmt: skip
