"""Fixtures of the tests that need a store; the suites' assertions explain themselves."""

import pytest

from colisync.testing.stores import postgres_url, sqlite_url, store, store_url

__all__ = ["postgres_url", "sqlite_url", "store", "store_url"]

pytest.register_assert_rewrite("colisync.testing.contracts")
