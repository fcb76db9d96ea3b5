"""What a mart's page in Dagster shows of its money: exact as text, and once."""

from __future__ import annotations

import duckdb

from orchestration.defs.warehouse.dbt_graph import _totals_and_preview


def test_a_mart_with_several_dimensions_shows_the_branchs_totals() -> None:
    """Bills of 20.10 and 3.20 stand in it for the branch and again for their units: 23.30, and not 46.60."""
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.collection_rates as select * from (values ('branch', 'branch', 23.30::decimal(18, 2)), "
            "('business_unit', 'BU01', 20.10), ('business_unit', 'BU02', 3.20)) as t (dimension, dimension_id, receivable)"
        )
        columns = {"dimension": {"data_type": "varchar"}, "receivable": {"data_type": "decimal(18, 2)"}}
        shown = _totals_and_preview(con, "collection_rates", {"columns": columns})
    assert shown["dagster/row_count"] == 3
    assert [record.data for record in shown["totals"].records] == [{"column": "receivable", "total": "23.30"}]
    assert shown["plot_of_receivable"].value == 23.3
    assert [record.data["receivable"] for record in shown["first_rows"].records] == ["23.30", "20.10", "3.20"]


def test_a_mart_without_rows_has_a_total_of_nothing() -> None:
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.execute("create table marts.bills (account_id varchar, amount decimal(18, 2))")
        columns = {"account_id": {"data_type": "varchar"}, "amount": {"data_type": "decimal(18, 2)"}}
        shown = _totals_and_preview(con, "bills", {"columns": columns})
    assert [record.data for record in shown["totals"].records] == [{"column": "amount", "total": ""}]
    assert shown["plot_of_amount"].value == 0
