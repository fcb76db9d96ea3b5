"""Who gets in: without accounts, by password, never by a forged, old or idle session, and never to another server."""

from __future__ import annotations

import base64
import json
import time

import itsdangerous
import pytest
from argon2 import PasswordHasher

from orchestration.access.authentication import authenticated, local_target, require_authentication
from orchestration.access.roles import Role, Scope
from orchestration.errors import TollhouseError, UsageError
from tests.access.conftest import PASSWORD, Door, log_in, pages, token_of, viewer_of

SECOND = 1.0
MINUTES = 60.0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.2", "::ffff:127.0.0.1"])
def test_without_accounts_everybody_on_this_machine_is_management(door: Door, host: str) -> None:
    browser = door.open(host).browser()
    assert viewer_of(browser.get("/")) == ["", "management", "branch"]
    assert browser.get("/").json()["can_sign_out"] is False
    assert browser.get("/login").headers["location"] == "/"
    assert not (door.home / "session.secret").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "billing.example", "", "127.0.0.1.evil.example"])
def test_beyond_loopback_it_does_not_start_without_authentication(door: Door, host: str) -> None:
    with pytest.raises(UsageError, match="nobody would have to sign in.*tollhouse users add"):
        door.open(host)


def test_beyond_loopback_it_starts_with_an_account_a_proxy_or_a_provider(door: Door) -> None:
    door.environment = {"TOLLHOUSE_PROXY_ADDRESS": "10.0.0.5"}
    require_authentication("0.0.0.0", door.settings)
    door.environment["TOLLHOUSE_PROXY_USER_HEADER"] = "none"
    with pytest.raises(UsageError):  # such a proxy names nobody
        require_authentication("0.0.0.0", door.settings)
    door.environment = {
        f"TOLLHOUSE_OIDC_{name}": "https://login.example" for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")
    }
    require_authentication("0.0.0.0", door.settings)
    door.environment = {}
    door.add("li")
    assert door.open("0.0.0.0").browser().get("/").status_code == 303


def test_damaged_accounts_are_not_no_accounts(door: Door) -> None:
    door.home.mkdir()
    (door.home / "accounts.json").write_text("")
    with pytest.raises(TollhouseError, match=r"accounts\.json: the accounts file is damaged"):
        door.open()


def test_accounts_that_are_damaged_or_gone_later_let_nobody_in(door: Door) -> None:
    door.add("li")
    browser = door.open().browser()
    log_in(browser)
    assert viewer_of(browser.get("/")) == ["li", "finance", "branch"]
    kept = door.settings.accounts_path.read_text()
    door.settings.accounts_path.write_text(kept[:-20])
    for path in ("/", "/login", "/index.html"):
        assert browser.get(path).status_code == 503
    door.settings.accounts_path.unlink()
    assert browser.get("/").status_code == 303


def test_the_first_account_closes_a_server_that_is_at_work(door: Door) -> None:
    browser = door.open().browser()
    assert viewer_of(browser.get("/")) == ["", "management", "branch"]
    door.add("li")
    assert browser.get("/").status_code == 303
    log_in(browser)
    assert viewer_of(browser.get("/")) == ["li", "finance", "branch"]
    door.settings.accounts_path.unlink()
    assert browser.get("/").status_code == 303


def test_signing_in_and_out(door: Door) -> None:
    door.add("wang", Role.OUTLET, outlets={"OU01", "OU02"})
    browser = door.open().browser()
    asked = browser.get("/pages/usage.html?day=2026-05-01&lang=en")
    assert (asked.status_code, asked.headers["location"]) == (
        303, "/login?next=%2Fpages%2Fusage.html%3Fday%3D2026-05-01%26lang%3Den",
    )  # fmt: skip
    form = browser.get(asked.headers["location"])
    assert 'value="/pages/usage.html?day=2026-05-01&amp;lang=en"' in form.text
    answered = log_in(browser, "wang", target="/pages/usage.html?day=2026-05-01")
    assert (answered.status_code, answered.headers["location"]) == (303, "/pages/usage.html?day=2026-05-01")
    page = browser.get("/")
    assert viewer_of(page) == ["wang", "outlet", "outlets=OU01,OU02"] and page.json()["can_sign_out"] is True
    assert page.headers["cache-control"] == "private, no-cache"
    assert browser.get("/login").headers["location"] == "/"
    copied = dict(browser.cookies)
    out = browser.post("/logout", data={"token": token_of(browser.get("/logout"))})
    assert (out.status_code, out.headers["location"]) == (303, "/login")
    assert browser.get("/").status_code == 303
    assert browser.get("/", headers={"cookie": f"tollhouse={copied['tollhouse']}"}).status_code == 303


