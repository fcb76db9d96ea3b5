"""What every page of the site has around its sections: head, badge, links. Sections have their own modules."""

from __future__ import annotations

from dashboards import formats
from dashboards.edition import Edition
from dashboards.i18n import Translate
from dashboards.pages.model import Badge, Fact, Link, Message, Page, Section

OVERVIEW = "index.html"
GATES = "gates.html"
# The id of what belongs to nobody, in every mart of money.
UNASSIGNED = "unassigned"


def name_of(edition: Edition, dimension: str, dimension_id: str | None, t: Translate) -> str:
    """The name of a member of a dimension; else the page's own word for the code, else its id."""
    if dimension_id is None or dimension_id == UNASSIGNED:
        return t("site.not_assigned")
    row = edition.names.get((dimension, dimension_id))
    name = None if row is None else row[f"name_{t.language}"]
    return name or t.code(dimension, dimension_id)


def branch_name(edition: Edition, t: Translate) -> str:
    """The branch's own name, or just "branch" if the reference book does not have it."""
    row = edition.names.get(("branch", "branch"))
    return t("site.branch") if row is None else (row[f"name_{t.language}"] or t("site.branch"))


def missing_marts(edition: Edition, t: Translate, *queries: str) -> Message | None:
    """A sentence that names the marts these queries lack; None when they are all there."""
    lacking = edition.lacks(*queries)
    return Message(t("missing.marts", marts=", ".join(lacking)), "warning") if lacking else None


def gate_badge(edition: Edition, t: Translate, link: str | None = GATES) -> Badge:
    """The edition's gates in one line: all passed, so many warnings, or blocked."""
    gates = edition.gates
    if not gates:
        return Badge(t("gate_badge.none"), "neutral", link)
    blocking = [gate for gate in gates if gate.blocks]
    if blocking:
        text = t("gate_badge.blocked", count=formats.count(len(blocking)), all=formats.count(len(gates)))
        return Badge(text, "bad", link)
    parts = []
    for severity, key in (("error", "errors"), ("warn", "warnings")):
        number = sum(1 for gate in gates if not gate.success and gate.severity == severity)
        if number == 1:
            parts.append(t(f"gate_badge.{key}_one"))
        elif number:
            parts.append(t(f"gate_badge.{key}", count=formats.count(number)))
    if parts:
        return Badge(" · ".join(parts), "warning", link)
    return Badge(t("gate_badge.passed", count=formats.count(len(gates))), "good", link)


def framed(edition: Edition, t: Translate, file_name: str, sections: tuple[Section, ...]) -> Page:
    """A page of the site around its sections."""
    is_overview = file_name == OVERVIEW
    branch = branch_name(edition, t)
    facts = [
        Fact(t("site.edition"), edition.name),
        Fact(t("site.as_of"), formats.day(edition.as_of)),
        Fact(t("site.built_at"), formats.moment(edition.built_at, edition.time_zone)),
    ]
    if is_overview and edition.complete_period is not None:
        facts.insert(0, Fact(t("site.period"), edition.complete_period.code))
    return Page(
        language=t.language,
        title=t("site.title" if is_overview else "site.gates_title", branch=branch, edition=edition.name),
        heading=branch,
        subheading=t("site.overview" if is_overview else "site.gates"),
        facts=tuple(facts),
        badge=gate_badge(edition, t, GATES if is_overview else None),
        links=(
            Link(t("site.overview"), OVERVIEW, is_overview),
            Link(t("site.gates"), GATES, not is_overview),
        ),
        sections=sections,
        footer=t("site.footer", edition=edition.name),
        labels={
            "language_name": t("language_name"),
            "switch": t("site.switch"),
            "contents": t("site.contents"),
            "definition": t("site.definition"),
            "download": t("site.download"),
        },
    )
