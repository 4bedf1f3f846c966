"""Files in quarantine until they are found clean."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and an index."""
    with op.batch_alter_table("files") as files:
        files.add_column(sa.Column("scan", sa.String(16)))
        files.add_column(sa.Column("scan_at", sa.DateTime(timezone=True)))
    where = sa.text("scan_at IS NOT NULL")
    op.create_index("files_to_scan", "files", ["scan_at"], sqlite_where=where, postgresql_where=where)
