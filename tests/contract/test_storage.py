"""The repositories keep their promises on SQLite and on PostgreSQL."""

from colisync.testing.contracts.storage import StorageContract


class TestStorage(StorageContract):
    """On each engine of the fixture `store`."""
