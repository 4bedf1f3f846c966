"""What an upload is to do when its name is taken."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Have those there are do as they did: names need not be unique."""
    op.add_column("uploads", sa.Column("collision", sa.String(16), nullable=False, server_default="allow"))