def test_what_is_no_page_gets_words(door: Door) -> None:
    door.add("li")
    browser = door.open().browser()
    for path in ("/export/bills.csv", "/export/bills.xlsx", "/data.json", "/metrics"):
        assert browser.get(path).status_code == 401, path
    assert browser.post("/").status_code == 401
    assert browser.get("/figures", headers={"sec-fetch-dest": "empty"}).status_code == 401
    assert browser.get("/figures", headers={"accept": "application/json"}).status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/assets/site.0123abcd.js", "/assets/fonts/a.css"])
def test_health_and_assets_need_no_account(door: Door, path: str) -> None:
    door.add("li")
    assert viewer_of(door.open().browser().get(path)) is None


@pytest.mark.parametrize(
    "path",
    ["/assets/", "/assets", "/assets/../x", "/assets/%2e%2e/x", "/assets/..%2fx", "/assets/.hidden", "/assets/a//b", "/healthz/",
     "/healthz/../x", "//healthz", "/HEALTHZ", "/assets/a%2f..%2f..%2fx", "/login2"],
)  # fmt: skip
def test_no_path_slips_by(door: Door, path: str) -> None:
    door.add("li")
    browser = door.open().browser()
    request = browser.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    assert browser.send(request).status_code in (303, 401)


def test_metrics_are_for_programs_of_this_machine(door: Door) -> None:
    door.add("li")
    here = door.open().browser("127.0.0.1")
    assert here.get("/metrics").status_code == 200
    assert here.get("/metrics", headers={"x-forwarded-for": "10.0.0.9"}).status_code == 401
    assert door.open().browser("10.0.0.9").get("/metrics").status_code == 401


def test_websockets_are_refused(door: Door) -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), door.open().browser().websocket_connect("/"):
        pass


@pytest.mark.parametrize(
    ("name", "password"),
    [("li", "wrong horse battery"), ("li", ""), ("LI", PASSWORD), ("nobody", PASSWORD), ("", ""), ("off", PASSWORD),
     ("bare", PASSWORD), ("bare", ""), ("li", PASSWORD + "x" * 5000)],
)  # fmt: skip
def test_wrong_names_and_passwords_get_one_answer(door: Door, name: str, password: str) -> None:
    door.add("li")
    door.add("off")
    door.add("bare", password=None)
    door.accounts.set_disabled("off", True)
    browser = door.open().browser()
    answered = log_in(browser, name, password)
    assert answered.status_code == 403
    assert "用户名或密码错误" in answered.text and 'role="alert"' in answered.text
    assert browser.get("/").status_code == 303


