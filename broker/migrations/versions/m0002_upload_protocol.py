"""Multipart uploads, policies, quota, idempotency keys, and what the reconciler has to visit."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add columns and indexes, and count what there is."""
    with op.batch_alter_table("uploads") as uploads:
        uploads.add_column(sa.Column("folder", sa.String(1024), nullable=False, server_default=""))
        uploads.add_column(sa.Column("policy", sa.String(64), nullable=False, server_default="default"))
        uploads.add_column(
            sa.Column("checksum_algorithm", sa.String(16), nullable=False, server_default="crc32c")
        )
        uploads.add_column(sa.Column("store_upload_id", sa.String(1024)))
        uploads.add_column(sa.Column("part_size", sa.BigInteger))
        uploads.add_column(sa.Column("idempotency_key", sa.String(255)))
        uploads.add_column(sa.Column("settled_at", INSTANT))
        uploads.add_column(sa.Column("visit_at", INSTANT))
    _index(
        "uploads_by_idempotency_key",
        ["tenant", "owner", "idempotency_key"],
        "idempotency_key IS NOT NULL",
        unique=True,
    )
    _index("uploads_pending", ["tenant", "owner", "id"], "status = 'pending'")
    _index("uploads_to_visit", ["visit_at"], "visit_at IS NOT NULL")
    with op.batch_alter_table("files") as files:
        files.add_column(sa.Column("folder", sa.String(1024), nullable=False, server_default=""))
        files.add_column(sa.Column("part_size", sa.BigInteger))
        files.add_column(sa.Column("policy", sa.String(64), nullable=False, server_default="default"))
    op.create_table(
        "usage",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(200), primary_key=True),
        sa.Column("policy", sa.String(64), primary_key=True),
        sa.Column("files", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("bytes", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("pending", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("pending_bytes", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.execute("UPDATE uploads SET visit_at = expires_at WHERE status = 'pending'")
    # their objects were removed, or will be when they are visited
    op.execute(
        "UPDATE uploads SET settled_at = expires_at, visit_at = expires_at "
        "WHERE status IN ('aborted', 'expired', 'rejected')"
    )
    # an upload whose file was deleted, which revision 0001 did not tell from one that has its file
    op.execute(
        "UPDATE uploads SET status = 'deleted', settled_at = expires_at, visit_at = expires_at "
        "WHERE status = 'completed' AND NOT EXISTS (SELECT 1 FROM files WHERE files.upload_id = uploads.id)"
    )
    for owner in "owner", "''":
        op.execute(_COUNT.format(owner=owner, group="" if owner == "''" else ", owner"))


_COUNT = """
INSERT INTO usage (tenant, owner, policy, files, bytes, pending, pending_bytes)
SELECT
    tenant, {owner}, 'default',
    SUM(is_file), SUM(is_file * size), SUM(1 - is_file), SUM((1 - is_file) * size)
FROM (
    SELECT tenant, owner, size, 1 AS is_file FROM files
    UNION ALL
    SELECT tenant, owner, size, 0 AS is_file FROM uploads WHERE status = 'pending'
) AS counted
GROUP BY tenant{group}
"""


def _index(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, "uploads", columns, unique=unique, sqlite_where=where, postgresql_where=where)
