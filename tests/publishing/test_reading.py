"""The one reader of an edition: what is damaged ends in a sentence that names file and field, for the run and for the pages alike."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboards.site import build_site
from dashboards.view import View
from orchestration.errors import TollhouseError
from orchestration.publishing.manifest import DamagedEdition, EditionError
from orchestration.publishing.reading import (
    blocked_runs,
    current_edition,
    current_pointer,
    damaged_editions,
    missing_files,
    read_edition,
    verify_edition,
)
from tests.dashboards.conftest import AS_OF, MARTS
from tests.dashboards.editions import gate, point_to, write_edition

NAME = f"{AS_OF}-0001"
#: Two marts, so that reading many damaged editions is quick; a gate with a sample; everything that may be left out.
FEW = {mart: MARTS[mart] for mart in ("arrears", "dimension_names")}
GATES = [gate("holds"), gate("warns", "warn", success=False, failed_rows=1, sample=[{"file": "a.csv", "share": 0.5}])]
SITE_PAGE = {"path": f"editions/{NAME}/site/index.html", "sha256": "0" * 64}
FILE = ("marts", "arrears", "files", 0)

Place = tuple[str | int, ...]


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A published folder with a sound edition of two marts."""
    folder = tmp_path / "published"
    path = write_edition(folder, AS_OF, FEW, GATES) / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest |= {"time_zone": "Asia/Shanghai", "ledger_order": 7, "site": [SITE_PAGE]}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def manifest_path(published: Path) -> Path:
    return published / "editions" / NAME / "manifest.json"


def changed(published: Path, place: Place, change: Callable[[Any, str | int], None]) -> None:
    """Change the value at a place of the manifest."""
    path = manifest_path(published)
    manifest = json.loads(path.read_text(encoding="utf-8"))
    inside = manifest
    for step in place[:-1]:
        inside = inside[step]
    change(inside, place[-1])
    path.write_text(json.dumps(manifest), encoding="utf-8")


def put(published: Path, place: Place, value: Any) -> None:
    changed(published, place, lambda inside, last: inside.__setitem__(last, value))


def staged(published: Path) -> Path:
    """The edition's folder under the name that it has while it is being staged."""
    folder = published / "editions" / NAME
    return folder.rename(folder.with_name(f".building-{NAME}-0badcafe"))


def refusals(published: Path) -> list[str]:
    """What each use says of the edition: the run and its commands, `explain`, and the pages of the staged edition."""
    said = []
    for use in (current_edition, View.current):
        with pytest.raises(DamagedEdition) as raised:
            use(published)
        said.append(str(raised.value))
    with pytest.raises(DamagedEdition) as raised:
        build_site(staged(published), published)
    said.append(str(raised.value).replace(f".building-{NAME}-0badcafe", NAME))
    return said


