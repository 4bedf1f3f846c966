"""Where a client declared an upload to go whose folder was moved meanwhile."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it: of what was moved before, nobody knows any more."""
    op.add_column("uploads", sa.Column("declared_folder", sa.String(1024)))
