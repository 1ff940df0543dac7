"""The command `aval`, in all that needs no host: installing, keys, hosts, states, codes, bad input."""

import json
import re
import socket
import subprocess

import pytest

PRODUCT_FILE = """\
[product]
id = studio
title = Acme Studio
grace = 30d

[edition pro]
title = Acme Studio Professional
features = render export

[edition edu]
title = Acme Studio for Education
features = render
"""


@pytest.fixture(scope="session")
def desk(build, tmp_path_factory):
    """A vendor's product document, verifier key and product keys, as files and values."""
    home = tmp_path_factory.mktemp("desk")
    vendor = str(build / "src" / "programs" / "aval-vendor")

    def do(*args):
        return subprocess.run([vendor, *map(str, args)], cwd=home, check=True, capture_output=True, text=True).stdout

    do("init", "acme.example", "--desk", home / "desk", "--no-passphrase")
    do("init", "other.example", "--desk", home / "other", "--no-passphrase")
    (home / "studio.ini").write_text(PRODUCT_FILE)
    do("product", home / "studio.ini", "--desk", home / "desk", "--output", home / "studio.product")
    keys = json.loads(do("key", "--desk", home / "desk", "--json"))
    entries = keys["keys"] if isinstance(keys, dict) else keys
    return {
        "product": home / "studio.product",
        "vkey_file": home / "desk" / "vendor.vkey",
        "vkey": (home / "desk" / "vendor.vkey").read_text().strip(),
        "other_vkey": (home / "other" / "vendor.vkey").read_text().strip(),
        "keys": {entry["edition"]: entry["key"] for entry in entries},
    }


@pytest.fixture
def aval(build, run, tmp_path):
    """aval(ARGUMENT..., expect=0): the command on a state folder of its own; returns what it printed."""

    def do(*args, expect=0, **more):
        done = run(build / "src" / "programs" / "aval", "--state", tmp_path / "state", *args, expect=expect, **more)
        return done.stdout + done.stderr

    return do


@pytest.fixture
def installed(aval, desk):
    aval("product", "install", desk["product"], "--vendor-key", desk["vkey"])
    aval("key", "install", desk["keys"]["pro"])
    return aval


def test_a_bare_machine_says_what_to_do_first(aval):
    assert "aval product install" in aval("status", expect=2)
    assert "aval product install" in aval("activate", expect=2)
    assert "no product is installed" in aval("product", "list")


def test_nothing_is_made_by_only_looking(aval, tmp_path):
    aval("status", expect=2)
    aval("host", "show")
    aval("key", "show")
    assert not (tmp_path / "state").exists()


def test_a_product_is_installed_with_its_key_as_text_or_file(aval, desk):
    aval("product", "install", desk["product"], "--vendor-key", desk["vkey_file"])
    aval("product", "install", desk["product"], "--vendor-key", desk["vkey"])
    assert "acme.example/studio" in aval("product", "list")


def test_a_product_by_another_key_is_refused(aval, desk):
    said = aval("product", "install", desk["product"], "--vendor-key", desk["other_vkey"], expect=4)
    assert "signer-unknown" in said
    assert json.loads(aval("product", "list", "--json")) == []


def test_a_vendor_key_is_needed_and_must_be_one(aval, desk, tmp_path):
    assert "--vendor-key" in aval("product", "install", desk["product"], expect=2)
    assert "key-form" in aval("product", "install", desk["product"], "--vendor-key", "no-such-file", expect=3)
    (tmp_path / "empty.vkey").write_text("acme.example+12345678\n")
    said = aval("product", "install", desk["product"], "--vendor-key", tmp_path / "empty.vkey", expect=3)
    assert f"{tmp_path}/empty.vkey" in said and "key-form" in said and str(desk["product"]) not in said


def test_a_vendor_key_that_is_another_vendors_is_named_beside_the_product(aval, desk, build, run, tmp_path):
    run(build / "src/programs/aval-vendor", "--desk", tmp_path / "other", "init", "other.example", "--no-passphrase")
    for key in (tmp_path / "other" / "vendor.vkey", (tmp_path / "other" / "vendor.vkey").read_text().strip()):
        said = aval("product", "install", desk["product"], "--vendor-key", key, expect=4)
        assert "--vendor-key, other.example+" in said and "one of the two" in said and "(signer-unknown)" in said


