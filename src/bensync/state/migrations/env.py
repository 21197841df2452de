"""Runs the migrations on the connection that the store hands over; there is no other way to run them."""

from alembic import context

from bensync.state.schema import all_tables

context.configure(connection=context.config.attributes["connection"], target_metadata=all_tables.METADATA)
with context.begin_transaction():
    context.run_migrations()