def test_an_account_that_is_not_there_takes_as_long(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both hold a password against one hash of the same parameters."""
    door.add("li")
    verified = []
    verify = PasswordHasher.verify

    def counting(self: PasswordHasher, kept: str, password: str) -> bool:
        verified.append(kept.rsplit("$", 2)[0])
        return verify(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    browser = door.open().browser()
    log_in(browser, "li", "wrong horse battery")
    log_in(browser, "nobody", "wrong horse battery")
    assert len(verified) == 2 and verified[0] == verified[1]


def forged(secret: str, content: object) -> str:
    data = base64.b64encode(json.dumps(content).encode())
    return itsdangerous.TimestampSigner(secret).sign(data).decode()


def test_a_forged_cookie_is_worth_nothing(door: Door) -> None:
    door.add("li")
    browsing = door.open()
    account = door.accounts.named("li")
    content = {"id": "x", "name": "li", "stamp": account.stamp, "begun": door.now, "seen": door.now}
    for cookie in (
        forged("", content),
        forged("secret", content),
        base64.b64encode(json.dumps(content).encode()).decode(),
        "null",
        "é",
    ):
        asked = browsing.browser().get("/", headers={"cookie": b"tollhouse=" + cookie.encode()})
        assert asked.status_code == 303, cookie
    own = forged((door.home / "session.secret").read_text().strip(), content)
    assert (
        browsing.browser().get("/", headers={"cookie": f"tollhouse={own}"}).status_code == 200
    )  # the content was right


def test_a_cookie_with_a_changed_name_is_worth_nothing(door: Door) -> None:
    door.add("li")
    door.add("boss", Role.ADMIN)
    browser = door.open().browser()
    log_in(browser)
    data, rest = browser.cookies["tollhouse"].strip('"').split(".", 1)
    content = json.loads(base64.b64decode(data)) | {"name": "boss", "stamp": door.accounts.named("boss").stamp}
    changed = base64.b64encode(json.dumps(content).encode()).decode() + "." + rest
    assert browser.get("/", headers={"cookie": f"tollhouse={changed}"}).status_code == 303


@pytest.mark.parametrize("change", ["password", "disabled", "role", "gone"])
def test_a_changed_account_ends_its_sessions_at_once(door: Door, change: str) -> None:
    door.add("li")
    door.add("wang")
    browsing = door.open()
    li, wang = browsing.browser(), browsing.browser()
    log_in(li)
    log_in(wang, "wang")
    if change == "password":
        door.accounts.set_password("li", door.passwords.hash("another horse battery"))
    elif change == "disabled":
        door.accounts.set_disabled("li", True)
        assert li.get("/").status_code == 303
        door.accounts.set_disabled("li", False)  # does not bring the old session back
    elif change == "role":
        door.accounts.set_role("li", Role.ANALYST, Scope())
    else:
        kept = json.loads(door.settings.accounts_path.read_text())
        kept["accounts"] = [one for one in kept["accounts"] if one["name"] != "li"]
        door.settings.accounts_path.write_text(json.dumps(kept))
    assert li.get("/").status_code == 303
    assert viewer_of(wang.get("/")) == ["wang", "finance", "branch"]


def test_an_idle_session_ends_and_a_busy_one_after_twelve_hours(door: Door) -> None:
    door.environment = {"TOLLHOUSE_SESSION_IDLE_MINUTES": "10"}
    door.add("li")
    browser = door.open().browser()
    log_in(browser)
    begun = door.now
    door.now += 10 * MINUTES - SECOND
    assert browser.get("/").status_code == 200
    door.now += 10 * MINUTES
    assert browser.get("/").status_code == 303
    log_in(browser)
    begun = door.now
    while door.now + 9 * MINUTES < begun + 12 * 60 * MINUTES:
        door.now += 9 * MINUTES
        assert browser.get("/").status_code == 200
    door.now = begun + 12 * 60 * MINUTES
    assert browser.get("/").status_code == 303


def test_an_earlier_copy_of_a_busy_cookie_is_idle_by_its_own_time(door: Door) -> None:
    door.add("li")
    browser = door.open().browser()
    log_in(browser)
    early = browser.cookies["tollhouse"]
    for _ in range(3):
        door.now += 15 * MINUTES
        assert browser.get("/").status_code == 200
    assert browser.cookies["tollhouse"] != early
    assert browser.get("/", headers={"cookie": f"tollhouse={early}"}).status_code == 303


def test_a_session_of_before_signing_in_is_not_the_one_after(door: Door) -> None:
    """Whoever has put a cookie into a browser knows nothing of the session that is begun with it."""
    door.add("li")
    browser = door.open().browser()
    before = token_of(browser.get("/login"))
    planted = browser.cookies["tollhouse"]
    log_in(browser)
    assert browser.cookies["tollhouse"] != planted and token_of(browser.get("/logout")) != before
    assert browser.get("/", headers={"cookie": f"tollhouse={planted}"}).status_code == 303


def test_signing_in_as_another_ends_the_session_before(door: Door) -> None:
    door.add("li")
    door.add("wang")
    browser = door.open().browser()
    log_in(browser)
    of_li = browser.cookies["tollhouse"]
    token = token_of(browser.get("/logout"))
    browser.post("/login", data={"token": token, "name": "wang", "password": PASSWORD})
    assert viewer_of(browser.get("/")) == ["wang", "finance", "branch"]
    assert browser.get("/", headers={"cookie": f"tollhouse={of_li}"}).status_code == 303


def test_a_form_of_another_session_is_refused(door: Door) -> None:
    door.add("li")
    browsing = door.open()
    own, attacker = browsing.browser(), browsing.browser()
    foreign = token_of(attacker.get("/login"))
    own.get("/login")
    for token in (foreign, "", "é", None):
        fields = {"name": "li", "password": PASSWORD} | ({} if token is None else {"token": token})
        answered = own.post("/login", data=fields)
        assert answered.status_code == 403 and "Cookie" in answered.text
        assert own.get("/").status_code == 303
    log_in(own)
    for token in (foreign, ""):
        assert own.post("/logout", data={"token": token}).status_code == 403
    assert viewer_of(own.get("/")) == ["li", "finance", "branch"]


def test_a_form_is_one_of_the_web_and_not_large(door: Door) -> None:
    door.add("li")
    browser = door.open().browser()
    token = token_of(browser.get("/login"))
    fields = {"token": token, "name": "li", "password": PASSWORD}
    assert browser.post("/login", json=fields).status_code == 400
    assert browser.post("/login", files={"token": b"x"}).status_code == 400
    assert browser.post("/login", data=fields | {"more": "x" * 20_000}).status_code == 400
    assert browser.post("/login", data=fields | {str(number): "" for number in range(20)}).status_code == 400


def test_five_wrong_passwords_lock_the_name_for_a_quarter_of_an_hour(door: Door) -> None:
    door.add("li")
    door.add("wang")
    browsing = door.open()
    for number in range(5):
        assert log_in(browsing.browser(f"10.0.0.{number}"), password="wrong horse battery").status_code == 403
        door.now += MINUTES
    browser = browsing.browser("10.0.1.1")
    refused = log_in(browser, lang="en")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "600")
    assert "Minutes to wait: 10." in refused.text
    assert browser.get("/").status_code == 303
    assert log_in(browsing.browser(), "wang").status_code == 303
    door.now += 10 * MINUTES - SECOND
    assert log_in(browsing.browser()).status_code == 429
    door.now += SECOND
    assert log_in(browsing.browser()).status_code == 303


def test_a_name_that_is_no_account_is_locked_as_well(door: Door) -> None:
    """Else the lock would say which names are accounts."""
    door.add("li")
    browser = door.open().browser()
    assert [log_in(browser, "nobody", "wrong horse battery").status_code for _ in range(6)] == [403] * 5 + [429]


def test_twenty_wrong_passwords_lock_the_address(door: Door) -> None:
    door.add("li")
    browsing = door.open()
    browser = browsing.browser("10.0.0.9")
    for number in range(20):
        assert log_in(browser, f"guess{number}").status_code == 403
    assert log_in(browser).status_code == 429
    assert log_in(browsing.browser("10.0.0.10")).status_code == 303


def test_the_right_password_forgets_the_wrong_ones(door: Door) -> None:
    door.add("li")
    browsing = door.open()
    for _ in range(3):
        for _ in range(4):
            log_in(browsing.browser(), password="wrong horse battery")
        assert log_in(browsing.browser()).status_code == 303


def test_many_at_once_do_not_slip_past_the_count(door: Door) -> None:
    from concurrent.futures import ThreadPoolExecutor

    door.add("li")
    with door.open().browser() as browser:  # one event loop for all
        token = token_of(browser.get("/login"))
        fields = {"token": token, "name": "li", "password": "wrong horse battery"}
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: browser.post("/login", data=fields).status_code, range(12)))
    assert sorted(answers) == [403] * 5 + [429] * 7


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "evil", "", "javascript:alert(1)",
     "/x\r\nset-cookie: a=b", "/\t/evil.example", "/ /evil", "/中", "/login", "/logout", "/login/start"],
)  # fmt: skip
def test_signing_in_leads_to_no_other_server(door: Door, target: str) -> None:
    door.add("li")
    assert log_in(door.open().browser(), target=target).headers["location"] == "/"


def test_local_targets_are_kept() -> None:
    for target in ("/", "/a/b.html?x=1&y=%E4%B8%AD", "/a#b"):
        assert local_target(target) == target


def test_cookies_are_kept_from_scripts_and_with_https_from_http(door: Door) -> None:
    door.add("li")
    plain = door.open().browser().get("/login").headers["set-cookie"].lower()
    assert plain.startswith("tollhouse=") and "httponly" in plain and "samesite=lax" in plain and "secure" not in plain
    assert "max-age" not in plain and "expires" not in plain
    door.environment = {"TOLLHOUSE_SERVE_HTTPS": "yes"}
    browser = door.open().browser(base="https://billing.example")
    secure = browser.get("/login").headers["set-cookie"].lower()
    assert (
        secure.startswith("__host-tollhouse=")
        and "; secure" in secure
        and "path=/" in secure
        and "domain" not in secure
    )
    log_in(browser)
    assert viewer_of(browser.get("/")) == ["li", "finance", "branch"]


def test_sessions_outlive_the_server(door: Door) -> None:
    door.add("li")
    browser = door.open().browser()
    log_in(browser)
    again = door.open().browser()
    again.cookies = browser.cookies
    assert viewer_of(again.get("/")) == ["li", "finance", "branch"]


def test_a_hash_of_earlier_parameters_is_made_again(door: Door) -> None:
    door.add("li")
    before = door.accounts.named("li")
    door.passwords = type(door.passwords)(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    browser = door.open().browser()
    assert log_in(browser).status_code == 303
    after = door.accounts.named("li")
    assert before.password_hash is not None and after.password_hash is not None
    assert "m=8,t=1" in before.password_hash and "m=16,t=2" in after.password_hash
    assert after.stamp == before.stamp and browser.get("/").status_code == 200
    assert log_in(door.open().browser()).status_code == 303


def test_the_pages_of_signing_in_have_a_policy_and_both_languages(door: Door) -> None:
    import hashlib
    import re

    door.add("li")
    browser = door.open().browser()
    for page, language, words in (
        (browser.get("/login"), "zh-CN", "用户名"),
        (browser.get("/login?lang=en"), "en", "Password"),
        (browser.get("/login", headers={"accept-language": "en-GB,en;q=0.9,zh;q=0.1"}), "en", "Password"),
        (browser.get("/login", headers={"accept-language": "fr, de"}), "zh-CN", "密码"),
        (browser.get("/login?lang=xx"), "zh-CN", "密码"),
    ):
        assert f'<html lang="{language}">' in page.text and words in page.text
        style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)
        assert style is not None
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        policy = page.headers["content-security-policy"]
        assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'"
        assert "<script" not in page.text and page.headers["cache-control"] == "no-store"


def test_what_is_typed_is_escaped(door: Door) -> None:
    door.add("li")
    typed = '"><script>alert(1)</script>'
    page = log_in(door.open().browser(), typed, target="/?" + typed)
    assert "<script" not in page.text and "&#34;&gt;&lt;script&gt;" in page.text


def test_checking_a_password_does_not_hold_up_pages(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import ThreadPoolExecutor

    door.add("li")
    monkeypatch.setattr(door.passwords, "is_right", lambda kept, password: time.sleep(1) or False)
    with door.open().browser() as browser:
        token = token_of(browser.get("/login"))
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(browser.post, "/login", data={"token": token, "name": "li", "password": "x"})
            time.sleep(0.2)
            begun = time.monotonic()
            assert browser.get("/healthz").status_code == 200
            assert time.monotonic() - begun < 0.5
            assert slow.result().status_code == 403


def test_a_secret_that_others_may_have_read_or_that_is_damaged_is_refused(door: Door) -> None:
    door.add("li")
    door.open()
    secret = door.home / "session.secret"
    assert secret.stat().st_mode & 0o777 == 0o600 and len(secret.read_text().strip()) == 64
    secret.chmod(0o640)
    with pytest.raises(TollhouseError, match="others may have read the secret"):
        door.open()
    secret.chmod(0o600)
    secret.write_text("short")
    with pytest.raises(TollhouseError, match="the secret of the sessions is damaged"):
        authenticated(pages, door.settings, host="127.0.0.1", passwords=door.passwords)
