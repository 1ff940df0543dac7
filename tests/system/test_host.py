"""avald: set-up, import, serving, signals, configuration, and what happens when files and disks are in the way."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hosting import HOST, VENDOR, Desk, Host, denial_code, machine_id
from independent import Proof, VerifierKey, check_proof, open_leaf

USAGE, INPUT, TRUST, FILES, CONFLICT, BUSY = 2, 3, 4, 5, 6, 18
ROOT = Path(__file__).resolve().parents[2]
is_root = os.geteuid() == 0
pytestmark = pytest.mark.threads


def proof_of(answer):
    """The tlog-proof within an answer."""
    assert answer.startswith("aval answer v1\n"), answer
    return answer[answer.index("c2sp.org/tlog-proof@v1") :]


# Setting up


def test_init_makes_a_folder_for_its_owner_alone(host):
    said = host.avald("init", "--name", HOST)
    assert HOST in said.stdout and "enroll" in said.stderr
    assert host.data.stat().st_mode & 0o777 == 0o700
    assert (host.data / "host").read_text() == HOST + "\n"


def test_init_is_refused_where_there_is_a_host(host):
    host.set_up()
    said = host.avald("init", "--name", "other.example", expect=CONFLICT)
    assert "file-exists" in said.stderr
    assert (host.data / "host").read_text() == HOST + "\n"


@pytest.mark.parametrize("name", ["", "Upper.example", "two words", "a/b", "..", "x" * 128])
def test_init_refuses_what_is_no_host_name(host, name):
    host.avald("init", "--name", name, expect=USAGE)
    assert not host.data.exists()


def test_init_needs_a_name(host):
    assert "--name" in host.avald("init", expect=USAGE).stderr


def test_init_says_why_a_folder_cannot_be_made(host, tmp_path):
    (tmp_path / "host").write_text("a file")
    assert "file-write" in host.avald("init", "--name", HOST, expect=FILES).stderr


def test_every_command_but_init_needs_a_folder_that_is_a_hosts(host, desk):
    host.data.mkdir()
    for command in (["enroll", desk.key, "--customer", "X"], ["import", desk.key_file], ["serve"]):
        assert "not-set-up" in host.avald(*command, expect=USAGE).stderr


def test_enroll_says_where_the_request_is_and_what_to_do_next(host, desk, tmp_path):
    host.set_up()
    said = host.avald("enroll", desk.key, "--customer", "University of Example", "--output", tmp_path / "request")
    assert str(tmp_path / "request") in said.stdout
    assert "import" in said.stderr
    inspected = desk.run("inspect", tmp_path / "request").stdout
    assert HOST in inspected and "University of Example" in inspected


def test_enroll_takes_a_key_or_a_file_and_gives_the_same_request_again(host, desk):
    host.set_up()
    host.avald("enroll", desk.key, "--customer", "One")
    first = host.request_file().read_text()
    again = host.avald("enroll", desk.key_file, "--customer", "Two", "--output", "-")
    assert again.stdout == first
    assert host.request_file().read_text() == first


def test_enroll_refuses_another_key_of_an_enrolled_vendor(host, desk, build, run, tmp_path):
    host.set_up(desk)
    (tmp_path / "other").mkdir()
    other = Desk(build, run, tmp_path / "other")
    assert "file-exists" in host.avald("enroll", other.key, "--customer", "X", expect=CONFLICT).stderr


@pytest.mark.parametrize("key", ["acme.example", "acme.example+00000000+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ""])
def test_enroll_refuses_what_is_no_key(host, key):
    host.set_up()
    assert "key-form" in host.avald("enroll", key, "--customer", "X", expect=INPUT).stderr


def test_enroll_needs_a_customer(host, desk):
    host.set_up()
    host.avald("enroll", desk.key, expect=USAGE)
    host.avald("enroll", desk.key, "--customer", "", expect=USAGE)
    host.avald("enroll", desk.key, "--customer", "two\nlines", expect=USAGE)
    assert not host.request_file().exists()


# Importing


def test_import_reports_each_file_and_knows_it_the_second_time(host, desk):
    host.set_up(desk)
    first = desk.license(host.request_file(), "a.license", threshold=25, seats=28)
    second = desk.license(host.request_file(), "b.license")
    said = host.avald("import", first, second).stdout.splitlines()
    assert len(said) == 2
    assert "a.license" in said[0] and "28 seats" in said[0] and "threshold 25" in said[0]
    assert "known already" in host.avald("import", first).stdout


def test_import_goes_on_behind_a_file_that_is_refused(host, desk, tmp_path):
    host.set_up(desk)
    good = desk.license(host.request_file())
    (tmp_path / "junk").write_text("hello\n")
    said = host.avald("import", tmp_path / "junk", tmp_path / "absent", good, expect=INPUT)
    assert "note-form" in said.stderr and "file-read" in said.stderr
    assert "license" in said.stdout
    assert len(list((host.data / f"vendors/{VENDOR}/licenses").iterdir())) == 1


def test_import_refuses_a_license_of_a_vendor_that_is_not_enrolled(host, desk, build, run, tmp_path):
    host.set_up(desk)
    (tmp_path / "other").mkdir()
    impostor = Desk(build, run, tmp_path / "other")
    foreign = impostor.license(host.request_file(), "foreign.license")
    assert "signer-unknown" in host.avald("import", foreign, expect=TRUST).stderr
    assert not list((host.data / f"vendors/{VENDOR}/licenses").iterdir())


def test_import_refuses_a_license_for_another_host(host, desk, build, run, tmp_path):
    host.set_up(desk)
    other = Host(build, run, tmp_path / "other-host")
    other.set_up(desk)
    license_file = desk.license(other.request_file())
    assert "license-other-host" in host.avald("import", license_file, expect=TRUST).stderr


def test_import_refuses_older_revocations(host, desk):
    host.set_up(desk)
    first = desk.license(host.request_file(), "a.license")
    second = desk.license(host.request_file(), "b.license")
    ids = [re.search("^license (.*)$", path.read_text(), re.MULTILINE)[1] for path in (first, second)]
    older = desk.revoke(ids[0], name="1.revocations")
    newer = desk.revoke(ids[1], name="2.revocations")
    assert "revocations 2" in host.avald("import", newer).stdout
    assert "revocations-older" in host.avald("import", older, expect=CONFLICT).stderr
    assert "known already" in host.avald("import", newer).stdout


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n", b"x" * 200000, b"aval license v1\n"],
                         ids=["empty", "not UTF-8", "too large", "not signed"])
def test_import_refuses_what_is_no_document(host, desk, tmp_path, content):
    host.set_up(desk)
    (tmp_path / "file").write_bytes(content)
    host.avald("import", tmp_path / "file", expect=INPUT)


def test_import_refuses_another_kind_of_document(host, desk):
    host.set_up(desk)
    assert "document-type" in host.avald("import", host.request_file(), expect=INPUT).stderr


def test_import_tells_a_running_host_which_serves_it_at_once(host, desk):
    host.set_up(desk)
    host.start()
    status, body = host.activate(machine_id(1))
    assert (status, denial_code(body)) == (404, "no-license")
    said = host.avald("import", desk.license(host.request_file()))
    assert "was told" in said.stderr
    assert host.activate(machine_id(1))[0] == 200


def test_enrolling_with_a_vendor_while_a_host_runs_gives_it_a_ledger_at_once(host, desk):
    host.set_up()
    host.start()
    host.enroll(desk)
    host.avald("import", desk.license(host.request_file()))
    status, body = host.activate(machine_id(1))
    assert status == 200
    key = VerifierKey.parse((host.data / f"vendors/{VENDOR}/host.vkey").read_text())
    assert check_proof(proof_of(body), key).size == 1


# Serving


def test_a_machine_activates_and_what_it_gets_verifies(licensed):
    status, body = licensed.activate(machine_id(1))
    assert status == 200, body
    key = VerifierKey.parse((licensed.data / f"vendors/{VENDOR}/host.vkey").read_text())
    check_proof(proof_of(body), key)
    _, request = open_leaf(Proof.parse(proof_of(body)).extra)
    assert (request.key.name, request.number, request.host_key) == (machine_id(1), 1, key)


def test_the_programs_activate_a_machine_from_end_to_end(licensed, desk, build, run, tmp_path):
    def aval(*args, **kwargs):
        return run(build / "src/programs/aval", "--state", tmp_path / "machine", *args, **kwargs)

    aval("product", "install", desk.product, "--vendor-key", desk.key)
    key = re.search(r"\b(?:[0-9A-Z]{5}-){4}[0-9A-Z]{5}\b", desk.run("key").stdout)[0]
    aval("key", "install", key)
    aval("host", "set", f"127.0.0.1:{licensed.port}")
    aval("activate")
    assert licensed.json("status")["granted"] == 1


def test_the_log_has_one_line_for_the_start_with_what_a_person_needs(licensed):
    started = [line for line in licensed.log().splitlines() if " event=started " in line]
    assert len(started) == 1
    for part in (f"host={HOST}", f"port={licensed.port}", "vendors=1", "licenses=1"):
        assert part in started[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order_and_cleans_up(licensed, number):
    assert licensed.activate(machine_id(1))[0] == 200
    licensed.stop(number)
    assert not (licensed.data / "port").exists()
    assert not (licensed.data / "control.sock").exists()
    assert "event=stopped" in licensed.log()


def test_a_second_signal_does_not_hurry_it(licensed):
    process = licensed.process
    for _ in range(20):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGINT)
    licensed.stop()


def test_no_process_is_left_behind(licensed):
    group = licensed.process.pid
    licensed.stop()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


def test_what_was_answered_is_there_after_kill_9(licensed):
    answers = {n: licensed.activate(machine_id(n))[1] for n in range(5)}
    licensed.stop(signal.SIGKILL, expect=-signal.SIGKILL)
    licensed.start()  # the socket that was left is in nobody's way
    assert licensed.json("status")["ledgers"][0]["size"] == 5
    for n, before in answers.items():
        status, again = licensed.activate(machine_id(n))  # the same request: the same lease
        assert status == 200
        assert Proof.parse(proof_of(again)).extra == Proof.parse(proof_of(before)).extra
    assert licensed.json("status")["repeated"] == 5


def test_a_second_avald_on_the_folder_is_refused(licensed):
    said = licensed.avald("serve", "--port", 0, expect=CONFLICT)
    assert "locked" in said.stderr and "serves it already" in said.stderr
    assert licensed.activate(machine_id(1))[0] == 200
    assert (licensed.data / "port").exists()


def test_a_port_in_use_is_named(host):
    host.set_up()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = host.avald("serve", "--port", port, "--address", "127.0.0.1", expect=CONFLICT)
    assert f"(port-in-use): 127.0.0.1 port {port}: Address already in use" in said.stderr


def test_an_address_that_is_not_there_yet_is_named_and_worth_another_try(host):
    """The unit starts it again after this status, and not after that of a port in use."""
    host.set_up()
    said = host.avald("serve", "--port", 0, "--address", "192.0.2.1", expect=BUSY)
    assert "(address-absent): 192.0.2.1 port 0: Cannot assign requested address" in said.stderr
    unit = (host.build / ".." / ".." / "dist" / "avald.service.in").resolve().read_text()
    assert str(BUSY) not in re.search("^RestartPreventExitStatus=(.*)$", unit, re.M)[1].split()


def test_an_address_of_a_link_without_its_link_is_a_fault_of_the_configuration(host):
    """Not another program's, and nothing that time heals."""
    host.set_up()
    done = subprocess.run([host.avald_program, "serve", "--port", "0", "--address", "fe80::1", "--data", host.data],
                          capture_output=True, text=True, check=False, timeout=60)
    if "(address-absent)" in done.stderr:
        pytest.skip("there is no IPv6 here")
    assert done.returncode == USAGE and "(config-bad-value): fe80::1 port 0: Invalid argument" in done.stderr


