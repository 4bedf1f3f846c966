"""The mark by which a client knows a file again that it began to upload elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column."""
    with op.batch_alter_table("uploads") as uploads:
        uploads.add_column(sa.Column("fingerprint", sa.String(64)))
