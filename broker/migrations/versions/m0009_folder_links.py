"""Links to folders."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")
EXACT = sa.String(1024).with_variant(sa.String(1024, collation="C"), "postgresql")


def upgrade() -> None:
    """Have a link lead to a file or to a folder."""
    with op.batch_alter_table("shares") as shares:
        shares.alter_column("file_id", existing_type=ID, nullable=True)
        shares.add_column(sa.Column("kind", sa.String(16), nullable=False, server_default="file"))
        shares.add_column(sa.Column("folder", EXACT))
        shares.create_foreign_key(
            "shares_of_folder_fkey",
            "folders",
            ["tenant", "owner", "folder"],
            ["tenant", "owner", "path"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        )
    op.create_index("shares_of_folder", "shares", ["tenant", "owner", "folder", "id"])
