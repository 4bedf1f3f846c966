"""Folders of their own, files that can be renamed, moved and put into the trash."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
EXACT = sa.String(1024).with_variant(sa.String(1024, collation="C"), "postgresql")


def upgrade() -> None:
    """Add what is new, and work it out for the files there are."""
    with op.batch_alter_table("files") as changed:
        changed.add_column(sa.Column("name_key", EXACT, nullable=False, server_default=""))
        changed.add_column(sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"))
        changed.add_column(sa.Column("modified_at", INSTANT))
        changed.add_column(sa.Column("trashed_at", INSTANT))
    op.create_index("files_by_folder", "files", ["tenant", "owner", "folder", "name_key", "id"])
    op.create_index("files_by_name", "files", ["tenant", "owner", "name_key", "id"])
    in_trash = sa.text("trashed_at IS NOT NULL")
    op.create_index(
        "files_in_trash",
        "files",
        ["tenant", "owner", "id"],
        sqlite_where=in_trash,
        postgresql_where=in_trash,
    )
    op.create_table(
        "folders",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(200), primary_key=True),
        sa.Column("path", EXACT, primary_key=True),
        sa.Column("parent", EXACT, nullable=False),
    )
    op.create_index("folders_by_parent", "folders", ["tenant", "owner", "parent", "path"])

    files = sa.table("files", *map(sa.column, ("id", "tenant", "owner", "folder", "name", "name_key")))
    folders = sa.table("folders", *map(sa.column, ("tenant", "owner", "path", "parent")))
    connection = op.get_bind()
    known = set()
    for row in connection.execute(sa.select(files)).all():
        key = unicodedata.normalize("NFC", row.name.casefold())
        connection.execute(sa.update(files).where(files.c.id == row.id).values(name_key=key))
        path = row.folder
        while path and (row.tenant, row.owner, path) not in known:
            known.add((row.tenant, row.owner, path))
            parent = path.rpartition("/")[0]
            values = {"tenant": row.tenant, "owner": row.owner, "path": path, "parent": parent}
            connection.execute(sa.insert(folders).values(values))
            path = parent
