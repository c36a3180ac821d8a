"""Runs the migrations on the connection that database.engine hands over."""

from alembic import context

import models

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=models.metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
