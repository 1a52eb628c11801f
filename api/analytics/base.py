"""The declarative base of the analytics database's tables."""

from api.kernel.database import Tables, metadata


class Base(Tables):
    __abstract__ = True
    metadata = metadata()
