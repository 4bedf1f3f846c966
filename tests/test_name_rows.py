"""How names within folders are looked for."""

from typing import Any

from sqlalchemy import create_engine, event

from broker import tables
from broker.name_rows import list_taken


def test_sqlite_looks_for_names_in_their_folders_alone() -> None:
    """Asked for pairs of folder and name, it reads all files of the owner, in the midst of a change."""
    asked: list[tuple[str, Any]] = []
    with create_engine("sqlite://").connect() as connection:
        tables.metadata.create_all(connection)

        def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:  # noqa: ANN401
            asked.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", note)
        list_taken(connection, "acme", "alice", [("a", "x"), ("a", "y"), ("b", "x")])
        event.remove(connection, "before_cursor_execute", note)

        plans = [
            str(row)
            for statement, parameters in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            if "SEARCH" in str(row)
        ]

    assert len(plans) == 2
    assert all("files_by_folder (tenant=? AND owner=? AND folder=? AND name_key=?)" in plan for plan in plans)
