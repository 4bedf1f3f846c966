"""Share links."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ID = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "shares",
        sa.Column("id", ID, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("file_id", ID, sa.ForeignKey("files.id", ondelete="CASCADE"), nullable=False),
        sa.Column("password_hash", sa.String(200)),
        sa.Column("max_downloads", sa.BigInteger),
        sa.Column("downloads", sa.BigInteger, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
    )
    op.create_index("shares_by_owner", "shares", ["tenant", "owner", "id"])
    op.create_index("shares_of_file", "shares", ["file_id", "id"])
    op.create_index("shares_to_forget", "shares", ["expires_at"])
