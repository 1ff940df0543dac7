"""Old entries in files: what reads a ledger goes on reading, whatever ends the archiving, and what is missing is named."""

import base64
import fcntl
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import time
from datetime import datetime, timedelta, timezone

import pytest
from hosting import HOST, VENDOR, Desk, Host, denial_code, environment, machine_id, runner
from test_ledger import activate, entries_of, export, host_key, number_path, over_port, over_socket, read_ledger, roomy
from test_root_and_service import SERVICE, owners, serve, service

FILES, CONFLICT, USAGE, INPUT, NO_HOST = 5, 6, 2, 3, 17
LEAVES = 700  # two full bundles and a part of one
ORIGIN = f"{HOST}/{VENDOR}"
__all__ = ["roomy", "service"]


def pass_second(host):
    """What was written is older than now."""
    end = int(time.time()) + 1
    host.wait_for(lambda: time.time() >= end)


def archive(host, *args, **kwargs):
    pass_second(host)
    return host.avald("ledger", "archive", "--keep", "0s", *args, **kwargs)


def file_of(bundle, folder, origin=ORIGIN):
    return folder / origin / "tile/entries" / number_path(bundle)


def exported(host, name="export"):
    path = host.data.parent / name
    host.ctl("ledger", "export", "--output", path)
    return path.read_bytes()


def runs(host):
    """Place, number of leaves and bytes of each row of leaves; the host is stopped."""
    return host.sql("SELECT place, leaves, length(texts) FROM leaf_run ORDER BY place")


@pytest.fixture(scope="module")
def made(build, tmp_path_factory):
    """A desk, and a host with so many leaves, which is stopped."""
    folder = tmp_path_factory.mktemp("made")
    desk, host = Desk(build, runner(folder), folder), Host(build, runner(folder), folder / "host")
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=1000000))
    host.start()
    try:
        activate(host, 0, LEAVES)
    finally:
        host.stop()
    return desk, host


@pytest.fixture
def grown(made, build, run, tmp_path):
    """The same host in a folder of its own; it serves."""
    host = Host(build, run, tmp_path / "host")
    shutil.copytree(made[1].data, host.data)
    host.notes = dict(made[1].notes)
    yield host.start("--ledger-public", "yes")
    host.stop()


@pytest.mark.threads
def test_everything_is_read_as_before(grown, made):
    desk = made[0]
    before, pages = exported(grown), over_port(grown)
    audited = json.loads(desk.run("audit", grown.data.parent / "export", "--json").stdout)
    said = archive(grown)
    folder = grown.data / "archive"
    assert f"{folder}: 2 bundles of 256 entries" in said.stdout and "found whole" in said.stdout
    assert exported(grown) == before
    again = json.loads(desk.run("audit", grown.data.parent / "export", "--json").stdout)
    assert (audited["verdict"], again["verdict"]) == ("clean", "already-audited")
    assert again["true_up"] == audited["true_up"]
    for found in pages, over_socket(grown):
        checkpoint, entries = read_ledger(found, host_key(grown))
        assert checkpoint.size == len(entries) == LEAVES
    for bundle in 0, 1:
        file = file_of(bundle, folder)
        assert entries_of(file.read_bytes()) == entries[256 * bundle:256 * (bundle + 1)]
        assert file.read_bytes() == pages.get(f"tile/entries/{number_path(bundle)}"), "as any server could show it"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not list(folder.rglob(".*"))
    assert pages.get("tile/entries/001.p/7") == b"".join(len(e).to_bytes(2, "big") + e for e in entries[256:263])
    assert export(grown, "--since", 255)[3] == entries[255:]
    assert "all 700 leaves" in grown.ctl("ledger", "verify").stdout
    said = archive(grown)
    assert "Nothing more is old enough" in said.stdout and "2 bundles" in said.stdout
    grown.stop()
    assert "all 700 leaves" in grown.ctl("ledger", "verify").stdout
    assert [row[1:] for row in runs(grown)[:2]] == [(256, 0), (256, 0)]
    assert sum(row[1] for row in runs(grown)) == LEAVES
    grown.start("--ledger-public", "yes")
    activate(grown, LEAVES, 100)
    assert read_ledger(over_port(grown), host_key(grown))[1][:LEAVES] == entries
    assert "1 bundles of 256" in archive(grown).stdout, "768 entries are three bundles, and then some"


