"""Rules that a macro and Python have to say alike: each is asked about the same texts."""

from __future__ import annotations

import random
import re

import duckdb

from expectations.catalogue import suite_named
from orchestration.settings import DBT_PROJECT
from orchestration.telephone_numbers import normalised_number


def macro(path: str, name: str, argument: str) -> str:
    """The SQL of a macro without Jinja but for its one argument."""
    text = (DBT_PROJECT / "macros" / path).read_text(encoding="utf-8")
    found = re.search(rf"{{% macro {name}\(\w+\) -?%}}(.*?){{%-? endmacro", text, re.DOTALL)
    assert found is not None, name
    sql = re.sub(r"{{ \w+ }}", argument, found[1])
    assert "{" not in sql
    return sql


def test_numbers_of_ranges_are_normalised_as_all_others() -> None:
    chance = random.Random(9)
    texts = ["", "+", "++44", "4+4", "+86 (548) 220-0001", "0548.2200001", "#31*2200001"]
    texts += ["".join(chance.choices("+0189 -().#*x", k=chance.randrange(1, 14))) for _ in range(2_000)]
    with duckdb.connect() as con:
        con.execute("create table texts (place integer, text varchar)")
        con.executemany("insert into texts values (?, ?)", [list(row) for row in enumerate(texts)])
        sql = macro("platform/engine.sql", "default__normalised_number", "text")
        rows = con.execute(f"select {sql} from texts order by place").fetchall()
    assert [row[0] for row in rows] == [normalised_number(text) for text in texts]


def test_the_gate_of_bank_accounts_and_the_debit_requests_know_the_same_ones() -> None:
    gates = [gate for gate in suite_named("crm_accounts").gates if gate.name == "bank_account_in_form"]
    texts = [
        "622200",
        "62220",
        "A" * 34,
        "A" * 35,
        "gb29NWBK60161331926819",
        "6222 0001",
        "6.222E+15",
        "6222０00",
        "é62220001",
    ]
    with duckdb.connect() as con:
        con.execute("create table accounts (account_id integer, customer_id varchar, bank_account varchar)")
        con.executemany("insert into accounts values (?, '', ?)", [list(row) for row in enumerate(texts)])
        (gate,) = gates
        refused = con.execute(str(gate.failing_rows).format(batch="accounts")).fetchall()
        sql = macro("collections/is_bank_account.sql", "is_bank_account", "bank_account")
        others = con.execute(f"select account_id from accounts where not {sql} order by 1").fetchall()
    assert sorted(row[0] for row in refused) == [row[0] for row in others] == [1, 3, 5, 6, 7, 8]