@pytest.mark.parametrize("bad", ["folder", "product", "cut", "nothing"])
def test_a_vendor_key_that_is_none_is_blamed_and_not_the_product(aval, desk, tmp_path, bad):
    (tmp_path / "cut").write_text(desk["vkey"][:-9] + "\n")
    (tmp_path / "nothing").write_text("")
    key = {"folder": tmp_path, "product": desk["product"]}.get(bad, tmp_path / bad)
    said = aval("product", "install", desk["product"].with_name("other.product"), "--vendor-key", key, expect=3)
    assert "--vendor-key" in said and str(key) in said and "(key-form)" in said and "other.product" not in said


SEPARATORS = ["", "-", " ", "\t", "\n", "\r\n", "\u00a0", "\u00ad", "\u2003", "\u2009", "\u200b", "\u2010", "\u2011", "\u2012", "\u2013",
              "\u2014", "\u2015", "\u202f", "\u2060", "\u2212", "\u3000", "\ufe58", "\ufe63", "\ufeff", "\uff0d", " - ", "\u00a0\u2013 "]


def test_a_key_may_be_typed_and_copied_with_blanks_and_dashes_of_every_kind(aval, desk):
    aval("product", "install", desk["product"], "--vendor-key", desk["vkey"])
    key = desk["keys"]["pro"]
    for separator in SEPARATORS:
        typed = f" {separator}{key.replace('-', separator)}{separator}\n"
        aval("key", "install", "--", typed)
        assert json.loads(aval("key", "show", "--json"))[0]["suffix"] == key[-5:], ascii(separator)
        aval("key", "remove", key[-5:])
    for other in ("_", ".", "/", "\u2022", "\u00b7"):
        assert "product-key-form" in aval("key", "install", key.replace("-", other), expect=3)


@pytest.mark.parametrize("change", ["empty", "cut", "flipped", "binary", "huge"])
def test_a_spoiled_product_is_refused(aval, desk, tmp_path, change):
    whole = desk["product"].read_bytes()
    spoiled = {
        "empty": b"",
        "cut": whole[:-20],
        "flipped": whole[:40] + bytes([whole[40] ^ 1]) + whole[41:],
        "binary": b"\xff\xfe" + whole,
        "huge": whole + b"x" * 600_000,
    }[change]
    (tmp_path / "spoiled").write_bytes(spoiled)
    expect = 4 if change == "flipped" else 3
    aval("product", "install", tmp_path / "spoiled", "--vendor-key", desk["vkey"], expect=expect)


def test_a_product_file_that_is_not_there_is_named(aval, desk):
    assert "nowhere.product" in aval("product", "install", "nowhere.product", "--vendor-key", desk["vkey"], expect=5)


def test_a_key_is_installed_shown_and_removed(aval, desk):
    aval("product", "install", desk["product"], "--vendor-key", desk["vkey"])
    assert "no product key" in aval("status", expect=0).lower()
    key = desk["keys"]["pro"]
    aval("key", "install", key.lower().replace("-", " "))
    shown = json.loads(aval("key", "show", "--json"))
    assert shown == [{"product": "acme.example/studio", "edition": "pro", "suffix": key[-5:]}]
    assert key[-5:] in aval("key", "show")
    assert key not in aval("key", "show")
    aval("key", "remove", "AAAAA", expect=2)
    aval("key", "remove", key[-5:].lower())
    assert json.loads(aval("key", "show", "--json")) == []


def test_a_mistyped_key_says_in_which_group_to_look(aval, desk):
    aval("product", "install", desk["product"], "--vendor-key", desk["vkey"])
    key = list(desk["keys"]["pro"])
    key[7] = "7" if key[7] != "7" else "8"
    assert "group 2" in aval("key", "install", "".join(key), expect=3)


def test_a_key_without_its_product_is_refused(aval, desk):
    assert "no-product" in aval("key", "install", desk["keys"]["pro"], expect=2)


def test_hosts_are_set_shown_and_cleared(aval):
    aval("host", "set", "KMS.uni.example", "[2001:DB8::7]:8300", "10.1.2.3:80")
    hosts = ["kms.uni.example:8216", "[2001:db8::7]:8300", "10.1.2.3:80"]
    assert json.loads(aval("host", "show", "--json")) == hosts
    assert aval("host", "show").split() == hosts
    aval("host", "clear")
    assert json.loads(aval("host", "show", "--json")) == []


@pytest.mark.parametrize("host", ["ftp://kms", "kms:0", "kms:99999", "1::2::3", "kms uni", ""])
def test_what_is_no_host_is_refused_by_name(aval, host):
    assert host in aval("host", "set", host, expect=2)


