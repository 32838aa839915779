"""Alembic's entry: the URL comes from the settings, the tables from the models."""

from alembic import context

import bot.conversation.models
import bot.crm.models  # noqa: F401  (both register their tables)
from bot.db.session import Base, Database

database = Database(context.config.get_main_option("sqlalchemy.url") or "")
with database.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
database.close()
