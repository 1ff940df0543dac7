"""Kits: one file that makes a machine its organisation's own, what it may not do, and the way back."""

import json
import os
import re

import pytest
from hosting import Desk

OTHER = "other.example"


@pytest.fixture
def served(licensed, desk):
    """A host whose operator has the vendor's product document too."""
    licensed.avald("import", desk.product)
    return licensed


@pytest.fixture
def kit(served, tmp_path):
    """kit(ARGUMENTS): the file of a kit that names this host."""
    def do(*args):
        file = tmp_path / "uni.kit"
        served.ctl("kit", "--hosts", f"127.0.0.1:{served.port}", "--output", file, *args)
        return file

    return do


@pytest.fixture
def aval(build, run, tmp_path):
    def do(*args, **kwargs):
        return run(build / "src/programs/aval", "--state", tmp_path / "state", *args, **kwargs)

    return do


def ends(done):
    return [(step["step"], step["end"]) for step in json.loads(done.stdout)["steps"]]


def held(host):
    return json.loads(host.ctl("licenses", "--json").stdout)["licenses"][0]["held"]


def test_one_command_makes_a_machine_licensed_and_is_idempotent(kit, aval, served):
    file = kit()
    first = aval("join", file, "--json", "--no-timer")
    assert ends(first) == [("hosts", "done"), ("product", "done"), ("key", "done"), ("lease", "done")]
    assert json.loads(aval("status", "--json").stdout)["state"] == "licensed"
    again = aval("join", file, "--json", "--no-timer")
    assert ends(again) == [("hosts", "already"), ("product", "already"), ("key", "already"), ("lease", "already")]
    assert held(served) == 1


def test_what_was_done_and_what_is_left_is_said_in_words(kit, aval):
    said = aval("join", kit()).stdout
    assert re.search(r"^done +lease +\S+: licensed until ", said, re.MULTILINE)
    assert re.search(r"^left +timer +nobody renews by itself yet: .*aval renew --all", said, re.MULTILINE)


def test_leaving_gives_the_seat_back_and_forgets_all_of_it(kit, aval, served):
    aval("join", kit(), "--no-timer")
    assert held(served) == 1
    left = aval("leave", "--json")
    assert ends(left) == [("seat", "done"), ("key", "done"), ("hosts", "done")]
    assert held(served) == 0
    assert json.loads(aval("status", "--json").stdout)["code"] == "no-product-key"
    assert aval("leave").returncode == 0, "twice is fine"


def test_a_host_that_is_away_leaves_the_lease_for_the_timer(kit, aval, served):
    file = kit()
    served.stop()
    away = aval("join", file, "--json", "--no-timer", expect=17)
    assert ends(away) == [("hosts", "done"), ("product", "done"), ("key", "done"), ("lease", "left")]
    assert json.loads(away.stdout)["steps"][-1]["code"] == "host-unreachable"
    served.start()
    file = kit()
    assert ends(aval("join", file, "--json", "--no-timer"))[-1] == ("lease", "done")


def test_a_seat_that_cannot_be_given_back_stays_unless_forced(kit, aval, served):
    aval("join", kit(), "--no-timer")
    served.stop()
    left = aval("leave", expect=17)
    assert "aval leave --force" in left.stderr + left.stdout
    assert json.loads(aval("status", "--json").stdout)["state"] == "licensed"
    assert ends(aval("leave", "--force", "--json", expect=17)) == [("seat", "left"), ("key", "done"), ("hosts", "done")]


def test_inspect_says_whom_the_machine_would_believe_and_changes_nothing(kit, aval, desk, tmp_path):
    said = aval("inspect", kit()).stdout
    assert desk.key_file.read_text().strip() in said and "believe" in said and "127.0.0.1" in said
    assert not (tmp_path / "state").exists()
    told = json.loads(aval("inspect", tmp_path / "uni.kit", "--json").stdout)
    assert told["products"][0]["vendor_key"] == desk.key_file.read_text().strip()
    assert told["site_key"] == "no" and told["products"][0]["license"]


def test_a_kit_with_the_site_key_is_a_secret_and_works_where_it_is_required(kit, aval, served):
    served.avald("site-key", "new")
    file = kit("--site-key")
    assert file.stat().st_mode & 0o777 == 0o600
    key = (served.data / "site-key").read_text().split()[-1]
    assert key in file.read_text()
    assert ends(aval("join", file, "--json", "--no-timer"))[0] == ("site key", "done")
    assert json.loads(served.ctl("status", "--json").stdout)
    assert "whoever can read it" in aval("inspect", file).stdout
    assert key not in aval("inspect", file).stdout + aval("inspect", file, "--json").stdout