@pytest.mark.parametrize("other", ["127.0.0.1", "0.0.0.0"])
def test_of_several_addresses_the_one_that_fails_is_named(host, other):
    host.set_up()
    with socket.socket() as taken:
        taken.bind((other, 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = host.avald("serve", "--port", port, "--address", "127.0.0.2", "--address", "127.0.0.1", expect=CONFLICT).stderr
    assert re.search(rf"\(port-in-use\): 127\.0\.0\.[12] port {port}: Address already in use", said)
    said = host.avald("serve", "--port", 0, "--address", "127.0.0.1", "--address", "192.0.2.1", expect=BUSY).stderr
    assert re.search(r"\(address-absent\): 192\.0\.2\.1 port \d+: Cannot assign requested address", said)


def test_a_port_that_needs_rights_is_named(host):
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 1 or os.geteuid() != 0:
        pytest.skip("every port is free here, or nobody can give rights up")
    host.set_up()
    said = host.run_it("setpriv", "--bounding-set=-net_bind_service", host.avald_program, "serve", "--port", 1, "--address",
                       "127.0.0.1", "--data", host.data, expect=USAGE)
    assert "(port-forbidden): 127.0.0.1 port 1: Permission denied" in said.stderr


def test_start_failures_are_json_where_the_log_is(licensed):
    said = licensed.avald("serve", "--port", 0, "--log-format", "json", expect=CONFLICT).stderr
    assert '"event":"start-failed"' in said and '"code":"locked"' in said


def test_a_database_of_a_newer_version_is_left_untouched(licensed):
    licensed.stop()
    database = licensed.data / "avald.db"
    licensed.sql("PRAGMA user_version = 999")
    before = database.read_bytes()
    assert "store-newer" in licensed.avald("serve", "--port", 0, expect=FILES).stderr
    assert database.read_bytes() == before


def test_a_database_that_was_rolled_back_is_refused(licensed, tmp_path):
    assert licensed.activate(machine_id(1))[0] == 200
    licensed.stop()
    old = (licensed.data / "avald.db").read_bytes()
    licensed.start()
    assert licensed.activate(machine_id(2))[0] == 200
    licensed.stop()
    for name in ("avald.db-wal", "avald.db-shm"):
        (licensed.data / name).unlink(missing_ok=True)
    (licensed.data / "avald.db").write_bytes(old)
    assert "store-rolled-back" in licensed.avald("serve", "--port", 0, expect=CONFLICT).stderr


def test_a_clock_five_hours_off_is_denied_with_both_clocks(licensed):
    status, body = licensed.activate(machine_id(1), when=datetime.now(timezone.utc) - timedelta(hours=5))
    assert (status, denial_code(body)) == (409, "clock-apart")


# Configuration


@pytest.mark.parametrize(
    "text,line,reason",
    [
        ("[listen]\nprot = 1\n", 2, 'no key "prot"'),
        ("[listen]\n\nport = 99999\n", 3, "0 to 65535"),
        ("[log]\nlevel = info\nlevel = debug\n", 3, "line 2"),
        ("[limits\n", 1, "neither"),
        ("[limits]\nidle-timeout = soon\n", 2, "such as"),
    ],
)
def test_a_fault_of_the_configuration_is_named_with_file_line_and_reason(host, tmp_path, text, line, reason):
    host.set_up()
    path = tmp_path / "avald.conf"
    path.write_text(text)
    for command in (["check-config", path], ["serve", "--config", path], ["check-config", "--config", path]):
        said = host.avald(*command, expect=USAGE).stderr
        assert str(path) in said and f"line {line}:" in said and reason in said


def test_a_good_configuration_is_shown_as_it_is_understood(host, run, tmp_path):
    path = tmp_path / "avald.conf"
    path.write_text(f"[host]\ndata = {tmp_path}/elsewhere\n[limits]\nidle-timeout = 60s\n")
    said = run(host.avald_program, "check-config", path)
    assert re.search(r"\[limits\] idle-timeout +1m$", said.stdout, re.MULTILINE)
    assert f"{tmp_path}/elsewhere" in said.stdout
    run(host.avald_program, "init", "--name", HOST, "--config", path)
    assert (tmp_path / "elsewhere/host").exists()


def test_the_configuration_that_is_shipped_is_good(host, run):
    run(host.avald_program, "check-config", ROOT / "dist/avald.conf")


def test_a_configuration_that_is_not_there_is_said(host, run, tmp_path):
    assert "file-read" in run(host.avald_program, "check-config", tmp_path / "absent", expect=FILES).stderr


def test_a_wrong_flag_is_named(host):
    host.set_up()
    assert "--queue" in host.avald("serve", "--queue", "none", expect=USAGE).stderr


def test_sighup_changes_the_log_and_says_what_needs_a_restart(host, desk, tmp_path):
    path = tmp_path / "avald.conf"
    path.write_text("[log]\nlevel = info\n")
    host.set_up(desk)
    host.start("--config", path)
    path.write_text("[log]\nlevel = debug\nformat = json\n[limits]\nqueue = 7\n")
    host.process.send_signal(signal.SIGHUP)
    host.wait_for(lambda: '"event":"reloaded"' in host.log())
    host.logs('"event":"restart-needed","option":"queue","now":"20000","after":"7"')


def test_a_fault_in_the_configuration_at_sighup_changes_nothing(host, desk, tmp_path):
    path = tmp_path / "avald.conf"
    path.write_text("[log]\nlevel = info\n")
    host.set_up(desk)
    host.start("--config", path)
    path.write_text("[log]\nformat = json\nlevel = loud\n")
    host.process.send_signal(signal.SIGHUP)
    host.wait_for(lambda: " event=reloaded " in host.log())
    host.logs("event=config-refused", "line=3")
    assert host.activate(machine_id(1))[0] == 404


def test_sighup_serves_a_license_that_was_put_into_the_folder(host, desk):
    host.set_up(desk)
    host.start()
    license_text = desk.license(host.request_file()).read_text()
    name = re.search("^license (.*)$", license_text, re.MULTILINE)[1]
    (host.data / f"vendors/{VENDOR}/licenses/{name}").write_text(license_text)
    host.process.send_signal(signal.SIGHUP)
    host.wait_for(lambda: "licenses=1" in host.log())
    assert host.activate(machine_id(1))[0] == 200


# Disks


class SmallDisk:
    """A file system of a few megabytes that can be filled and made read-only."""

    def __init__(self, path):
        self.path = path

    def mount(self, *options):
        return subprocess.run(["mount", *options, str(self.path)], capture_output=True, check=False).returncode == 0

    def fill(self):
        with open(self.path / "filler", "ab", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(4096))

    def free(self):
        (self.path / "filler").unlink()


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "disk"
    path.mkdir()
    made = SmallDisk(path)
    if not is_root or not made.mount("-t", "tmpfs", "-o", "size=4m", "tmpfs"):
        pytest.skip("cannot mount a file system here")
    yield made
    for _ in range(100):
        if subprocess.run(["umount", str(path)], capture_output=True, check=False).returncode == 0:
            break
        time.sleep(0.05)


@pytest.fixture
def on_disk(build, run, desk, disk):
    """A licensed host, serving, whose data folder is on the small disk."""
    host = Host(build, run, disk.path / "host")
    host.log_path = disk.path.parent / "host.log"
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=100000))
    host.start()
    yield host
    host.stop()