# fmt: off
DAMAGES: list[tuple[Place, Any, str]] = [
    (("edition",), "", "'edition' is missing or of the wrong kind: it must be a text that is not empty"),
    (("edition",), None, "'edition' is missing or of the wrong kind"),
    (("edition",), [NAME], "'edition' is missing or of the wrong kind"),
    (("as_of",), 20260320, "'as_of' is missing or of the wrong kind"),
    (("as_of",), "2026-13-01", "'as_of' is '2026-13-01', which is not a valid date; write it like 2026-03-31"),
    (("as_of",), "0001-01-01", "'as_of' is '0001-01-01', which is not a valid date"),
    (("as_of",), "9999-12-31", "'as_of' is '9999-12-31', which is not a valid date"),
    (("built_at",), "yester\nday", r"'built_at' is 'yester\u000aday', which is not a valid time; write it like 2026-03-31T02"),
    (("built_at",), "0001-01-01T00:00:00+14:00", "which is not a valid time"),
    (("time_zone",), "Mars/Olympus", "'time_zone' is 'Mars/Olympus', which is not a time zone; write one like Asia/Shanghai"),
    (("time_zone",), "../../etc/passwd", "which is not a time zone"),
    (("time_zone",), "America", "which is not a time zone"),
    (("time_zone",), "\0", r"'time_zone' is '\u0000', which is not a time zone"),
    (("time_zone",), None, "'time_zone' is missing or of the wrong kind"),
    (("revision",), "1", "'revision' is missing or of the wrong kind: it must be a whole number, 0 or more"),
    (("revision",), True, "'revision' is missing or of the wrong kind"),
    (("revision",), 1.0, "'revision' is missing or of the wrong kind"),
    (("revision",), -1, "'revision' is missing or of the wrong kind"),
    (("revision",), float("nan"), "'revision' is missing or of the wrong kind"),
    (("ledger_order",), "7", "'ledger_order' is missing or of the wrong kind"),
    (("marts",), [], "'marts' is missing or of the wrong kind: it must be a JSON object"),
    (("marts",), None, "'marts' is missing or of the wrong kind"),
    (("marts", "arrears"), [], "'marts.arrears' is missing or of the wrong kind: it must be a JSON object"),
    (("marts", "arrears"), "x", "'marts.arrears' is missing or of the wrong kind"),
    (("marts", "arrears", "files"), {}, "'marts.arrears.files' is missing or of the wrong kind: it must be a list of JSON"),
    (("marts", "arrears", "totals"), [], "'marts.arrears.totals' is missing or of the wrong kind: it must be a JSON object"),
    (("marts", "arrears", "totals", "amount"), 0.1, "'marts.arrears.totals.amount' is missing or of the wrong kind: it must be a text"),
    (FILE, "arrears.parquet", "'marts.arrears.files[0]' is missing or of the wrong kind: it must be a JSON object"),
    ((*FILE, "path"), 7, "'marts.arrears.files[0].path' is missing or of the wrong kind"),
    ((*FILE, "path"), "", "'marts.arrears.files[0].path' is missing or of the wrong kind"),
    ((*FILE, "rows"), "2", "'marts.arrears.files[0].rows' is missing or of the wrong kind: it must be a whole number"),
    ((*FILE, "rows"), 10**40, "'marts.arrears.files[0].rows' is missing or of the wrong kind"),
    ((*FILE, "sha256"), "abc", "'marts.arrears.files[0].sha256' is 'abc', which is not a SHA-256 in 64 hexadecimal digits"),
    ((*FILE, "build"), 3, "'marts.arrears.files[0].build' is missing or of the wrong kind"),
    *(
        ((*FILE, "path"), path, "'marts.arrears.files[0].path' is out of place: '")
        for path in (
            "../elsewhere.parquet", "/etc/passwd", f"editions/{NAME}/../../../x", "editions/*/*.parquet", "a\0b", "a\\b",
            ".", "..", "a//b", "a/./b", "x" * 5000, "a b", "a'b", "http://127.0.0.1/x.parquet", "a\n",
        )
    ),
    (("marts", "Arrears"), {"files": [], "totals": {}}, "'marts.Arrears' is out of place: the name of a mart has small letters"),
    (("marts", "arrears as x; drop table y; --"), {"files": [], "totals": {}}, "is out of place: the name of a mart"),
    (("marts", "a\n"), {"files": [], "totals": {}}, r"'marts.a\u000a' is out of place: the name of a mart"),
    (("marts", ""), {"files": [], "totals": {}}, "'marts.' is out of place: the name of a mart"),
    (("site",), {}, "'site' is missing or of the wrong kind: it must be a list of JSON objects"),
    (("site", 0), None, "'site[0]' is missing or of the wrong kind: it must be a JSON object"),
    (("site", 0, "path"), "../index.html", "'site[0].path' is out of place: '../index.html' is not a path inside"),
    (("site", 0, "sha256"), "", "'site[0].sha256' is missing or of the wrong kind"),
    (("gates",), {}, "'gates' is missing or of the wrong kind: it must be a list of JSON objects"),
    (("gates", 1), {}, "'gates[1].severity' is missing or of the wrong kind"),
    (("gates", 1), "warns", "'gates[1]' is missing or of the wrong kind: it must be a JSON object"),
    (("gates", 1, "suite"), 4, "'gates[1].suite' is missing or of the wrong kind"),
    (("gates", 1, "severity"), "fatal", "'gates[1].severity' is 'fatal'; write one of warn, error, critical"),
    (("gates", 1, "success"), "false", "'gates[1].success' is missing or of the wrong kind: it must be true or false"),
    (("gates", 1, "checked_rows"), "many", "'gates[1].checked_rows' is missing or of the wrong kind"),
    (("gates", 1, "failed_rows"), None, "'gates[1].failed_rows' is missing or of the wrong kind"),
    (("gates", 1, "exception"), ["x"], "'gates[1].exception' is missing or of the wrong kind: it must be a text"),
    (("gates", 1, "sample"), {"a": 1}, "'gates[1].sample' is missing or of the wrong kind: it must be a list of JSON objects"),
    (("gates", 1, "sample", 0), "row", "'gates[1].sample[0]' is missing or of the wrong kind: it must be a JSON object"),
    (("gates", 1, "sample", 0, "share"), [[[[[[[[[1]]]]]]]]], "'gates[1].sample' has values inside values more than 8 deep"),
]
# fmt: on


@pytest.mark.parametrize(("place", "value", "words"), DAMAGES)
def test_a_damaged_manifest_is_one_sentence_in_every_use(published: Path, place: Place, value: Any, words: str) -> None:
    put(published, place, value)
    first, *others = refusals(published)
    assert first.startswith(f"the published edition cannot be read: {manifest_path(published)}: '")
    assert words in first and "\n" not in first and len(first) < 1000
    assert others == [first, first]


