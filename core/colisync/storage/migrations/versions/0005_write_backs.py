"""What is told to the shops."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The tables are there."""
    op.create_table(
        "write_backs",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("parcel_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effect", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="waiting", nullable=False),
        sa.Column("withdraw", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("status_wanted", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.String(27), nullable=True),
        sa.Column("lease_host", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_pid", sa.Integer(), nullable=True),
        sa.Column("lease_process", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_until", sa.String(27), nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("done_at", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_write_backs_order_id")),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["parcels.id"], name=op.f("fk_write_backs_parcel_id")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_write_backs_shop_id")),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.key"], name=op.f("fk_write_backs_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_backs")),
        sa.UniqueConstraint(
            "parcel_id",
            "attempt",
            "order_id",
            "effect",
            "withdraw",
            name=op.f("uq_write_backs_parcel_id_attempt_order_id_effect_withdraw"),
        ),
    )
    op.create_index(op.f("ix_write_backs_order_id"), "write_backs", ["order_id"], unique=False)
    op.create_index(
        op.f("ix_write_backs_workspace_state_due_at"),
        "write_backs",
        ["workspace", "state", "due_at"],
        unique=False,
    )