def denied_for_storage(host, machine):
    status, body = host.activate(machine)
    return status == 503 and denial_code(body) in ("host-storage", "host-signer")


def test_a_full_disk_denies_with_a_code_keeps_running_and_loses_nothing(on_disk, disk):
    answers = {n: on_disk.activate(machine_id(n))[1] for n in range(5)}
    disk.fill()
    for n in range(1000, 1020):
        status, body = on_disk.activate(machine_id(n))
        if status == 200:
            answers[n] = body  # what still fitted is acknowledged, and must last too
        else:
            assert (status, denial_code(body)) in ((503, "host-storage"), (503, "host-signer"))
    assert denied_for_storage(on_disk, machine_id(2000))
    assert on_disk.ask("GET", "/healthz")[0] == 503
    status = on_disk.json("status")
    assert status["trouble"] in ("host-storage", "host-signer")
    disk.free()
    on_disk.wait_for(lambda: on_disk.activate(machine_id(3000))[0] == 200)
    assert on_disk.ask("GET", "/healthz")[0] == 200
    assert on_disk.json("status")["trouble"] == ""
    on_disk.stop()
    on_disk.start()
    for n, before in answers.items():
        status, again = on_disk.activate(machine_id(n))
        assert status == 200
        assert Proof.parse(proof_of(again)).extra == Proof.parse(proof_of(before)).extra


