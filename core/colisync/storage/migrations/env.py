"""Run by Alembic: applies the steps on the connection that `storage.migrate` hands over."""

from alembic import context

from colisync.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # on SQLite, too: our transactions are real ones
)
context.run_migrations()
