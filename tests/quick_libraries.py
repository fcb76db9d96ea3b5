"""What dbt and Great Expectations compute anew for each model of each run, computed once for all runs of a process of the tests.

Nothing is left out and no result is another: a template that was compiled once is used again, the macros of a model are gathered in
fewer steps, an empty table of results is one and the same, and a context of Great Expectations that lives in memory is not written out
as text that nobody reads. Commands that are processes of their own run without it.
What runs leave out is in tests/lean_runs.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import CodeType
from typing import Any

import pytest


def make_libraries_quick(patch: pytest.MonkeyPatch) -> None:
    """Have dbt and Great Expectations keep what they compute, until the patch is undone."""
    _compile_templates_once(patch)
    _gather_macros_quickly(patch)
    _make_one_empty_table(patch)
    _write_no_context(patch)


def _compile_templates_once(patch: pytest.MonkeyPatch) -> None:
    """The code of a template depends on its text and on the kind of its environment, not on the model that is rendered by it."""
    from dbt_common.clients.jinja import MacroFuzzEnvironment

    compile_anew: Any = MacroFuzzEnvironment.compile
    compiled: dict[tuple[object, ...], CodeType] = {}

    def compiled_once(
        environment: MacroFuzzEnvironment,
        source: str,
        name: str | None = None,
        filename: str | None = None,
        raw: bool = False,
        defer_init: bool = False,
    ) -> CodeType:
        key = (type(environment), source, name, filename, raw, defer_init)
        if key not in compiled:
            compiled[key] = compile_anew(environment, source, name, filename, raw, defer_init)
        return compiled[key]

    patch.setattr(MacroFuzzEnvironment, "compile", compiled_once)


def _gather_macros_quickly(patch: pytest.MonkeyPatch) -> None:
    """Each model is rendered with all six hundred macros, twice: they are gathered without a search for every one of them."""
    from dbt.clients.jinja import MacroGenerator
    from dbt.context.configured import ConfiguredContext
    from dbt.context.macro_resolver import TestMacroNamespace
    from dbt.context.macros import MacroNamespaceBuilder
    from dbt.context.manifest import ManifestContext

    to_dict_by_search = ManifestContext.to_dict

    def add_macros(builder: MacroNamespaceBuilder, macros: Iterable[Any], context: dict[str, Any]) -> None:
        for macro in macros:
            generator = MacroGenerator.__new__(MacroGenerator)
            generator.__dict__.update(context=context, macro=macro, node=builder.node, stack=builder.thread_ctx)
            package = macro.package_name
            if package in builder.internal_package_names:
                builder._add_macro_to(builder.internal_packages, macro, generator)
                continue
            builder._add_macro_to(builder.packages, macro, generator)
            if package == builder.search_package:
                builder.locals[macro.name] = generator
            elif package == builder.root_package:
                builder.globals[macro.name] = generator

    def to_dict(context: ManifestContext) -> dict[str, Any]:
        if isinstance(context.namespace, TestMacroNamespace):
            return to_dict_by_search(context)
        found = ConfiguredContext.to_dict(context)
        for macros in reversed(list(context.namespace._search_order())):  # what is searched first wins
            found.update(macros)
        return found

    patch.setattr(MacroNamespaceBuilder, "add_macros", add_macros)
    patch.setattr(ManifestContext, "to_dict", to_dict)


def _make_one_empty_table(patch: pytest.MonkeyPatch) -> None:
    """What a statement without rows answers. Tables of agate do not change, and making one prepares a reader of dates."""
    import agate
    from dbt_common.clients import agate_helper

    empty = agate.Table(rows=[])
    patch.setattr(agate_helper, "empty_table", lambda: empty)


def _write_no_context(patch: pytest.MonkeyPatch) -> None:
    """For each table that it adds, a context in memory is made into YAML, which its store then throws away."""
    from great_expectations.data_context import EphemeralDataContext

    patch.setattr(EphemeralDataContext, "_save_project_config", lambda _context: None)
