"""Run by Alembic for `app.store.backends.migrate`, inside that one's transaction."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