def test_without_a_site_key_there_is_none_to_put_in(served):
    failure = json.loads(served.ctl("kit", "--site-key", "--json", expect=2).stdout)
    assert failure["code"] == "not-found" and "avald site-key new" in failure["message"]


def test_a_kit_does_not_change_whom_a_machine_believes(kit, aval, build, run, tmp_path, served, desk, once):
    aval("join", kit(), "--no-timer")
    forged = kit().read_text()
    (tmp_path / "elsewhere").mkdir()
    impostor = Desk(build, run, tmp_path / "elsewhere")
    mine, theirs = desk.key_file.read_text().strip(), impostor.key_file.read_text().strip()
    assert mine != theirs
    note = impostor.product.read_text()
    start, rest = forged.split("product ", 1)
    size = int(rest.split("\n", 1)[0])
    body = rest.split("\n", 1)[1].encode()[size:].decode()
    (tmp_path / "forged.kit").write_text(
        f"{start.replace(mine, theirs)}product {len(note.encode())}\n{note}{body}")
    failed = aval("join", tmp_path / "forged.kit", "--json", "--no-timer", expect=4)
    steps = json.loads(failed.stdout)["steps"]
    assert [step["code"] for step in steps if step["step"] == "product"] == ["kit-vendor-key"]
    assert json.loads(aval("status", "--json").stdout)["state"] == "licensed"


def test_a_product_that_the_vendor_key_did_not_sign_is_refused_before_anything_is_done(kit, aval, tmp_path):
    file = kit()
    file.write_text(file.read_text().replace("title ", "title X", 1).replace("made 2", "made 2", 1))
    said = aval("join", file, "--json", expect=3)
    assert json.loads(said.stdout)["code"].startswith(("document-", "text-", "base64"))
    assert not (tmp_path / "state" / "products").exists()


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_a_kit_that_was_cut_off_or_is_none_is_refused(kit, aval, tmp_path, cut):
    file = kit()
    file.write_text(file.read_text()[:-cut])
    for command in "join", "inspect":
        said = aval(command, file, expect=3).stderr
        assert "have it sent again" in said
    assert not (tmp_path / "state").exists()


def test_what_is_something_else_is_no_kit(aval, desk):
    said = aval("join", desk.product, expect=3).stderr
    assert "avalctl kit" in said


def test_without_a_product_or_a_license_there_is_no_kit(licensed, host, desk):
    failure = json.loads(licensed.ctl("kit", "--json", expect=14).stdout)
    assert failure["code"] == "kit-empty" and "avald import" in failure["message"]


def test_a_kit_is_made_without_a_running_host_and_says_what_it_lacks(served, aval, tmp_path):
    served.stop()
    file = tmp_path / "offline.kit"
    said = served.ctl("kit", "--output", file).stderr
    assert "avalctl introduce" in said
    assert json.loads(aval("inspect", file, "--json").stdout)["hosts"] != []


def test_dns_is_asked_where_the_kit_names_no_host(served, aval, tmp_path):
    file = tmp_path / "dns.kit"
    served.ctl("kit", "--hosts", "dns", "--output", file)
    assert json.loads(aval("inspect", file, "--json").stdout)["hosts"] == []


def test_an_older_issue_of_a_product_does_not_take_the_place_of_the_newer(served, desk, tmp_path):
    kept = list(served.data.glob("vendors/*/products/*"))
    assert [path.name for path in kept] == ["studio"]
    assert kept[0].read_text() == desk.product.read_text()
    assert "known already" in served.avald("import", desk.product).stdout


def test_products_of_kits_are_in_a_backup(served, build, run, tmp_path):
    served.avald("backup", tmp_path / "host.backup")
    assert b"/products/studio" in (tmp_path / "host.backup").read_bytes()


def test_a_user_of_the_machine_joins_for_himself(kit, aval):
    if os.geteuid() != 0:
        pytest.skip("not as root")
    said = aval("join", kit(), env={"AVAL_STATE": ""}).stdout
    assert "crontab -e" in said


def test_a_machine_without_a_network_begins_with_the_kit(kit, aval, served, tmp_path):
    file = kit()
    served.stop()
    aval("join", file, "--no-timer", expect=17)
    aval("request", "--license", file, "--output", tmp_path / "this.request")
    served.start()
    (tmp_path / "this.answer").write_text(served.ctl("answer", tmp_path / "this.request").stdout)
    aval("accept", tmp_path / "this.answer")
    assert json.loads(aval("status", "--json").stdout)["state"] == "licensed"