@pytest.fixture
def beside_the_build(build, run, desk):
    """A licensed host, serving, in the build folder: the temporary one may be in memory, where files cannot be made so."""
    with tempfile.TemporaryDirectory(dir=build) as folder:
        host = Host(build, run, Path(folder) / "host")
        host.set_up(desk)
        host.avald("import", desk.license(host.request_file()))
        yield host.start()
        host.stop()


def make_read_only(paths, read_only):
    """As a file system that was hurt would: what is open for writing is refused too."""
    sign = "+i" if read_only else "-i"
    done = subprocess.run(["chattr", sign, *map(str, paths)], capture_output=True, check=False)
    return done.returncode == 0


def test_a_database_that_becomes_read_only_denies_with_a_code_and_recovers(beside_the_build):
    licensed = beside_the_build
    before = licensed.activate(machine_id(1))[1]
    files = sorted(licensed.data.glob("avald.db*"))
    assert files
    try:
        if not is_root or not make_read_only(files, True):
            pytest.skip("no file can be made read-only for root here")
        if licensed.activate(machine_id(2))[0] == 200:
            pytest.skip("this file system still writes what is open")
        assert denied_for_storage(licensed, machine_id(3))
        assert licensed.ask("GET", "/healthz")[0] == 503
        assert "host-storage" in licensed.ctl("status").stdout
        licensed.ctl("block", machine_id(1), expect=FILES)
    finally:
        make_read_only(files, False)
    licensed.wait_for(lambda: licensed.activate(machine_id(4))[0] == 200)
    again = licensed.activate(machine_id(1))[1]
    assert Proof.parse(proof_of(again)).extra == Proof.parse(proof_of(before)).extra


