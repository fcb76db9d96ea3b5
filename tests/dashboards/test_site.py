"""The static site of an edition: its files, from disk alone, the same bytes each time, shared where nothing changed."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from pathlib import Path

import pytest

from dashboards.pages import frame
from dashboards.renderers import assets
from dashboards.site import build_site
from dashboards.site_map import PAGES
from orchestration.publishing.manifest import EditionError
from orchestration.publishing.site_list import is_drawn, site_files, site_problems
from tests.dashboards.conftest import AS_OF, GATES, MARTS
from tests.dashboards.editions import gate, write_edition
from tests.dashboards.reading import text_of


def files_of(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()}


def test_pages_and_assets_are_written_where_the_contract_says(edition_dir: Path, published: Path) -> None:
    pages = build_site(edition_dir, published)
    site = edition_dir / "site"
    assert pages[0] == site / "index.html"
    for language in ("zh", "en"):
        assert site / language / "overview.html" in pages
        assert (site / language / "overview.by_business_unit.csv").is_file()
        assert (site / language / "overview.by_business_unit.xlsx").is_file()
    html = (site / "en/overview.html").read_text(encoding="utf-8")
    for name in assets.assets():
        assert f'"../../../../assets/{name}"' in html and (published / "assets" / name).is_file()
    assert is_drawn(edition_dir) and list(site_problems(edition_dir)) == []
    assert set(site_files(edition_dir)) == set(files_of(site)) - {"site.json"}


def test_both_periods_are_there_and_lead_to_each_other(edition_dir: Path, published: Path) -> None:
    """February is complete and shown without a filter; March still runs and has a file of its own."""
    build_site(edition_dir, published)
    complete = (edition_dir / "site/en/overview.html").read_text(encoding="utf-8")
    running = (edition_dir / "site/en/overview.2026-03.html").read_text(encoding="utf-8")
    assert 'data-address="overview.2026-03.html"' in complete and 'data-address="overview.html"' in running
    assert "1,300.00" in complete and "2026-03 still runs" in running
    assert "2026-01" not in re.findall(r'<option value="([^"]*)"', complete), "no link to what is not there"


def test_every_link_of_a_static_page_leads_to_a_file(edition_dir: Path, published: Path) -> None:
    for page in build_site(edition_dir, published):
        html = page.read_text(encoding="utf-8")
        addresses = re.findall(r'(?:href|src|data-address)="([^"#]+)(?:#[^"]*)?"', html)
        outside = [each for each in addresses if re.match(r"\w+:", each) and not each.startswith("data:")]
        assert all(each.startswith("http://127.0.0.1:3000/assets/marts/") for each in outside)
        for address in set(addresses) - set(outside) - {"data:,"}:
            assert (page.parent / address).resolve().is_file(), f"{page.name}: {address}"


def test_nothing_is_loaded_or_sent_over_the_network(edition_dir: Path, published: Path) -> None:
    """The one address is that of Dagster's own UI, which a reader may click."""
    for page in build_site(edition_dir, published):
        html = page.read_text(encoding="utf-8").replace("http://127.0.0.1:3000/assets/", "")
        assert not re.search(r"https?:|[^.]//[a-z]", html), page.name
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
        assert policy is not None and "default-src 'none'" in policy[1] and "connect-src 'none'" in policy[1]
        if page.name == "index.html":
            continue
        config = json.loads(re.search(r'id="figure-config">(.*?)</script>', html).group(1))  # type: ignore[union-attr]
        assert config["showSendToCloud"] is False and config["displaylogo"] is False
        assert config["modeBarButtons"] == [["toImage"]] and config["plotlyServerURL"] == ""


def test_text_from_the_data_is_escaped(edition_dir: Path, published: Path) -> None:
    build_site(edition_dir, published)
    html = (edition_dir / "site/en/overview.html").read_text(encoding="utf-8")
    assert "East &lt;b&gt;&amp;&#34;Unit&#34;" in html and "<b>" not in html
    gates = (edition_dir / "site/en/gates.html").read_text(encoding="utf-8")
    assert "<b>" not in gates and "<b>& 0.31" in text_of(gates)


def test_a_rebuilt_site_has_the_same_bytes(edition_dir: Path, published: Path) -> None:
    build_site(edition_dir, published)
    first = files_of(edition_dir / "site")
    written = {path: path.stat().st_mtime_ns for path in (published / "assets").iterdir()}
    build_site(edition_dir, published)
    assert files_of(edition_dir / "site") == first
    assert {path: path.stat().st_mtime_ns for path in (published / "assets").iterdir()} == written, "written once"


def test_pages_whose_inputs_did_not_change_are_shared(edition_dir: Path, published: Path) -> None:
    """A new edition of the same day in which one call more is suspended: all pages that do not read it are the same files."""
    build_site(edition_dir, published)
    risk = [("undocumented", "8-30", "U1", 9, 240, None, 9)]
    second = write_edition(published, AS_OF, {**MARTS, "money_at_risk": risk}, GATES, revision=2)
    build_site(second, published, earlier=edition_dir)
    shared, own = [], []
    for spec in PAGES:
        for name in (f"zh/{spec.name}.html", f"en/{spec.name}.html"):
            one, two = edition_dir / "site" / name, second / "site" / name
            if two.is_file():
                (shared if os.path.samefile(one, two) else own).append(spec)
    assert own and all(
        "money_at_risk" in spec.marts or spec.name == frame.GATES or spec.reads_branch_files for spec in own
    )
    assert all("money_at_risk" not in spec.marts for spec in shared)
    # What differs from edition to edition stands beside the pages.
    assert f'"edition":"{second.name}"' in (second / "site/en/edition.js").read_text(encoding="utf-8")
    build_site(second, published)
    alone = files_of(second / "site")
    build_site(second, published, earlier=edition_dir)
    assert files_of(second / "site") == alone, "shared or drawn, a page is the same"


def test_the_index_leads_to_the_default_language(edition_dir: Path, published: Path) -> None:
    index = build_site(edition_dir, published, default_language="en")[0].read_text(encoding="utf-8")
    assert '<html lang="en" data-default="en">' in index and 'url=en/overview.html"' in index
    with pytest.raises(ValueError, match="'fr'"):
        build_site(edition_dir, published, default_language="fr")


def test_a_file_of_a_table_has_its_rows_and_total(edition_dir: Path, published: Path) -> None:
    build_site(edition_dir, published)
    content = (edition_dir / "site/zh/overview.by_business_unit.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf"), "the mark by which Excel reads the Chinese"
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[1] == ["U1", "城东经营部", "2", "1100.00", "880.00", "0.8"]
    assert rows[-1] == ["", "合计", "3", "1300.00", "1040.00", "0.8"]


def test_an_edition_without_marts_or_gates_has_a_whole_site(published: Path) -> None:
    edition_dir = write_edition(published, AS_OF, {}, [gate("a")])
    for page in build_site(edition_dir, published):
        assert page.is_file()


def test_a_file_outside_the_published_folder_is_refused(edition_dir: Path, published: Path) -> None:
    manifest = json.loads((edition_dir / "manifest.json").read_text(encoding="utf-8"))
    manifest["marts"]["bills"]["files"][0]["path"] = "../elsewhere.parquet"
    (edition_dir / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(EditionError, match="out of place"):
        build_site(edition_dir, published)
    assert not (edition_dir / "site").exists()
