"""avalctl: what an operator sees of a running host and how it is steered; and who may."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest
from hosting import HOST, VENDOR, denial_code, machine_id

USAGE, FILES, NO_HOST = 2, 5, 17
NOBODY = 65534
is_root = os.geteuid() == 0
pytestmark = pytest.mark.threads


def columns(table):
    """Where each column of a table begins, by its header."""
    header = table.splitlines()[0]
    return {match[0]: match.start() for match in re.finditer(r"\S+(?: \S+)*", header)}


def test_status_says_how_the_host_is_doing(licensed):
    assert licensed.activate_many(machine_id(n) for n in range(3)) == [200] * 3
    assert licensed.activate(machine_id(0))[0] == 200
    assert licensed.activate(machine_id(9), edition="edu")[0] == 404
    status = licensed.json("status")
    assert (status["granted"], status["repeated"], status["released"]) == (3, 1, 0)
    assert status["denied"] == [{"code": "no-license", "count": 1}]
    assert status["host"] == HOST and status["port"] == licensed.port and status["trouble"] == ""
    assert status["batches"] >= 3 and status["largest_batch"] >= 1 and status["signatures"] >= 3
    assert 0 <= status["now"] - status["started"] < 100
    ledger = status["ledgers"][0]
    assert ledger["vendor"] == VENDOR and ledger["origin"] == f"{HOST}/{VENDOR}"
    assert ledger["size"] == ledger["checkpoint_size"] == 3
    terms = status["licenses"][0]
    assert (terms["count"], terms["threshold"], terms["held"], terms["seats"]) == (3, 1, 3, 28)
    assert terms["state"] == "in-force" and terms["customer"] == "University of Example"
    assert terms["lease"] == 180 * 86400

    said = licensed.ctl("status").stdout
    for part in (HOST, "none", "no-license 1", "3/1", "3/28", "180d/7d/2h", "in-force", f"{HOST}/{VENDOR}"):
        assert part in said, said


def test_a_host_without_anything_says_what_to_do_first(host):
    host.set_up()
    host.start()
    said = host.ctl("status").stdout
    assert "avald enroll" in said and "avald import" in said
    assert host.ctl("machines").stdout == "No machines.\n"
    assert host.ctl("denials").stdout == "No denials.\n"


def test_licenses_shows_revoked_and_ended_and_coming_ones(host, desk):
    host.set_up(desk)
    request = host.request_file()
    files = {
        "in-force": desk.license(request, "a.license"),
        "not-yet-valid": desk.license(request, "b.license", extra=["--from", "2099-01-01", "--until", "2099-02-01"]),
        "revoked": desk.license(request, "c.license"),
    }
    ids = {state: re.search("^license (.*)$", path.read_text(), re.MULTILINE)[1] for state, path in files.items()}
    host.avald("import", *files.values(), desk.revoke(ids["revoked"], name="r"))
    host.start()
    assert {row["id"]: row["state"] for row in host.json("licenses")["licenses"]} == {
        name: state for state, name in ids.items()
    }
    table = host.ctl("licenses").stdout
    at = columns(table)["STATE"]
    assert sorted(line[at:] for line in table.splitlines()[1:]) == ["in-force", "not-yet-valid", "revoked"]


def test_machines_are_listed_found_and_shown(licensed):
    machines = sorted(machine_id(n) for n in range(5))
    licensed.activate_many(machines)
    assert [row["machine"] for row in licensed.json("machines")["machines"]] == machines
    assert [row["machine"] for row in licensed.json("machines", "list")["machines"]] == machines
    assert [row["machine"] for row in licensed.json("machines", "find", machines[2][:6])["machines"]] == [machines[2]]
    assert len(licensed.json("machines", "find", "127.0.0.1")["machines"]) == 5
    assert licensed.json("machines", "find", "192.0.2.1")["machines"] == []
    shown = licensed.json("machines", "show", machines[3][:8].upper())
    assert shown["machine"] == machines[3] and shown["blocked"] is False
    assert shown["licenses"][0]["holding"] and shown["licenses"][0]["counted"]
    assert shown["licenses"][0]["product"] == "studio" and shown["licenses"][0]["edition"] == "pro"
    said = licensed.ctl("machines", "show", machines[3]).stdout
    assert "holds a lease" in said and "127.0.0.1" in said
    table = licensed.ctl("machines").stdout
    at = columns(table)
    for line in table.splitlines()[1:]:
        assert line[at["STATE"] :].startswith("holds a lease") and line[at["ADDRESS"] :] == "127.0.0.1"


def test_a_long_list_comes_whole_and_a_short_limit_says_that_there_is_more(host, desk):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=5000))
    host.start()
    machines = sorted(machine_id(n) for n in range(1105))
    assert set(host.activate_many(machines)) == {200}
    listed = host.json("machines", "--limit", 2000)
    assert [row["machine"] for row in listed["machines"]] == machines and listed["next"] == ""
    first = host.json("machines", "--limit", 1001)
    assert [row["machine"] for row in first["machines"]] == machines[:1001] and first["next"] != ""
    some = host.ctl("machines", "--limit", 3)
    assert len(some.stdout.splitlines()) == 4 and "more" in some.stderr
    assert len(host.json("machines")["machines"]) == 100


def test_filters_show_what_they_say(licensed):
    machines = [machine_id(n) for n in range(3)]
    licensed.activate_many(machines)
    license_id = licensed.json("licenses")["licenses"][0]["id"]
    licensed.ctl("block", machines[0])
    assert [row["machine"] for row in licensed.json("machines", "--blocked")["machines"]] == [machines[0]]
    assert len(licensed.json("machines", "--holding")["machines"]) == 3
    assert len(licensed.json("machines", "--license", license_id)["machines"]) == 3
    assert "not-found" in licensed.ctl("machines", "--license", "nothing", expect=USAGE).stderr


def test_a_license_that_no_machine_asked_for_has_no_machines(host, desk):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file()))
    host.start()
    license_id = host.json("licenses")["licenses"][0]["id"]
    assert host.json("machines", "--license", license_id)["machines"] == []


def test_denials_are_listed_the_newest_first_and_for_a_machine(host, desk):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), threshold=25))
    host.start()
    machines = [machine_id(n) for n in range(4)]
    assert set(host.activate_many(machines)) == {409}
    rows = host.json("denials")["denials"]
    assert [row["machine"] for row in rows] == machines[::-1]
    assert {row["code"] for row in rows} == {"below-threshold"}
    assert [row["number"] for row in rows] == sorted((row["number"] for row in rows), reverse=True)
    assert [row["machine"] for row in host.json("denials", "--machine", machines[1][:10])["denials"]] == [machines[1]]
    assert len(host.json("denials", "--limit", 2)["denials"]) == 2
    assert "more" in host.ctl("denials", "--limit", 2).stderr
    assert "below-threshold" in host.ctl("denials").stdout
    assert len(host.json("machines", "show", machines[0])["denials"]) == 1
    assert "below-threshold" in host.ctl("machines", "show", machines[0]).stdout


def test_a_blocked_machine_is_denied_until_it_is_unblocked(licensed):
    machine = machine_id(1)
    assert licensed.activate(machine)[0] == 200
    assert "blocked" in licensed.ctl("block", machine[:6], "--reason", "stolen on 3 May").stdout
    status, body = licensed.activate(machine, number=2)
    assert (status, denial_code(body)) == (403, "machine-blocked")
    shown = licensed.json("machines", "show", machine)
    assert shown["blocked"] and shown["blocked_reason"] == "stolen on 3 May"
    assert "stolen on 3 May" in licensed.ctl("machines", "show", machine).stdout
    assert "blocked" in licensed.ctl("machines", "--blocked").stdout
    assert "blocked, holds a seat" in licensed.ctl("machines", "--blocked").stdout
    licensed.ctl("block", machine)
    again = licensed.json("machines", "show", machine)
    assert [again[key] for key in ("blocked_reason", "blocked_since")] == [shown[key] for key in ("blocked_reason", "blocked_since")]
    licensed.ctl("unblock", machine[:6])
    assert licensed.activate(machine, number=3)[0] == 200
    assert "not-found" in licensed.ctl("unblock", machine, expect=USAGE).stderr


def test_a_block_outlasts_a_restart(licensed):
    assert licensed.activate(machine_id(1))[0] == 200
    licensed.ctl("block", machine_id(1))
    licensed.stop()
    licensed.start()
    assert licensed.activate(machine_id(1), number=2)[0] == 403


def test_what_the_store_says_of_a_failure_is_shown(licensed):
    licensed.stop()
    licensed.sql("DROP TABLE denial")
    licensed.start()
    said = licensed.ctl("denials", expect=FILES).stderr
    assert "(store-corrupt)" in said and "no such table: denial (SQLite 1)" in said


@pytest.mark.parametrize(
    "name,code", [("abc", "usage"), ("xyz!", "usage"), ("0" * 33, "usage"), ("0000", "not-found"), ("0" * 32, "not-found")]
)
def test_what_names_no_machine_is_refused(licensed, name, code):
    for command in (["machines", "show", name], ["block", name], ["unblock", name], ["denials", "--machine", name]):
        assert f"({code})" in licensed.ctl(*command, expect=USAGE).stderr
        assert licensed.json(*command, expect=USAGE)["code"] == code


def test_digits_with_which_several_machines_begin_are_refused(licensed):
    begun = {}
    for number in range(10000):  # until two begin with the same four digits
        machine = machine_id(number)
        if machine[:4] in begun:
            break
        begun[machine[:4]] = machine
    machines = sorted((begun[machine[:4]], machine))
    digits = os.path.commonprefix(machines)
    licensed.activate_many(machines)
    said = licensed.ctl("block", digits, expect=USAGE).stderr
    assert "several machines" in said
    licensed.ctl("block", machines[0][: len(digits) + 1])
    assert [row["machine"] for row in licensed.json("machines", "--blocked")["machines"]] == machines[:1]


@pytest.mark.parametrize("reason", [" x", "x ", "two\nlines", "x" * 129])
def test_a_reason_is_one_line(licensed, reason):
    licensed.activate(machine_id(1))
    licensed.ctl("block", machine_id(1), "--reason", reason, expect=USAGE)
    assert licensed.json("machines", "--blocked")["machines"] == []


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1000001"])
def test_a_limit_is_a_number_from_one(licensed, limit):
    licensed.ctl("machines", f"--limit={limit}", expect=USAGE)
    licensed.ctl("denials", f"--limit={limit}", expect=USAGE)


def test_reload_says_what_the_host_has_then(licensed):
    assert "1 license of 1 vendor" in licensed.ctl("reload").stdout
    assert licensed.json("reload") == {"done": True, "vendors": 1, "licenses": 1, "left_out": 0, "refused": [], "waiting": []}


@pytest.fixture
def config(host, desk, tmp_path):
    """The configuration of a host that serves."""
    path = tmp_path / "avald.conf"
    path.write_text("[machines]\n")
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file()))
    host.start("--config", path)
    return path


MISTYPED = "[machines]\nnetworks = 10.0.0.1/8\n[site]\nrequired = yes\n"


def test_a_configuration_that_is_refused_is_said_by_reload_and_by_status_until_one_is_taken(host, config):
    assert host.json("status")["refused"] == []
    config.write_text(MISTYPED)
    done = host.ctl("reload", expect=USAGE)
    assert "Read again:" not in done.stdout and "1 license of 1 vendor" in done.stdout
    assert f"{config}: line 2: " in done.stderr and "(config-bad-value): " in done.stderr and "10.0.0.0/8" in done.stderr
    assert "stays in force" in done.stderr and "avald check-config FILE" in done.stderr
    refused = host.json("reload", expect=USAGE)["refused"][0]
    assert (refused["what"], refused["file"], refused["line"]) == ("configuration", str(config), 2)
    assert refused["code"] == "config-bad-value" and "10.0.0.0/8" in refused["words"]
    status = host.json("status")
    assert status["trouble"] == "config-bad-value" and status["refused"] == [refused] and not status["site_required"]
    said = " ".join(host.ctl("status").stdout.split())
    assert f"configuration: config-bad-value: {config}, line 2: " in said and "stays in force" in said
    assert host.activate(machine_id(1))[0] == 200, "it is asked from no network that the refused file lists"
    assert "refused that" in host.avald("site-key", "new").stderr, "who has the folder read again is told too"
    assert host.json("status")["refused"][0]["line"] == 2
    config.write_text("[site]\nrequired = yes\n")
    host.ctl("reload")
    status = host.json("status")
    assert (status["trouble"], status["refused"], status["site_required"]) == ("", [], True)
    assert "stays in force" not in host.ctl("status").stdout


@pytest.mark.parametrize("content, code, expect", [
    (b"[site]\nrequired = " + "\u00fc".encode() * 40 + b"\n", "config-bad-value", USAGE), (b"[site]\nrequired = \xff\xfe\n", "config-bad-value", USAGE),
    (b"nothing\n", "config-syntax", USAGE), (b"[site]\nneeded = yes\n", "config-unknown-key", USAGE), (b"#" * 70000, "file-too-large", 3),
    (None, "file-read", FILES)], ids=["a character cut", "not text", "syntax", "key", "size", "gone"])
def test_whatever_is_wrong_with_the_configuration_it_is_said(host, config, content, code, expect):
    config.unlink() if content is None else config.write_bytes(content)
    host.process.send_signal(signal.SIGHUP)
    host.wait_for(lambda: "event=config-refused" in host.log())
    assert code in host.ctl("reload", expect=expect).stderr
    assert [row["code"] for row in host.json("status")["refused"]] == [code]
    assert f"configuration: {code}: {config}" in " ".join(host.ctl("status").stdout.split())


def test_a_folder_that_cannot_be_read_again_is_said_too(host, config):
    name = (host.data / "host").read_bytes()
    (host.data / "host").write_text("")
    config.write_text(MISTYPED)
    done = host.ctl("reload", expect=USAGE)
    assert "of 1 vendor" not in done.stdout and str(host.data) in done.stderr and str(config) in done.stderr
    assert [row["what"] for row in host.json("status")["refused"]] == ["configuration", "folder"]
    assert host.activate(machine_id(1))[0] == 200
    (host.data / "host").write_bytes(name)
    config.write_text("")
    host.ctl("reload")
    assert host.json("status")["refused"] == []


def test_options_that_wait_for_a_restart_are_named_by_reload_and_status(host, config):
    config.write_text("[limits]\nqueue = 7\nbatch = 5\n")
    waits = "Changed, and in force only after a restart of the host: queue, batch\n"
    assert waits in host.ctl("reload").stdout and waits in host.ctl("status").stdout
    assert host.json("reload")["waiting"] == [{"option": "queue"}, {"option": "batch"}]
    assert host.json("status")["waiting"] == [{"option": "queue"}, {"option": "batch"}]
    config.write_text("")
    host.ctl("reload")
    assert host.json("status")["waiting"] == [] and "restart" not in host.ctl("status").stdout


def test_without_a_host_it_says_so(host):
    host.set_up()
    said = host.ctl("status", expect=NO_HOST)
    assert "control-absent" in said.stderr and str(host.data) in said.stderr
    assert host.json("status", expect=NO_HOST)["code"] == "control-absent"


def test_without_a_folder_it_says_so(host):
    assert "control-absent" in host.ctl("status", expect=NO_HOST).stderr


def test_after_a_killed_host_it_says_so(licensed):
    import signal

    licensed.stop(signal.SIGKILL, expect=-signal.SIGKILL)
    assert "control-absent" in licensed.ctl("status", expect=NO_HOST).stderr


def test_a_proxy_of_the_environment_is_not_asked(licensed):
    licensed.ctl("status", env={"http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"})


# The socket


def as_nobody(licensed, *args):
    """Runs avalctl as another user, from a place where that user can execute it."""
    return subprocess.run(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *map(str, args), "--data",
         str(licensed.data), "--json"],
        capture_output=True, text=True, cwd="/", env={"PATH": os.environ["PATH"]}, timeout=60, check=False)


@pytest.fixture
def for_all(licensed, tmp_path):
    """A copy of avalctl that every user can execute, and a way to the data folder that every user can go."""
    if not is_root or shutil.which("setpriv") is None:
        pytest.skip("only root can become another user")
    copy = tmp_path / "avalctl"
    shutil.copy(licensed.avalctl_program, copy)
    copy.chmod(0o755)
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_mode & 0o005 != 0o005 and str(folder) != "/" and len(folder.parts) > 2:
            folder.chmod(0o755)
    return copy


def test_another_user_does_not_reach_the_socket(licensed, for_all):
    assert (licensed.data / "control.sock").stat().st_mode & 0o777 == 0o600
    done = as_nobody(licensed, for_all, "status")
    assert done.returncode == FILES and json.loads(done.stdout)["code"] == "control-refused", done.stderr


def test_another_user_who_reaches_the_socket_is_refused_by_the_host(licensed, for_all):
    licensed.data.chmod(0o755)
    (licensed.data / "control.sock").chmod(0o666)
    for command in (["status"], ["reload"], ["block", machine_id(1)]):
        done = as_nobody(licensed, for_all, *command)
        assert done.returncode == FILES and json.loads(done.stdout)["code"] == "control-refused", done.stderr
    licensed.logs("event=control-refused")
    assert "event=blocked" not in licensed.log()


def over_the_socket(licensed, *args):
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")
    done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", "--unix-socket", "control.sock", *args],
                          capture_output=True, text=True, cwd=licensed.data, timeout=60, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


@pytest.mark.parametrize(
    "path,args,status,code",
    [
        ("/v1/nothing", [], 404, "no-such-page"),
        ("/", [], 404, "no-such-page"),
        ("/v1/machines/%2e%2e", [], 400, "usage"),
        ("/v1/machines/abcd/erase", ["-d", ""], 404, "no-such-page"),
        ("/v1/status", ["-d", ""], 405, "wrong-method"),
        ("/v1/reload", [], 405, "wrong-method"),
        ("/v1/status", ["-X", "DELETE"], 405, "wrong-method"),
        ("/v1/machines?limit=0", [], 400, "usage"),
        ("/v1/machines?limit=x", [], 400, "usage"),
        ("/v1/machines?after=x", [], 400, "usage"),
        ("/v1/machines?after=1-zz", [], 400, "usage"),
        ("/v1/denials?before=-1", [], 400, "usage"),
        (f"/v1/machines/{machine_id(1)}/block", ["-d", "not json"], 400, "usage"),
        (f"/v1/machines/{machine_id(1)}/block", ["-d", "x" * 5000], 413, "request-too-large"),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_with_its_code(licensed, path, args, status, code):
    licensed.activate(machine_id(1))
    answered, body = over_the_socket(licensed, *args, "--globoff", f"http://host{path}")
    assert (answered, body["code"]) == (status, code)


def test_a_page_is_never_longer_than_its_limit(licensed):
    licensed.activate_many(machine_id(n) for n in range(5))
    assert len(over_the_socket(licensed, "http://host/v1/machines?limit=2")[1]["machines"]) == 2
    assert len(over_the_socket(licensed, "http://host/v1/machines?limit=4294967295")[1]["machines"]) == 5


# Writing an export


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_an_export_that_cannot_be_written_says_why(licensed):
    assert licensed.activate_many(machine_id(n) for n in range(3)) == [200] * 3
    with open("/dev/full", "wb") as full:
        done = subprocess.run([licensed.avalctl_program, "ledger", "export", "--data", licensed.data],
                              stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == FILES
    assert "(file-write): standard output: No space left on device" in done.stderr
    said = licensed.ctl("ledger", "export", "--output", "missing/ledger", expect=FILES).stderr
    assert "missing/ledger: " in said and "(file-write): No such file or directory" in said


@pytest.mark.parametrize("command", ["checkpoint", "export"])
def test_a_question_that_is_too_long_is_not_asked_in_part(licensed, command):
    said = licensed.ctl("ledger", command, "--vendor", "v" * 5000, expect=USAGE).stderr
    assert "the arguments are too long" in said
