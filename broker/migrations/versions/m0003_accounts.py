"""What users may do and whether they may sign in; sessions, tokens for machines, revocations."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ID = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")
# what everybody was allowed until now, and what is new beside that
SCOPES = "files:delete files:read files:write shares:write uploads:write"


def upgrade() -> None:
    """Add columns and tables."""
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("scopes", sa.String(1000), nullable=False, server_default=SCOPES))
        users.add_column(sa.Column("disabled_at", INSTANT))
    op.create_table(
        "sessions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("username", sa.String(200), sa.ForeignKey("users.name"), nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("renewed_at", INSTANT, nullable=False),
        sa.Column("idle_expires_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
    )
    op.create_index("sessions_of_user", "sessions", ["username"])
    op.create_index("sessions_to_forget", "sessions", ["expires_at"])
    op.create_table(
        "machine_tokens",
        sa.Column("id", ID, primary_key=True),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("scopes", sa.String(1000), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_index("machine_tokens_to_forget", "machine_tokens", ["expires_at"])
    op.create_table(
        "revocations",
        sa.Column("id", ID, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("handle", ID),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
    )
    op.create_index("revocations_by_age", "revocations", ["created_at"])
    op.create_index("revocations_to_forget", "revocations", ["until"])