def test_what_is_young_stays_and_so_does_the_last_entry(roomy):
    activate(roomy, 0, 512)
    said = roomy.avald("ledger", "archive")
    assert "Nothing more is old enough to be archived; 0 bundles are." in said.stdout
    assert not (roomy.data / "archive").exists()
    assert "1 bundles" in archive(roomy).stdout
    roomy.stop()
    assert sum(row[1] for row in runs(roomy) if row[2]) == 256
    roomy.start()
    assert roomy.activate(machine_id(512))[0] == 200


def test_a_machine_is_told_its_last_entry_and_given_its_lease_again_from_the_archive(grown):
    first = machine_id(3)
    lease = grown.activate(first)  # the same note again
    other = grown.request(first, when=earlier())
    archive(grown)
    again = grown.activate(first)
    assert again[0] == 200 and leaf_of(again[1]) == leaf_of(lease[1])
    status, body = grown.ask("POST", "/v1/activate", other)
    assert (status, denial_code(body)) == (409, "number-used")
    assert leaf_of(lease[1]) in body


def earlier():
    """A time at which no machine here has asked: what it signs then is another note with the same number."""
    return datetime.now(timezone.utc) - timedelta(hours=1)


def leaf_of(answer):
    """The lease in an answer, from its first line to the signature in it."""
    for line in answer.splitlines():
        if line.startswith("extra "):
            return base64.b64decode(line.split(" ", 1)[1]).decode()
    raise AssertionError(answer)


def test_a_missing_file_is_named_and_stops_nobody_who_does_not_need_it(grown):
    archive(grown)
    file = file_of(0, grown.data / "archive")
    kept = file.with_name("kept")
    file.rename(kept)
    said = grown.ctl("ledger", "export", "--output", "x", expect=FILES)
    assert "archive-missing" in said.stderr and str(file) in said.stderr and "from a copy" in said.stderr
    assert len(export(grown, "--since", 256)[3]) == LEAVES - 256, "that needs the second file alone"
    said = grown.ctl("ledger", "verify", expect=FILES)
    assert f"{file}: " in said.stdout and "archive-missing" in said.stderr and "1 fault" in said.stderr
    told = grown.json("ledger", "verify", expect=FILES)
    assert len(told["findings"]) == 1 and not told["findings"][0]["not_signed"]
    status, _, body = over_socket(grown).ask(f"/ledger/{VENDOR}/tile/entries/000")
    assert status == 503 and json.loads(body)["code"] == "archive-missing" and str(file) in body.decode()
    status, _, body = over_port(grown).ask(f"/ledger/{VENDOR}/tile/entries/000")
    assert (status, denial_code(body.decode())) == (503, "host-storage") and str(file) not in body.decode()
    assert grown.ask("GET", "/readyz") == (200, "ok\n")
    activate(grown, LEAVES, 20)
    status, body = grown.activate(machine_id(3), when=earlier())
    assert (status, denial_code(body)) == (503, "host-storage"), "its last entry is in that file"
    grown.wait_for(lambda: "leaf-unread" in grown.log())
    grown.logs(str(file))
    status, body = grown.activate(machine_id(3))  # the note that led to it
    assert (status, denial_code(body)) == (503, "host-storage")
    for command in ("why",), ("reclaim", "--yes"):
        said = grown.ctl(*command, machine_id(3), expect=FILES)
        assert "archive-missing" in said.stderr and str(file) in said.stderr
    assert machine_id(3) in grown.ctl("machines", "show", machine_id(3)).stdout
    assert grown.activate(machine_id(LEAVES - 1))[0] == 200
    said = archive(grown, expect=FILES)
    assert "Nothing more is old enough" in said.stdout and "archive-missing" in said.stderr
    assert "1 file is missing" in said.stderr and str(file) in said.stderr
    kept.rename(file)
    assert denial_code(grown.activate(machine_id(3), when=earlier())[1]) == "number-used"
    assert grown.ctl("ledger", "verify").returncode == 0
    grown.stop()
    file.rename(kept)
    assert "archive-missing" in grown.ctl("ledger", "verify", expect=FILES).stderr
    grown.start()
    assert grown.activate(machine_id(LEAVES + 100))[0] == 200, "it starts without"