def test_seventeen_hosts_are_too_many(aval):
    aval("host", "set", *[f"kms{i}.example" for i in range(16)])
    assert "16" in aval("host", "set", *[f"kms{i}.example" for i in range(17)], expect=2)


def test_status_tells_grace_and_its_end(installed):
    said = installed("status")
    assert "grace" in said and "29 days 23 hours left" in said or "30 days left" in said
    status = json.loads(installed("status", "--json"))
    assert status["state"] == "grace"
    assert status["code"] == "no-lease"
    assert status["edition"] == "pro"
    assert status["lease"] is None and status["last"] is None
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", status["state_until"])


@pytest.mark.parametrize("then, expect, state", [("2020-01-01T00:00:00Z", 22, "notification"), ("never", 20, "unlicensed"),
                                                 ("2999-01-01T00:00:00Z", 0, "grace")])
def test_status_ends_with_the_exit_status_of_the_state(installed, tmp_path, then, expect, state):
    record = tmp_path / "state" / "products" / "acme.example" / "studio" / "first-run"
    record.write_text(f"aval first-run v1\ntime {then}\n")
    assert json.loads(installed("status", "--json", expect=expect))["state"] == state


def test_without_a_host_the_exit_status_says_so(installed):
    assert "aval host set" in installed("activate", expect=17)
    assert json.loads(installed("activate", "--json", expect=17))["code"] == "no-host-known"


def test_every_host_that_failed_is_listed(installed):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    installed("host", "set", f"127.0.0.1:{port}", f"localhost:{port}")
    said = installed("activate", expect=17)
    assert f"127.0.0.1:{port}: " in said and f"localhost:{port}: " in said
    report = json.loads(installed("activate", "--json", expect=17))
    assert [attempt["code"] for attempt in report["attempts"]] == ["host-unreachable"] * 2
    last = json.loads(installed("status", "--json"))["last"]
    assert last["host"] == f"localhost:{port}" and last["code"] == "host-unreachable"


def test_a_host_that_says_nothing_is_left_after_the_time_limit(installed):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        installed("host", "set", f"127.0.0.1:{silent.getsockname()[1]}")
        assert "host-timeout" in installed("--timeout", "1s", "activate", expect=17, timeout=10)


def test_a_proxy_of_the_environment_is_not_used(installed):
    with socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen()
        proxy.setblocking(False)
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        installed("host", "set", "127.0.0.1:1")
        installed("activate", expect=17, env={"http_proxy": address, "all_proxy": address})
        with pytest.raises(BlockingIOError):
            proxy.accept()


def test_release_needs_a_lease(installed):
    assert "no-lease" in installed("release", expect=20)


def test_codes_are_explained_by_name_and_number(aval):
    assert "Too few machines" in aval("explain", "below-threshold")
    assert aval("explain", "100") == aval("explain", "below-threshold")
    assert json.loads(aval("explain", "no-seats", "--json"))["exit_status"] == 11
    assert "unknown-code" in aval("explain", "nonsense", expect=2)
    assert "unknown-code" in aval("explain", "9999", expect=2)
    aval("explain", expect=2)
    table = json.loads(aval("explain", "--all", "--json"))
    assert len(table) > 50 and {row["code"] for row in table} >= {"internal", "lease-expired"}


def test_a_folder_that_is_none_is_said(build, run, tmp_path):
    (tmp_path / "file").write_text("no folder\n")
    done = run(build / "src" / "programs" / "aval", "--state", tmp_path / "file", "status", expect=5)
    assert "file-read" in done.stderr
    done = run(build / "src" / "programs" / "aval", "--state", tmp_path / "file", "host", "set", "kms", "--json", expect=5)
    assert json.loads(done.stdout)["code"] == "file-read"


def test_a_spoiled_state_is_said_and_healed_by_installing_again(installed, desk, tmp_path):
    product = tmp_path / "state" / "products" / "acme.example" / "studio" / "product"
    product.write_text("spoiled\n")
    assert "state-broken" in installed("status", expect=5)
    assert "state-broken" in installed("product", "list", expect=5)
    installed("product", "install", desk["product"], "--vendor-key", desk["vkey"])
    installed("status")


@pytest.mark.parametrize("line", [["frobnicate"], ["--timeout", "0s", "activate"], ["--timeout", "soon", "activate"],
                                  ["status", "--nonsense"], ["key", "install"], ["host", "set"],
                                  ["--product", "../../etc", "status"]])
def test_a_line_that_is_not_understood_ends_with_2(aval, line):
    aval(*line, expect=2)
