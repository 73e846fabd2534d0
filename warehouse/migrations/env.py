"""Alembic's entry point: runs the migrations on the connection from `warehouse.database.engine`."""

from alembic import context

from warehouse.tables import WarehouseTable

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=WarehouseTable.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