@pytest.mark.parametrize("damage", ["flipped", "cut", "longer", "empty", "other", "folder", "fifo"])
def test_a_damaged_file_is_noticed_and_not_served(grown, damage):
    before = exported(grown)
    archive(grown)
    file, good = file_of(1, grown.data / "archive"), file_of(1, grown.data / "archive").read_bytes()
    middle = len(good) // 2
    if damage in ("folder", "fifo"):
        file.unlink()
        os.mkdir(file) if damage == "folder" else os.mkfifo(file)
    else:
        file.write_bytes({"flipped": good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1:], "cut": good[:-1],
                          "longer": good + b"x", "empty": b"",
                          "other": file_of(0, grown.data / "archive").read_bytes()}[damage])
    code = "archive-missing" if damage in ("folder", "fifo") else "archive-damaged"
    status, _, body = over_socket(grown).ask(f"/ledger/{VENDOR}/tile/entries/001")
    assert status == 503 and json.loads(body)["code"] == code and str(file) in body.decode()
    assert over_port(grown).status("tile/entries/001") == 503
    assert over_port(grown).status("tile/entries/000") == 200
    said = grown.ctl("ledger", "verify", expect=FILES)
    assert str(file) in said.stdout and "leaves 256 to 511" in said.stdout and "1 fault" in said.stderr
    output = grown.data.parent / "not-whole"
    said = grown.ctl("ledger", "export", "--output", output, expect=FILES)
    assert code in said.stderr and str(file) in said.stderr and "1 file that the export needs" in said.stderr
    assert not output.exists() and not output.with_name("not-whole.part").exists()
    assert "export-failed" not in grown.log()
    said = archive(grown, expect=FILES)
    assert code in said.stderr and str(file) in said.stderr and "1 file is missing or damaged" in said.stderr
    if damage in ("folder", "fifo"):
        os.rmdir(file) if damage == "folder" else file.unlink()
    file.write_bytes(good)
    assert exported(grown) == before


def spoil(file):
    good = file.read_bytes()
    file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    return good


def test_a_check_counts_all_that_is_bad_and_an_export_what_it_needs(grown):
    archive(grown)
    first, second = (file_of(bundle, grown.data / "archive") for bundle in (0, 1))
    kept = first.read_bytes()
    first.unlink()
    spoil(second)
    for serving in True, False:
        said = archive(grown, expect=FILES)
        assert "archive-missing" in said.stderr and f"{first}: " in said.stderr
        assert "2 files are missing or damaged" in said.stderr and "Nothing more is old enough" in said.stdout
        if serving:
            said = grown.ctl("ledger", "export", "--output", "x", expect=FILES)
            assert "archive-missing" in said.stderr and "2 files that the export needs" in said.stderr
            said = grown.ctl("ledger", "export", "--output", "x", "--since", 256, expect=FILES)
            assert "archive-damaged" in said.stderr and str(second) in said.stderr and "1 file that" in said.stderr
            assert len(export(grown, "--since", 512)[3]) == LEAVES - 512
            said = grown.ctl("ledger", "export", "--output", "x", "--since", LEAVES + 1, expect=USAGE)
            assert "has no size" in said.stderr
            grown.stop()
    first.write_bytes(kept)
    said = archive(grown, expect=FILES)
    assert "archive-damaged" in said.stderr and str(second) in said.stderr and "1 file is" in said.stderr


def test_a_file_that_is_damaged_while_an_export_is_sent_ends_it_and_the_log_names_it(grown):
    archive(grown)
    file = file_of(1, grown.data / "archive")
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)  # so that all of it is still to be sent but what the sockets hold
    with subprocess.Popen([grown.build / "src/programs/avalctl", "ledger", "export", "--data", grown.data],
                          stdout=writing, stderr=subprocess.PIPE, text=True, env=environment()) as asked:
        os.close(writing)
        begun = os.read(reading, 1)
        spoil(file)
        with open(reading, "rb") as rest:
            came = begun + rest.read()
        said = asked.stderr.read()
    assert asked.returncode == NO_HOST, (len(came), said)
    assert "answer-cut" in said and "ended early" in said and "host's log names" in said
    assert "not an Aval activation host" not in said
    grown.wait_for(lambda: re.search(f"export-failed.*archive-damaged.*{file}", grown.log()))