def test_a_limit_on_the_size_of_files_denies_and_does_not_kill(licensed):
    before = licensed.activate(machine_id(1))[1]
    limit = ["prlimit", "--pid", str(licensed.process.pid)]
    subprocess.run([*limit, "--fsize=1:unlimited"], check=True)
    assert denied_for_storage(licensed, machine_id(2))
    assert licensed.process.poll() is None
    subprocess.run([*limit, "--fsize=unlimited:unlimited"], check=True)
    licensed.wait_for(lambda: licensed.activate(machine_id(3))[0] == 200)
    again = licensed.activate(machine_id(1))[1]
    assert Proof.parse(proof_of(again)).extra == Proof.parse(proof_of(before)).extra


def test_a_disk_that_is_read_only_at_the_start_is_said(on_disk, disk):
    on_disk.stop()
    assert disk.mount("-o", "remount,ro")
    try:
        said = on_disk.avald("serve", "--port", 0, expect=FILES).stderr
        assert "file-write" in said and "Read-only file system" in said
    finally:
        assert disk.mount("-o", "remount,rw")


# Words


def test_every_option_of_the_configuration_is_in_its_manual_page(host, run):
    manual = (ROOT / "docs/man/avald.conf.5.scd").read_text()
    shown = run(host.avald_program, "check-config", ROOT / "dist/avald.conf").stdout
    options = re.findall(r"^\[([a-z]+)\] ([a-z-]+)", shown, re.MULTILINE)
    assert len(options) >= 11
    example = (ROOT / "dist/avald.conf").read_text()
    for section, key in options:
        part = manual.split(f"# [{section}]")[1].split("\n# [")[0]
        assert f"*{key}*" in part, key
        assert re.search(rf"^#?{key} = ", example, re.MULTILINE), key