@pytest.mark.parametrize(
    "place",
    [
        ("edition",), ("as_of",), ("built_at",), ("revision",), ("marts",), ("gates",),
        ("marts", "arrears", "files"), ("marts", "arrears", "totals"),
        (*FILE, "path"), (*FILE, "rows"), (*FILE, "sha256"), ("site", 0, "path"), ("site", 0, "sha256"),
        *(("gates", 0, field) for field in ("suite", "gate", "description", "severity", "success", "checked_rows", "failed_rows")),
    ],
)  # fmt: skip
def test_a_missing_field_is_named_in_every_use(published: Path, place: Place) -> None:
    changed(published, place, lambda inside, last: inside.pop(last))
    named = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")
    first, *others = refusals(published)
    assert f"manifest.json: '{named}' is missing or of the wrong kind: it must be " in first
    assert others == [first, first]


@pytest.mark.parametrize(
    "place", [("time_zone",), ("ledger_order",), ("site",), ("gates", 0, "sample"), ("gates", 0, "exception")]
)
def test_what_earlier_versions_did_not_write_may_be_missing(published: Path, place: Place) -> None:
    changed(published, place, lambda inside, last: inside.pop(last))
    edition = current_edition(published)
    assert edition is not None and edition.manifest.gates[0].sample == []
    assert edition.manifest.time_zone == ("UTC" if place == ("time_zone",) else "Asia/Shanghai")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is not valid JSON"),
        (b"{", "it is not valid JSON"),
        (b"\xff\xfe", "it is not valid JSON"),
        (b"[" * 100_000, "it is not valid JSON"),
        (b'{"edition": "\\ud800"}', "it is not valid JSON"),
        (b'{"revision": ' + b"9" * 5000 + b"}", "it is not valid JSON"),
        (b"null", "it is not a valid JSON object"),
        (b'"x"', "it is not a valid JSON object"),
        (b"[]", "it is not a valid JSON object"),
    ],
    ids=range(9),
)
def test_a_manifest_that_is_no_json_object_is_one_sentence(published: Path, content: bytes, words: str) -> None:
    manifest_path(published).write_bytes(content)
    first, *others = refusals(published)
    assert f"manifest.json: {words}" in first and "\n" not in first
    assert others == [first, first]


def test_a_manifest_that_is_not_the_one_of_the_pointer_is_refused_in_both_uses(published: Path) -> None:
    pointer = {"edition": NAME, "path": f"editions/{NAME}", "manifest_sha256": "0" * 64}
    (published / "current.json").write_text(json.dumps(pointer))
    for use in (current_edition, View.current):
        with pytest.raises(EditionError, match=r"manifest.json: its SHA-256 is not the one that current.json names"):
            use(published)


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ({"edition": "x", "path": f"editions/{NAME}"}, f"it names edition x, .*manifest.json is of {NAME}"),
        ({"edition": NAME, "path": "../.."}, r"the path '../..' leads out of the published folder"),
        ({"edition": NAME, "path": "/etc"}, r"the path '/etc' leads out of the published folder"),
        ({"edition": NAME, "path": "outside"}, r"the path 'outside' leads out of the published folder"),
        ({"edition": NAME, "path": ["editions"]}, "'path' is missing or of the wrong kind"),
        ({"edition": NAME}, "'path' is missing or of the wrong kind"),
        ({"path": f"editions/{NAME}"}, "'edition' is missing or of the wrong kind"),
        ({"edition": NAME, "path": f"editions/{NAME}", "manifest_sha256": None}, "'manifest_sha256' is missing or of the wrong"),
        ({"edition": NAME, "path": f"editions/{NAME}", "manifest_sha256": "x"}, "'manifest_sha256' is 'x', which is not a SHA-256"),
        ([], "it is not a valid JSON object"),
    ],
)  # fmt: skip
def test_a_damaged_pointer_is_refused_in_both_uses(
    published: Path, tmp_path: Path, pointer: object, words: str
) -> None:
    (published / "outside").symlink_to(tmp_path)
    (published / "current.json").write_text(json.dumps(pointer))
    for use in (current_edition, View.current):
        with pytest.raises(EditionError, match=rf"current.json: {words}"):
            use(published)


@pytest.mark.parametrize("listed", ["link.parquet", "circle.parquet", "folder/outside.parquet", "folder/back.parquet"])
def test_a_link_that_leads_out_is_refused_in_every_use(published: Path, tmp_path: Path, listed: str) -> None:
    (tmp_path / "outside.parquet").write_bytes(b"")
    (tmp_path / "back.parquet").symlink_to(published / "editions" / NAME / "arrears" / "part-0.parquet")
    (published / "folder").symlink_to(tmp_path)
    (published / "link.parquet").symlink_to(tmp_path / "outside.parquet")
    (published / "circle.parquet").symlink_to(published / "circle.parquet")
    put(published, (*FILE, "path"), listed)
    first, *others = refusals(published)
    assert f"out of place: '{listed}' is not a path inside the published folder" in first
    assert others == [first, first]


