"""Files sorted by name as people sort."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

EXACT = sa.String(1024).with_variant(sa.String(1024, collation="C"), "postgresql")
AT_ONCE = 1000


def upgrade() -> None:
    """Add by what they are sorted, and work it out for the files there are."""
    with op.batch_alter_table("files") as changed:
        changed.add_column(sa.Column("sort_key", EXACT, nullable=False, server_default=""))
    files = sa.table("files", *map(sa.column, ("id", "name", "sort_key")))
    some = sa.select(files.c.id, files.c.name).order_by(files.c.id).limit(AT_ONCE)
    write = (
        sa.update(files).where(files.c.id == sa.bindparam("of_id")).values(sort_key=sa.bindparam("new_key"))
    )
    connection = op.get_bind()
    last = ""
    while rows := connection.execute(some.where(files.c.id > last)).all():
        connection.execute(write, [{"of_id": row.id, "new_key": _sort_key(row.name)} for row in rows])
        last = rows[-1].id
    op.drop_index("files_by_name", "files")
    op.create_index("files_sorted", "files", ["tenant", "owner", "sort_key", "id"])
    op.create_index("files_sorted_in_folder", "files", ["tenant", "owner", "folder", "sort_key", "id"])


def _sort_key(name: str) -> str:
    """Return what `keys.sort_key` returned in this release."""
    folded = unicodedata.normalize("NFD", name.casefold())
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return re.sub(r"\d+", lambda digits: f"{len(str(int(digits[0]))):03}{int(digits[0])}", letters)
