"""Fixtures of the tests that need a store."""

from colisync.testing.stores import postgres_url, sqlite_url, store, store_url

__all__ = ["postgres_url", "sqlite_url", "store", "store_url"]