def test_a_staged_edition_is_found_in_its_own_folder(published: Path) -> None:
    (published / "current.json").unlink()
    folder = staged(published)
    edition = read_edition(folder, published)
    assert edition.edition == NAME and edition.files("arrears") == [folder / "arrears" / "part-0.parquet"]
    assert [path.name for path in missing_files(edition)] == ["index.html"]
    with View(edition) as opened:
        assert opened.marts == {"arrears", "dimension_names"}
        assert len(opened.query("dimension_names")) == len(FEW["dimension_names"])


def test_without_a_pointer_the_pages_say_what_to_type(tmp_path: Path, published: Path) -> None:
    with pytest.raises(EditionError, match="nothing is published yet in .*: `tollhouse run` comes first"):
        View.current(tmp_path / "empty")
    (published / "current.json").unlink()
    with pytest.raises(EditionError, match="current.json is gone, though editions are there"):
        View.current(published)


def test_a_gate_that_could_not_be_judged_has_not_passed(published: Path) -> None:
    put(published, ("gates", 0, "exception"), "no such table")
    edition = current_edition(published)
    assert edition is not None
    assert [(each.gate, each.success, each.blocks) for each in edition.manifest.gates] == [
        ("holds", False, True),
        ("warns", False, False),
    ]


def test_blocked_runs_are_read_the_same_way(published: Path) -> None:
    assert blocked_runs(published) == []
    folder = published / "blocked" / "run-7"
    folder.mkdir(parents=True)
    (published / "blocked" / ".building-run-8").mkdir()
    (published / "blocked" / ".building-run-8" / "manifest.json").write_text("{")
    content = {"run_id": "run-7", "as_of": AS_OF, "built_at": "2026-03-21T02:00:00Z", "gates": GATES}
    (folder / "manifest.json").write_text(json.dumps(content))
    (run,) = blocked_runs(published)
    assert (run.folder, run.run_id, [each.gate for each in run.gates]) == (folder, "run-7", ["holds", "warns"])
    for field in content:
        left = {name: value for name, value in content.items() if name != field}
        (folder / "manifest.json").write_text(json.dumps(left))
        with pytest.raises(
            TollhouseError, match=rf"blocked cannot be read: .*manifest.json: '{field}' is missing.*; remove it"
        ):
            blocked_runs(published)


def places(value: object, at: Place = ()) -> Iterator[Place]:
    """Every place of a JSON value but its root."""
    if at:
        yield at
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from places(inner, (*at, step))


ODD = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
        st.sampled_from(["", "..", "/", "editions", NAME, "2026-02-30", "UTC", "\ud800", "\0", "<script>", "critical"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_drawn_damage_never_ends_in_a_traceback(published: Path, data: st.DataObject) -> None:
    """Any value anywhere: each use reads the edition or says one sentence, and all say the same.

    The edition's name is left out: it is held against the pointer, which the pages of a staged edition do not have.
    """
    path = manifest_path(published)
    sound = path.read_text(encoding="utf-8")
    manifest = json.loads(sound)
    try:
        for _ in range(data.draw(st.integers(1, 2))):
            at = data.draw(st.sampled_from(sorted(set(places(manifest)) - {("edition",)}, key=str)))
            inside = manifest
            for step in at[:-1]:
                inside = inside[step]
            if data.draw(st.booleans()):
                inside[at[-1]] = data.draw(ODD)
            else:
                del inside[at[-1]]
        path.write_text(json.dumps(manifest), encoding="utf-8")
        point_to(published, NAME)
        said = [sentence(use, published) for use in (current_edition, View.current, opened_and_drawn)]
        assert len({one for one in said if one is None or "cannot be read: /" in one}) == 1, said
        sentence(lambda folder: list(damaged_editions(folder)), published)
        sentence(lambda folder: verify_edition(folder, read_edition(path.parent, folder)), published)
        current_pointer(published)
    finally:
        path.write_text(sound, encoding="utf-8")


def opened_and_drawn(published: Path) -> None:
    build_site(published / "editions" / NAME, published)


def sentence(use: Callable[[Path], object], published: Path) -> str | None:
    """What a use says of a damaged edition; None where it reads it. Anything but an EditionError is raised."""
    try:
        use(published)
    except DamagedEdition as error:
        assert "\n" not in str(error) and os.fspath(published) in str(error)
        return str(error)
    except EditionError as error:
        return f"of a mart: {error}"
    return None
