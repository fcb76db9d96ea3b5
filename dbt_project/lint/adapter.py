"""Stands for dbt's `adapter` while SQL is linted: a dispatched macro is the default one, or the call of a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

# The linter's grammar does not know DuckDB's lambdas; where a macro is made of them, it sees a plain call instead.
_WITH_LAMBDAS = {"lcm_of", "erlang_b", "circuits_needed"}


@pass_context
def dispatch(context: Context, name: str) -> Callable[..., Any]:
    """The macro default__<name>, as adapter.dispatch finds it on DuckDB. Raises KeyError where there is none."""
    if name in _WITH_LAMBDAS:
        return lambda *arguments: f"{name}({', '.join(map(str, arguments))})"
    macro: Callable[..., Any] = context[f"default__{name}"]
    return macro
