"""Runs the migrations on the connection that the store hands over; there is no other way to run them."""

from alembic import context
from sqlmodel import SQLModel

import bensync.state.access_tables  # fills the metadata, as do the tables that it builds upon
import bensync.state.benefit_tables  # noqa: F401  # its tables join the metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
with context.begin_transaction():
    context.run_migrations()
