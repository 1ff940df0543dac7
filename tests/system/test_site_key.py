"""The site key: how an organisation's machines are known, how it is exchanged for another, and what people are told."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil

import pytest
from hosting import Host, Machine, denial_code, machine_id

SITE_KEY = 15
REQUIRED = "[site]\nrequired = yes\n"


def shown(key_file, body):
    """The header of a machine that has that file, by another implementation."""
    key = base64.b64decode(re.fullmatch(r"aval site-key v1\nkey (\S{44})\n", key_file.read_text())[1])
    return "Aval-Site " + base64.b64encode(hmac.new(key, body.encode(), hashlib.sha256).digest()).decode()


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "avald.conf"
    path.write_text("")
    return path


@pytest.fixture
def serving(host, desk, config):
    """A licensed host with an empty configuration."""
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file()))
    return host.start("--config", config)


@pytest.fixture
def machine(build, run, tmp_path, desk, serving):
    return Machine(build, run, tmp_path / "machine", desk, serving)


def site_of(host):
    status = host.json("status")
    return {key.removeprefix("site_"): value for key, value in status.items() if key.startswith("site_")}


def require(host, config, text=REQUIRED, expect=0):
    config.write_text(text)
    return host.ctl("reload", expect=expect)


def rows(host):
    return host.json("machines")["machines"]


def code(machine):
    return machine.status()["last"]["code"]


def test_a_machine_with_the_site_key_is_served_and_one_without_gets_nothing(serving, config, machine):
    said = serving.avald("site-key", "new").stdout
    assert "aval site-key set FILE" in said and str(serving.data / "site-key") in said
    require(serving, config)
    denied = machine.activate(expect=SITE_KEY)
    assert "site-key-required" in denied.stdout + denied.stderr and "aval site-key set FILE" in denied.stdout + denied.stderr
    assert machine.status()["site_key"] == "no" and machine.status()["state"] != "licensed"
    assert rows(serving) == [] and serving.json("denials")["denials"] == [] and serving.json("status")["ledgers"][0]["size"] == 0
    machine.aval("site-key", "set", serving.data / "site-key")
    assert machine.status()["site_key"] == "yes" and "Site key" in machine.aval("status", "-v", expect=0).stdout
    machine.aval("activate")
    machine.aval("release")
    assert site_of(serving) == {"required": True, "keys": 1, "former": 0, "missing": 1, "wrong": 0}
    assert serving.json("status")["denied"] == [{"code": "site-key-required", "count": 1}]


def test_the_key_is_for_its_owners_alone_and_in_no_output_and_no_log(serving, config, machine):
    outputs = [serving.avald("site-key", "new").stdout]
    key = serving.data / "site-key"
    outputs += [machine.aval("site-key", "set", key).stdout, serving.avald("site-key", "new").stdout]
    require(serving, config, REQUIRED + "[log]\nlevel = debug\n")
    machine.aval("site-key", "set", "-", stdin=key.read_text())
    machine.activate()
    outputs += [serving.ctl("status").stdout, serving.ctl("status", "--json").stdout, machine.aval("status", "-v").stdout,
                serving.log()]
    kept = machine.folder / "secret" / "site+key"
    for path in key, serving.data / "site-key.former", kept:
        assert path.stat().st_mode & 0o777 == 0o600
        secret = path.read_text().split()[-1]
        assert len(secret) == 44 and not any(secret in output for output in outputs)
    assert kept.parent.stat().st_mode & 0o777 == 0o700 and kept.read_text() == key.read_text()


def test_what_a_machine_shows_is_the_hmac_of_what_it_sends(serving, config):
    serving.avald("site-key", "new")
    require(serving, config)
    body = serving.request(machine_id(1))
    key = serving.data / "site-key"
    assert ask(serving, body, None)[0] == 403
    assert ask(serving, body, shown(key, body + " ")) == (403, "site-key-wrong")
    assert ask(serving, body, shown(key, body).replace("Aval-Site", "Basic")) == (403, "site-key-wrong")
    assert rows(serving) == []
    assert ask(serving, body, shown(key, body)) == (200, None)
    assert len(rows(serving)) == 1


def ask(host, body, authorization, path="/v1/activate"):
    """Status and, of a denial, the code."""
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=20)
    connection.request("POST", path, body=body.encode(), headers={"Authorization": authorization} if authorization else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, None if answer.status == 200 else denial_code(text)


def test_required_switched_on_leaves_leases_in_force_and_names_the_way_back(serving, config, machine):
    machine.activate()
    lease = machine.status()["lease"]
    serving.avald("site-key", "new")
    machine.aval("renew", "--force")
    assert site_of(serving) == {"required": False, "keys": 1, "former": 0, "missing": 1, "wrong": 0}
    require(serving, config)
    denied = machine.aval("renew", "--force", expect=SITE_KEY)
    assert "site-key-required" in denied.stdout + denied.stderr
    machine.aval("release", expect=SITE_KEY)
    status = machine.status()
    assert status["state"] == "licensed" and status["lease"]["expires"] >= lease["expires"]
    assert "aval site-key set FILE" in status["why"]
    assert "required" in serving.ctl("status").stdout
    machine.aval("site-key", "set", serving.data / "site-key")
    machine.aval("renew", "--force")
    require(serving, config, "")
    machine.aval("site-key", "remove")
    machine.aval("renew", "--force")
    assert machine.status()["site_key"] == "no"


def test_a_new_key_reaches_the_machines_one_by_one(serving, config, machine, tmp_path):
    serving.avald("site-key", "new")
    first = shutil.copy(serving.data / "site-key", tmp_path / "first")
    machine.aval("site-key", "set", first)
    require(serving, config)
    machine.activate()
    serving.avald("site-key", "new")
    assert site_of(serving)["keys"] == 2 and "the former one holds too" in serving.ctl("status").stdout
    machine.aval("renew", "--force")
    assert site_of(serving)["former"] == 1, "the operator sees that not all machines have the new one"
    machine.aval("site-key", "set", serving.data / "site-key")
    machine.aval("renew", "--force")
    assert site_of(serving)["former"] == 1
    assert "does not hold any more" in serving.avald("site-key", "end").stdout
    assert site_of(serving)["keys"] == 1
    machine.aval("renew", "--force")
    machine.aval("site-key", "set", first)
    denied = machine.aval("renew", "--force", expect=SITE_KEY)
    assert "site-key-wrong" in denied.stdout + denied.stderr
    assert "the present one" in denied.stdout + denied.stderr and "aval site-key set FILE" in denied.stdout + denied.stderr
    assert machine.status()["state"] == "licensed" and site_of(serving)["wrong"] == 1


def test_a_wrong_key_is_no_reason_to_refuse_where_none_is_required(serving, machine, tmp_path):
    serving.avald("site-key", "new")
    (tmp_path / "other").write_text(f"aval site-key v1\nkey {base64.b64encode(os.urandom(32)).decode()}\n")
    machine.aval("site-key", "set", tmp_path / "other")
    machine.activate()
    assert site_of(serving) == {"required": False, "keys": 1, "former": 0, "missing": 0, "wrong": 1}


def test_hosts_of_one_organisation_share_a_key(serving, build, run, tmp_path):
    serving.avald("site-key", "new")
    key = serving.data / "site-key"
    second = Host(build, run, tmp_path / "second", "kms2.uni.example")
    second.set_up()
    second.avald("site-key", "set", key)
    assert (second.data / "site-key").read_text() == key.read_text()
    assert "in use already" in second.avald("site-key", "set", "-", stdin=key.read_text()).stdout
    second.avald("site-key", "new")
    assert (second.data / "site-key.former").read_text() == key.read_text()
    second.avald("site-key", "set", serving.data / "host", expect=3)
    assert (second.data / "site-key.former").read_text() == key.read_text()
    second.avald("site-key", "remove")
    assert not list(second.data.glob("site-key*"))


def test_a_host_that_requires_a_key_and_has_none_says_so(serving, config, machine):
    require(serving, config)
    status = serving.json("status")
    assert status["trouble"] == "site-key-absent" and status["site_keys"] == 0
    assert "avald site-key new" in serving.ctl("status").stdout
    serving.logs("site-key-absent")
    machine.activate(expect=SITE_KEY)
    serving.avald("site-key", "new")
    assert serving.json("status")["trouble"] == ""
    machine.aval("site-key", "set", serving.data / "site-key")
    machine.aval("activate")


def test_a_host_that_starts_so_says_so_too(serving, config):
    serving.stop()
    config.write_text(REQUIRED)
    serving.start("--config", config)
    assert serving.json("status")["trouble"] == "site-key-absent"
    serving.stop()
    serving.avald("site-key", "new")
    serving.start("--config", config)
    assert serving.json("status")["trouble"] == "" and site_of(serving)["keys"] == 1
    assert ask(serving, serving.request(machine_id(1)), None) == (403, "site-key-required")


def test_who_makes_one_too_many_or_takes_the_last_away_is_told(serving, config, machine):
    ended = "does not hold any more"
    assert all(ended not in serving.avald("site-key", "new").stdout for _ in range(2))
    machine.aval("site-key", "set", serving.data / "site-key.former")
    assert ended in serving.avald("site-key", "new").stdout
    require(serving, config)
    machine.activate(expect=SITE_KEY)
    serving.avald("site-key", "set", machine.folder / "secret" / "site+key")
    machine.aval("activate")
    done = serving.avald("site-key", "remove", "--config", config)
    assert "until there is one again" in done.stdout + done.stderr
    assert serving.json("status")["trouble"] == "site-key-absent"
    assert "until there is one again" not in serving.avald("site-key", "remove").stderr


def test_a_flag_overrides_what_a_reload_reads(serving, config):
    serving.avald("site-key", "new")
    serving.stop()
    serving.start("--config", config, "--site-required", "yes")
    config.write_text("[site]\nrequired = no\n")
    serving.ctl("reload")
    assert site_of(serving)["required"]


def test_a_configuration_with_a_fault_changes_nothing(serving, config):
    serving.avald("site-key", "new")
    require(serving, config)
    assert "perhaps" in require(serving, config, "[site]\nrequired = perhaps\n", expect=2).stderr
    assert site_of(serving)["required"]
    serving.logs("config-refused")


def test_a_key_file_that_does_not_hold_lets_nobody_in_and_is_named(serving, config, machine):
    serving.avald("site-key", "new")
    machine.aval("site-key", "set", serving.data / "site-key")
    (serving.data / "site-key").write_text("aval site-key v1\nkey lost\n")
    require(serving, config)
    status = serving.json("status")
    assert status["trouble"] == "site-key-absent"
    assert [(out["vendor"], out["file"], out["line"]) for out in status["left_out"]] == [("", "site-key", 2)]
    assert "site-key, line 2" in serving.ctl("status").stdout
    denied = machine.activate(expect=SITE_KEY)
    assert "site-key-wrong" in denied.stdout + denied.stderr
    serving.avald("site-key", "set", machine.folder / "secret" / "site+key")
    machine.aval("activate")


@pytest.mark.parametrize("content, code", [(b"", "text-empty"), (b"\0" * 44, "document-value"), (b"\0" * 5000, "file-too-large")],
                         ids=["empty", "zeros", "too large"])
def test_the_advice_on_a_damaged_key_file_is_one_that_works(serving, config, machine, tmp_path, content, code):
    serving.avald("site-key", "new")
    former = shutil.copy(serving.data / "site-key", tmp_path / "former")
    serving.avald("site-key", "new")
    lost = shutil.copy(serving.data / "site-key", tmp_path / "lost")
    machine.aval("site-key", "set", former)
    (serving.data / "site-key").write_bytes(content)
    require(serving, config)
    assert [(out["file"], out["code"]) for out in serving.json("status")["left_out"]] == [("site-key", code)]
    machine.activate()
    said = serving.avald("site-key", "new").stdout
    assert f"{serving.data}/site-key held no site key, and was replaced ({code}" in said and "avald site-key set FILE" in said
    assert serving.json("status")["trouble"] == "" and site_of(serving)["keys"] == 2, "the sound former key goes on to hold"
    machine.aval("renew", "--force")
    machine.aval("site-key", "set", lost)
    assert "site-key-wrong" in machine.aval("renew", "--force", expect=SITE_KEY).stderr
    assert "held no site key" not in serving.avald("site-key", "set", lost).stdout
    machine.aval("renew", "--force")


def test_without_any_key_that_holds_status_names_what_puts_one_back(serving, config):
    serving.avald("site-key", "new")
    (serving.data / "site-key").write_bytes(b"")
    require(serving, config)
    said = " ".join(serving.ctl("status").stdout.split())
    assert "site-key-absent" in said and "avald site-key set FILE" in said and "avald site-key new" in said
    assert "text-empty" in serving.avald("site-key", "new").stdout
    assert serving.json("status")["trouble"] == "" and serving.ctl("status").stdout


def test_a_key_file_that_cannot_be_read_is_named_and_left_alone(serving):
    (serving.data / "site-key").mkdir()
    assert str(serving.data / "site-key") in serving.avald("site-key", "new", expect=5).stderr
    assert (serving.data / "site-key").is_dir()


def test_backups_hold_the_keys_or_leave_them_out(serving, build, run, tmp_path):
    serving.avald("site-key", "new")
    serving.avald("site-key", "new")
    names = "site-key", "site-key.former"
    texts = [(serving.data / name).read_text() for name in names]
    for flags, kept in ((), texts), (("--without-keys",), None):
        file, folder = tmp_path / f"backup{len(flags)}", tmp_path / f"again{len(flags)}"
        serving.avald("backup", *flags, file)
        assert all((text.split()[-1].encode() in file.read_bytes()) is (kept is not None) for text in texts)
        Host(build, run, folder).avald("restore", file)
        if kept is None:
            assert not list(folder.glob("site-key*"))
            continue
        assert [(folder / name).read_text() for name in names] == kept
        assert all((folder / name).stat().st_mode & 0o777 == 0o600 for name in names)


def test_what_is_no_site_key_is_not_taken(machine, desk):
    for text, status in ("", 3), ("aval hosts v1\nhost kms:1\n", 3), ("aval site-key v1\nkey AAAA\n", 3):
        machine.aval("site-key", "set", "-", stdin=text, expect=status)
    machine.aval("site-key", "set", desk.key_file, expect=3)
    machine.aval("site-key", "set", "/nonexistent", expect=5)
    done = machine.aval("--json", "site-key", "set", "-", stdin="x", expect=3)
    assert json.loads(done.stdout)["code"]
    assert machine.status()["site_key"] == "no"
    machine.aval("site-key", "remove")


def test_a_machine_of_one_host_that_requires_it_and_one_that_does_not_goes_on_to_the_other(serving, config, machine, desk, build,
                                                                                           run, tmp_path):
    other = Host(build, run, tmp_path / "other", "kms2.uni.example")
    other.set_up(desk)
    other.avald("import", desk.license(other.request_file(), "other.license"))
    other.start()
    try:
        serving.avald("site-key", "new")
        require(serving, config)
        machine.aval("host", "set", f"127.0.0.1:{serving.port}", f"127.0.0.1:{other.port}")
        done = machine.aval("activate")
        assert "site-key-required" in done.stdout + done.stderr
        assert machine.status()["lease"]["activation_host"] == "kms2.uni.example"
    finally:
        other.stop()
