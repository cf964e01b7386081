"""Where everything is kept: one code path for SQLite and PostgreSQL.

One repository module per aggregate; each function takes a connection of `Store.read()` or
`Store.write()` first, then the workspace key, and never sees another workspace's rows.
"""