def copies(host, count):
    """So many folders with the same host in it, which is stopped."""
    for number in range(count):
        copy = Host(host.build, host.run_it, host.data.parent / f"copy-{number}")
        shutil.copytree(host.data, copy.data)
        yield copy


def test_killed_at_any_moment_it_goes_on_and_loses_nothing(grown):
    before = exported(grown)
    pass_second(grown)
    grown.stop()
    killed = 0
    for number, copy in enumerate(copies(grown, 12)):
        process = subprocess.Popen([copy.avald_program, "ledger", "archive", "--keep", "0s", "--data", copy.data],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
        time.sleep(0.002 * number)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        copy.start()
        assert exported(copy) == before, number
        said = archive(copy)
        assert "2 bundles" in said.stdout and exported(copy) == before
        assert copy.ctl("ledger", "verify").returncode == 0
        copy.stop()
        assert len([row for row in runs(copy) if row[2] == 0]) == 2
        shutil.rmtree(copy.data)
    assert killed > 0


@pytest.mark.threads
def test_a_host_that_is_killed_while_it_archives_goes_on(grown):
    before = exported(grown)
    pass_second(grown)
    grown.stop()
    for number, copy in enumerate(copies(grown, 5)):
        copy.start()
        asked = over_socket(copy).connection
        asked.request("POST", "/v1/archive", body=json.dumps({"folder": "", "keep": 0}))
        time.sleep(0.003 * number)
        copy.stop(signal.SIGKILL, expect=-signal.SIGKILL)
        asked.close()
        copy.start()
        assert exported(copy) == before
        archive(copy)
        assert exported(copy) == before and copy.ctl("ledger", "verify").returncode == 0
        copy.stop()


@pytest.mark.threads
def test_machines_are_served_while_a_host_archives(grown):
    pass_second(grown)
    asked = over_socket(grown).connection
    asked.request("POST", "/v1/archive", body=json.dumps({"folder": "", "keep": 0}))
    assert json.loads(asked.getresponse().read())["running"] in (True, False)
    activate(grown, LEAVES, 50)
    assert len(read_ledger(over_port(grown), host_key(grown))[1]) == LEAVES + 50


def test_a_stopped_host_is_archived_elsewhere_and_gives_its_room_back(grown, tmp_path):
    before = exported(grown)
    refused = archive(grown, "--shrink", expect=CONFLICT)
    assert "stopped" in refused.stderr
    grown.stop()
    full = (grown.data / "avald.db").stat().st_size
    said = archive(grown, tmp_path / "elsewhere", "--shrink")
    assert str(tmp_path / "elsewhere") in said.stdout
    assert (grown.data / "avald.db").stat().st_size < full * 0.7
    assert str((grown.data / "avald.db").stat().st_size) in said.stdout
    grown.start("--ledger-public", "yes")
    assert exported(grown) == before
    read_ledger(over_port(grown), host_key(grown))
    assert not (grown.data / "archive").exists()


def test_an_archive_is_moved_by_copying_it_first(grown, tmp_path):
    before = exported(grown)
    archive(grown)
    there = tmp_path / "there"
    said = archive(grown, there, expect=CONFLICT)
    assert "archive-other" in said.stderr and str(there) in said.stderr and str(grown.data / "archive") in said.stderr
    shutil.copytree(grown.data / "archive", there)
    broken = file_of(1, there)
    good = broken.read_bytes()
    broken.write_bytes(good[:-1])
    assert str(broken) in archive(grown, there, expect=CONFLICT).stderr
    broken.write_bytes(good)
    archive(grown, there)
    shutil.rmtree(grown.data / "archive")
    assert exported(grown) == before
    archive(grown)  # without a folder: where it is now
    assert not (grown.data / "archive").exists()
    archive(grown, grown.data, expect=USAGE)
    for taken in "vendors", "vendors/archive", "signer", "licenses":
        archive(grown, grown.data / taken, expect=USAGE)
    assert not (grown.data / "licenses").exists()
    archive(grown, tmp_path / ("x" * 2000), expect=INPUT)
    said = subprocess.run([grown.avald_program, "ledger", "archive", "--data", grown.data, os.fsencode(tmp_path) + b"/\xff"],
                          capture_output=True, check=False, env=environment())
    assert said.returncode == INPUT and b"text-not-utf8" in said.stderr
    assert exported(grown) == before


def test_what_is_in_the_way_is_not_overwritten(grown):
    file = file_of(1, grown.data / "archive")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"what is left of another tree")
    said = archive(grown, expect=CONFLICT)
    assert "archive-other" in said.stderr and str(file) in said.stderr
    assert file.read_bytes() == b"what is left of another tree"
    assert len(read_ledger(over_port(grown), host_key(grown))[1]) == LEAVES
    file.unlink()
    archive(grown)
    assert len(read_ledger(over_port(grown), host_key(grown))[1]) == LEAVES


