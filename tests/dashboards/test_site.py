"""The static site: the figures it shows, in both languages, from disk alone, the same bytes each time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path

import pytest
from dashboards.edition import EditionError

from dashboards.site import build_site
from tests.dashboards.conftest import AS_OF, GATES, MARTS
from tests.dashboards.editions import gate, write_edition

Texts = Mapping[str, str]


def page_texts(html: str) -> Texts:
    """The visible text of each language's part, one space between elements."""
    parts = re.split(r'<div data-language="(\w+)"', html)
    texts = {}
    for language, part in zip(parts[1::2], parts[2::2], strict=True):
        bare = re.sub(r"<script.*?</script>", " ", part, flags=re.DOTALL)
        texts[language] = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", bare)))
    return texts


def built(edition_dir: Path, published: Path, page: str = "index.html") -> tuple[str, Texts]:
    build_site(edition_dir, published)
    html = (edition_dir / "site" / page).read_text(encoding="utf-8")
    return html, page_texts(html)


def figures_of(html: str, language: str) -> dict[str, dict]:
    found = re.findall(rf'id="({language}-[a-z]+-figure-\d+)-data">(.*?)</script>', html)
    return {name: json.loads(content) for name, content in found}


def test_pages_and_script_are_written_where_the_contract_says(edition_dir: Path, published: Path) -> None:
    pages = build_site(edition_dir, published)
    assert pages == [edition_dir / "site" / "index.html", edition_dir / "site" / "gates.html"]
    (script,) = (published / "assets").iterdir()
    assert re.fullmatch(r"plotly-\d+\.\d+\.\d+\.min\.js", script.name)
    assert f'<script src="../../../assets/{script.name}">' in pages[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_headline_shows_the_newest_complete_period(edition_dir: Path, published: Path, language: str) -> None:
    _, texts = built(edition_dir, published)
    text = texts[language]
    for shown in (
        "2026-02 ",
        "1,300.00",  # receivable
        "1,040.00",  # received
        "80.00 %",  # 1040 / 1300
        "-15.00",  # 80.00 % - 95.00 %
        "+5.00",  # 80.00 % - 150.00 / 200.00 received by 20 February
        "2026-02-20",
        "62 ",  # (90 + 3600) s = 61.5 minutes, half up
        "1,015",  # set aside: 1 + 2 + 3 + 4 + 5 and 1000 held
        "50.75 %",  # of 2000 read
    ):
        assert shown in text
    assert "999.00" not in text, "the running period's provisional bill must not be shown"


def test_periods_are_closed_open_or_provisional(edition_dir: Path, published: Path) -> None:
    _, texts = built(edition_dir, published)
    for language, states in (("en", ("Provisional", "Open", "Closed")), ("zh", ("暂估", "未关账", "已关账"))):
        months = (
            ("2026-03", "2026-04-01 2026-04-25"),
            ("2026-02", "2026-03-01 2026-03-25"),
            ("2026-01", "2026-02-01 2026-02-25"),
        )
        rows = " ".join(f"{month} {state} {days}" for (month, days), state in zip(months, states, strict=True))
        assert rows in texts[language]


def test_customers_are_counted_once(edition_dir: Path, published: Path) -> None:
    _, texts = built(edition_dir, published)
    assert "Customers 2 customers" in texts["en"], "K1 has two bills of 2026-02 and is one customer"
    assert "Rated calls 2 calls" in texts["en"]


def test_head_names_branch_edition_and_state(edition_dir: Path, published: Path) -> None:
    _, texts = built(edition_dir, published)
    assert "临江市分公司" in texts["zh"] and "Linjiang Branch" in texts["en"]
    for language in ("zh", "en"):
        assert "2026-03-20-0001" in texts[language] and "2026-03-20 23:15:04" in texts[language]
    assert "1 gate warns" in texts["en"] and "1 项关卡告警" in texts["zh"]


def test_units_commission_traffic_and_arrears(edition_dir: Path, published: Path) -> None:
    html, texts = built(edition_dir, published)
    text = texts["en"]
    assert 'East <b>&"Unit" 2 1,100.00 880.00 80.00 %' in text
    assert "Residential 3 1,300.00 1,040.00 80.00 %" in text
    assert "Hongda Agency 9.50 -2.25 7.25" in text and "settlement of 2026-01" in text
    assert "77,777.77" not in text, "only the newest settlement is shown"
    assert "East to toll 2026-02-09 10:00–11:00 20.34 28 30 72.6 % 2.19 % 80.0 %" in text
    assert "10:00–11:00 15.00 4.00" in text, "two Mondays of 10 and 20 erlangs, one Saturday of 4"
    assert "91+ 1 2,000.00" in text and "Total 2 2,355.67" in text
    lines = figures_of(html, "en")["en-traffic-figure-3"]["data"]
    assert [line["y"][10] for line in lines] == [15.0, 4.0]


def test_intake_and_bulletin(edition_dir: Path, published: Path) -> None:
    _, texts = built(edition_dir, published)
    assert "Held 0 1,000 1,000" in texts["en"]
    assert 'SW1_20260204_000002.csv Call records sw1 2026-02-04 Held ctl says "900" records <&> 1,000' in texts["en"]
    assert "ICBC_20260305_1.txt 银行回盘 icbc 2026-03-05 拒收 same content 0" in texts["zh"]
    # 240 + 60 seconds of two units, 0.40 + 0.10; what cannot be estimated is no 0.00.
    assert "Undocumented 2–7 1 1 – 1 Undocumented 8–30 3 5 0.50 0" in texts["en"]
    # The minute of the call that cannot be estimated is in the total, its money is not: 3 + 1 calls, 300 + 60 seconds.
    assert "Total 4 6 0.50 1" in texts["en"] and "合计 4 6 0.50 1" in texts["zh"]
    assert "暂存话单的在途金额" in texts["zh"]
    gravest = texts["en"].split("Gravest open problems")[1]
    assert gravest.index("File held") < gravest.index("Undocumented number")
    assert "Fixed long ago" not in texts["en"]


def test_bars_start_at_zero_and_money_keeps_its_digits(edition_dir: Path, published: Path) -> None:
    html, _ = built(edition_dir, published)
    figures = figures_of(html, "zh")
    assert figures["zh-collections-figure-1"]["layout"]["xaxis"]["range"][0] == 0
    arrears = figures["zh-arrears-figure-1"]
    assert arrears["data"][0]["y"] == ["10.00", "0.00", "345.67", "2000.00"]
    assert arrears["layout"]["yaxis"]["rangemode"] == "tozero"
    for figure in figures.values():
        assert figure["layout"]["xaxis"]["title"]["text"], "every figure says its unit"


@pytest.mark.parametrize("page", ["index.html", "gates.html"])
def test_nothing_is_loaded_or_sent_over_the_network(edition_dir: Path, published: Path, page: str) -> None:
    html, _ = built(edition_dir, published, page)
    assert not re.search(r"https?:|//[a-z]", html.replace("../../../", "").replace(" // ", "")), "no address anywhere"
    assert "cloud" not in html.lower().replace("showsendtocloud", "")
    config = json.loads(re.search(r'id="figure-config">(.*?)</script>', html).group(1))  # type: ignore[union-attr]
    assert config["showSendToCloud"] is False and config["displaylogo"] is False
    assert config["modeBarButtons"] == [["toImage"]] and config["plotlyServerURL"] == ""
    assert "connect-src 'none'" in html


def test_text_from_the_data_is_escaped(edition_dir: Path, published: Path) -> None:
    html, _ = built(edition_dir, published)
    assert "East &lt;b&gt;&amp;&#34;Unit&#34;" in html
    assert "<b>" not in html
    gates_html, texts = built(edition_dir, published, "gates.html")
    assert "<b>" not in gates_html and "<b>& 0.31" in texts["en"]


def test_a_rebuilt_site_has_the_same_bytes(edition_dir: Path, published: Path) -> None:
    first = [page.read_bytes() for page in build_site(edition_dir, published)]
    script = next((published / "assets").iterdir())
    written_at = script.stat().st_mtime_ns
    assert [page.read_bytes() for page in build_site(edition_dir, published)] == first
    assert script.stat().st_mtime_ns == written_at, "the script is written once"


def test_default_language_is_the_one_shown_first(edition_dir: Path, published: Path) -> None:
    index = build_site(edition_dir, published, default_language="en")[0].read_text(encoding="utf-8")
    assert '<html lang="en" data-default="en">' in index
    assert re.search(r'data-language="zh"[^>]* hidden>', index)
    assert not re.search(r'data-language="en"[^>]* hidden>', index)
    with pytest.raises(ValueError, match="'fr'"):
        build_site(edition_dir, published, default_language="fr")


def test_gates_page_lists_every_gate_with_its_sample(edition_dir: Path, published: Path) -> None:
    html, texts = built(edition_dir, published, "gates.html")
    text = texts["en"]
    assert "Failed Warning release hardly_any_duplicates Claim of hardly_any_duplicates. 1,200 2 1 row" in text
    assert "Passed Critical release call_rated_twice Claim of call_rated_twice. 1,200 0" in text
    assert text.index("hardly_any_duplicates") < text.index("call_rated_twice"), "what failed stands first"
    assert html.count("<details>") == 2, "one sample, in two languages"


@pytest.mark.parametrize(
    ("gates", "badge"),
    [
        ([gate("a"), gate("b")], "All 2 gates passed"),
        ([gate("a"), gate("b", success=False)], "Blocked by 1 of 2 gates"),
        ([gate("a", exception="no such table")], "Blocked by 1 of 1 gates"),
        (
            [gate("a", "error", False), gate("b", "warn", False), gate("c", "warn", False)],
            "1 gate reports errors · 2 gates warn",
        ),
        ([], "No gate results"),
    ],
)
def test_badge_says_how_the_gates_ended(published: Path, gates: list, badge: str) -> None:
    edition_dir = write_edition(published, AS_OF, {}, gates)
    _, texts = built(edition_dir, published)
    assert badge in texts["en"]


def test_edition_without_marts_says_what_is_missing(published: Path) -> None:
    edition_dir = write_edition(published, AS_OF, {}, GATES)
    _, texts = built(edition_dir, published)
    for mart in ("collection_rates", "arrears", "commission_lines", "trunk_traffic_daily", "file_reconciliation"):
        assert mart in texts["en"] and mart in texts["zh"]


def test_empty_marts_say_so_in_words(published: Path) -> None:
    edition_dir = write_edition(published, AS_OF, {mart: [] for mart in MARTS})
    _, texts = built(edition_dir, published)
    for sentence in (
        "No billing period is complete yet",
        "There is no commission statement yet",
        "No traffic over trunk groups between 2026-03-01 and 2026-03-31",
        "No call files have come in yet",
        "The bulletin has no open problem",
        "No account is in arrears on 2026-03-20",
    ):
        assert sentence in texts["en"]
    assert "尚无完整账期" in texts["zh"]


def test_first_running_period_is_not_taken_for_a_complete_one(published: Path) -> None:
    running = [row for row in MARTS["collection_rates"] if row[0] == "2026-03"]
    edition_dir = write_edition(published, AS_OF, {**MARTS, "collection_rates": running})
    _, texts = built(edition_dir, published)
    assert "No billing period is complete yet" in texts["en"] and "999.00" not in texts["en"]


def test_a_file_outside_the_published_folder_is_refused(edition_dir: Path, published: Path) -> None:
    manifest = json.loads((edition_dir / "manifest.json").read_text(encoding="utf-8"))
    manifest["marts"]["bills"]["files"][0]["path"] = "../elsewhere.parquet"
    (edition_dir / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(EditionError, match="out of place"):
        build_site(edition_dir, published)
