"""Links to folders, to fetch what is in them and to send files into them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")
EXACT = sa.String(1024).with_variant(sa.String(1024, collation="C"), "postgresql")


def upgrade() -> None:
    """Have a link lead to a file or to a folder, and uploads and files say by which link they came."""
    with op.batch_alter_table("shares") as shares:
        shares.alter_column("file_id", existing_type=ID, nullable=True)
        shares.add_column(sa.Column("kind", sa.String(16), nullable=False, server_default="file"))
        shares.add_column(sa.Column("folder", EXACT))
        shares.add_column(sa.Column("title", sa.String(200)))
        shares.add_column(sa.Column("message", sa.String(2000)))
        shares.add_column(sa.Column("policy", sa.String(64)))
        shares.add_column(sa.Column("max_files", sa.BigInteger))
        shares.add_column(sa.Column("max_bytes", sa.BigInteger))
        shares.add_column(sa.Column("received_files", sa.BigInteger, nullable=False, server_default="0"))
        shares.add_column(sa.Column("received_bytes", sa.BigInteger, nullable=False, server_default="0"))
        shares.create_foreign_key(
            "shares_of_folder_fkey",
            "folders",
            ["tenant", "owner", "folder"],
            ["tenant", "owner", "path"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        )
    op.create_index("shares_of_folder", "shares", ["tenant", "owner", "folder", "id"])
    for table in "uploads", "files":
        op.add_column(table, sa.Column("share_id", ID))