def test_a_folder_that_cannot_be_written_is_named(grown, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    said = archive(grown, blocked / "archive", expect=FILES)
    assert "file-write" in said.stderr and str(blocked) in said.stderr
    assert len(read_ledger(over_port(grown), host_key(grown))[1]) == LEAVES


def test_entries_that_are_not_what_was_signed_are_not_archived(grown):
    leaf = export(grown)[3][300]
    pass_second(grown)
    grown.stop()
    path = grown.data / "avald.db"
    machine = next(line for line in leaf.splitlines() if line.startswith(b"machine-key "))
    path.write_bytes(path.read_bytes().replace(machine, machine[:-1] + bytes([machine[-1] ^ 1])))
    said = grown.avald("ledger", "archive", "--keep", "0s", expect=FILES)
    assert "store-corrupt" in said.stderr and "entries 256 to 511" in said.stderr
    assert not file_of(1, grown.data / "archive").exists()


def test_a_backup_says_that_the_archive_is_apart_and_restore_what_is_missing(grown, build, run, tmp_path):
    archive(grown)
    for serving in True, False:
        said = grown.avald("backup", tmp_path / "backup")
        assert "2 bundles of archived entries" in said.stderr and str(grown.data / "archive") in said.stderr
        if serving:
            before = exported(grown)
            grown.stop()
    assert (tmp_path / "backup").stat().st_size < len(before) * 2
    other = Host(build, run, tmp_path / "again")
    said = other.avald("restore", tmp_path / "backup")
    assert "2 of 2 bundles of archived entries are missing" in said.stderr
    assert str(file_of(0, other.data / "archive")) in said.stderr
    other.start()
    assert other.activate(machine_id(LEAVES + 1))[0] == 200, "machines are served without"
    assert "archive-missing" in other.ctl("ledger", "verify", expect=FILES).stderr
    shutil.copytree(grown.data / "archive", other.data / "archive")
    assert other.ctl("ledger", "verify").returncode == 0
    other.stop()
    third = Host(build, run, tmp_path / "third")
    shutil.copytree(grown.data / "archive", third.data / "archive")
    said = third.avald("restore", tmp_path / "backup")
    assert "archived" not in said.stderr, "it was put there first"
    third.start()
    assert third.activate(machine_id(LEAVES + 1))[0] == 200
    assert third.ctl("ledger", "verify").returncode == 0
    third.stop()


@pytest.mark.parametrize("damage", ["flipped", "cut", "folder", "fifo"])
def test_restore_reads_the_archive_that_was_put_there_first(grown, build, run, tmp_path, damage):
    archive(grown)
    grown.avald("backup", tmp_path / "backup")
    other = Host(build, run, tmp_path / "again")
    shutil.copytree(grown.data / "archive", other.data / "archive")
    file = file_of(1, other.data / "archive")
    good = spoil(file)
    if damage == "cut":
        file.write_bytes(good[:1000])
    elif damage != "flipped":
        file.unlink()
        os.mkdir(file) if damage == "folder" else os.mkfifo(file)
    said = other.avald("restore", tmp_path / "backup")
    assert "1 of 2 bundles of archived entries are missing or damaged" in said.stderr and str(file) in said.stderr
    other.start()
    assert other.activate(machine_id(LEAVES + 1))[0] == 200
    other.stop()


def test_an_ended_epoch_is_archived_too(grown):
    grown.stop()
    grown.avald("recover", "--copied", "--yes")
    grown.start("--ledger-public", "yes")
    activate(grown, LEAVES, 600)
    archive(grown)
    folder = grown.data / "archive"
    again = next((folder / ORIGIN).glob("epoch-*"))
    assert len(list((folder / ORIGIN / "tile/entries").iterdir())) == 2
    assert len(list((again / "tile/entries").iterdir())) == 2
    assert grown.ctl("ledger", "verify").returncode == 0
    epoch = int(again.name.removeprefix("epoch-"))
    read_ledger(over_port(grown), host_key(grown), epoch)
    file_of(0, folder).unlink()
    assert str(file_of(0, folder)) in grown.ctl("ledger", "verify", expect=FILES).stdout


def test_a_control_question_without_sense_is_refused(roomy):
    connection = over_socket(roomy).connection
    for body in "", "{}", '{"folder": 3, "keep": 0}', '{"folder": "", "keep": -1}', '{"folder": "x"}':
        connection.request("POST", "/v1/archive", body=body)
        answer = connection.getresponse()
        assert answer.status == 400 and json.loads(answer.read())["code"] == "usage", body
    connection.request("POST", "/v1/archive/check", body="")
    text = connection.getresponse().read().decode()
    assert json.loads(text)["finished"] and json.loads(text)["all"] == 0
    for body in "{}", "x", text.replace('"bundle"', '"bundles"'), text.replace('"ledger":1', '"ledger":-1'):
        connection.request("POST", "/v1/archive/check", body=body)
        answer = connection.getresponse()
        assert answer.status == 400 and json.loads(answer.read())["code"] == "usage", body
    beyond = {**json.loads(text), "finished": False, "ledger": 4000000000, "bundle": 2**60, "looked_at": 2**63 - 1}
    for body in beyond, {**beyond, "one": True}, {**beyond, "ledger": 1}:
        connection.request("POST", "/v1/archive/check", body=json.dumps(body))
        answer = connection.getresponse()
        assert answer.status == 200 and json.loads(answer.read())["finished"], body
    connection.request("POST", "/v1/archive/check", body=json.dumps({**beyond, "ledger": 2**32}))
    assert json.loads(connection.getresponse().read())["code"] == "usage"


AS_ROOT = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def serve_bundle(host, desk):
    """It serves, with a full bundle of entries and then some."""
    host.avald("import", desk.license(host.request_file(), "roomy.license", seats=1000), env=AS_ROOT)
    serve(host)
    activate(host, 0, 300)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("serving", [True, False])
def test_what_root_archives_is_the_services(service, desk, serving):
    serve_bundle(service, desk)
    if not serving:
        service.stop()
    assert "1 bundles of 256" in archive(service, env=AS_ROOT).stdout
    assert owners(service.data) == {SERVICE}
    if not serving:
        serve(service)
    assert service.ctl("ledger", "verify").returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_file_that_the_service_cannot_read_is_named(service, desk, tmp_path):
    """As root copies it, without the owner."""
    serve_bundle(service, desk)
    assert "1 bundles of 256" in archive(service, env=AS_ROOT).stdout
    file = file_of(0, service.data / "archive")
    os.chown(file, 0, 0)
    file.chmod(0o600)
    for said in (service.ctl("ledger", "export", "--output", tmp_path / "x", expect=FILES),
                 archive(service, expect=FILES, env=AS_ROOT)):
        assert "archive-missing" in said.stderr and f"{file}: Permission denied" in said.stderr
    service.avald("backup", tmp_path / "backup", env=AS_ROOT)
    service.stop()
    said = archive(service, expect=FILES, env=AS_ROOT)
    assert f"{file}: Permission denied" in said.stderr
    kept = service.data.with_name("kept")
    shutil.move(service.data / "archive", kept)
    shutil.rmtree(service.data)
    service.data.mkdir()
    shutil.chown(service.data, SERVICE, SERVICE)
    shutil.move(kept, service.data / "archive")
    said = service.avald("restore", tmp_path / "backup", env=AS_ROOT)
    assert "1 of 1 bundles" in said.stderr and f"{file}: Permission denied" in said.stderr
