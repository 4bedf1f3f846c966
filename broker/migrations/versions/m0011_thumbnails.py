"""Files that have a thumbnail beside them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when a thumbnail was first allowed: the files there are have none."""
    with op.batch_alter_table("files") as changed:
        changed.add_column(sa.Column("thumbnail_at", sa.DateTime(timezone=True)))
