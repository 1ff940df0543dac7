"""A backup of a host that serves, or is stopped, and the host that is made of it."""

import concurrent.futures
import fcntl
import json
import os
import shutil
import stat
import threading

import pytest
from hosting import HOST, VENDOR, Host, Machine, machine_id

CONFLICT, USAGE, INPUT, FILES = 6, 2, 3, 5


@pytest.fixture
def serving(host, desk):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=100000))
    return host.start()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "monday"


def restored(host, build, run, tmp_path, file, name="again"):
    """Another folder, of the backup; `host` is not to be started any more."""
    other = Host(build, run, tmp_path / name)
    other.said = other.avald("restore", file).stdout
    return other


def export(host, folder):
    path = folder / "export"
    path.unlink(missing_ok=True)
    host.ctl("ledger", "export", "--output", path)
    return path


def test_a_host_that_serves_is_backed_up_and_goes_on_as_another_folder(serving, desk, build, run, tmp_path, file):
    before, after = (Machine(build, run, tmp_path / name, desk, serving) for name in ("before", "after"))
    before.activate()
    said = serving.avald("backup", file)
    assert f"{file}: backup of {HOST}, " in said.stdout and "found whole" in said.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not [path for path in serving.data.iterdir() if path.name.startswith(".copy.db")]
    after.activate()
    serving.stop()
    other = restored(serving, build, run, tmp_path, file)
    assert f"restored {HOST} as of" in other.said and f"began the ledger {HOST}/{VENDOR}/epoch-" in other.said
    other.start()
    try:
        assert other.ask("GET", "/readyz") == (200, "ok\n"), "it serves at once"
        for machine in before, after:
            machine.host = other
            machine.aval("host", "set", f"127.0.0.1:{other.port}")
            machine.aval("renew", "--force")
            assert machine.status()["state"] == "licensed"
            assert json.loads(machine.aval("evidence", "--json").stdout) == []
        report = json.loads(desk.run("audit", export(other, tmp_path), "--json").stdout)
        assert (report["why"], report["verdict"]) == ("restored", "clean")
    finally:
        other.stop()


def test_a_stopped_host_is_backed_up_too(serving, build, run, tmp_path, file):
    assert serving.activate(machine_id(1))[0] == 200
    serving.stop()
    serving.avald("backup", file)
    other = restored(serving, build, run, tmp_path, file).start()
    assert len(other.json("machines")["machines"]) == 1
    assert other.activate(machine_id(2))[0] == 200
    assert other.ctl("ledger", "verify").returncode == 0
    other.stop()


def test_everything_that_the_vendor_signed_and_the_configuration_is_in_it(serving, desk, build, run, tmp_path, file):
    config = tmp_path / "avald.conf"
    config.write_text("[listen]\nport = 0\n")
    serving.avald("import", desk.product)
    assert (serving.data / "vendors" / VENDOR / "vendor.vkeys").exists()
    serving.avald("backup", file, "--config", config)
    other = restored(serving, build, run, tmp_path, file)
    assert (other.data / "avald.conf").read_text() == config.read_text()
    for path in (serving.data / "vendors").rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            assert (other.data / path.relative_to(serving.data)).read_bytes() == path.read_bytes(), path
    for path in (serving.data / "signer").glob("*.key"):
        copied = other.data / "signer" / path.name
        assert copied.read_bytes() == path.read_bytes() and stat.S_IMODE(copied.stat().st_mode) == 0o600
    assert stat.S_IMODE((other.data / "avald.db").stat().st_mode) == 0o600
    assert stat.S_IMODE(other.data.stat().st_mode) == 0o700


def test_under_load_no_backup_has_a_database_ahead_of_what_was_signed(serving, desk, build, run, tmp_path, file):
    stop = threading.Event()

    def ask(first):
        number = first
        while not stop.is_set():
            assert serving.activate_many([machine_id(number)]) == [200]
            number += 1
        return number - first

    with concurrent.futures.ThreadPoolExecutor() as pool:
        asking = pool.submit(ask, 1000)
        backups = []
        for number in range(5):
            backups.append(tmp_path / f"backup-{number}")
            serving.avald("backup", backups[-1])
        stop.set()
        assert asking.result() > 0
    for number, backup in enumerate(backups):
        other = restored(serving, build, run, tmp_path, backup, f"again-{number}").start()
        assert other.activate(machine_id(number))[0] == 200
        assert other.ctl("ledger", "verify").returncode == 0
        report = json.loads(desk.run("audit", export(other, tmp_path), "--json").stdout)
        assert report["found_before"] <= report["signed_before"] and report["verdict"] == "clean"
        other.stop()


def test_a_copy_of_before_the_first_checkpoint_is_whole(serving, desk, build, run, tmp_path, file):
    """The first batch is in the database before what was signed of it is: a backup may see it so, and a crash leave it."""
    assert serving.activate(machine_id(1))[0] == 200
    serving.stop()
    assert serving.sql("DELETE FROM checkpoint") == 1
    serving.avald("backup", file)
    other = restored(serving, build, run, tmp_path, file).start()
    assert other.activate(machine_id(2))[0] == 200
    assert other.ctl("ledger", "verify").returncode == 0
    report = json.loads(desk.run("audit", export(other, tmp_path), "--json").stdout)
    assert (report["found_before"], report["signed_before"], report["verdict"]) == (1, 1, "clean")
    other.stop()


def test_without_keys_it_says_what_is_missing_and_serves_once_they_are_there(serving, build, run, tmp_path, file):
    said = serving.avald("backup", "--without-keys", file)
    assert "no secret keys" in said.stdout + said.stderr
    key, = (serving.data / "signer").glob("*.key")
    assert key.read_bytes().strip() not in file.read_bytes()
    serving.stop()
    other = Host(build, run, tmp_path / "again")
    said = other.avald("restore", file)
    assert "signer/VENDOR.key" in said.stdout + said.stderr and "enroll" in said.stdout + said.stderr
    assert list((other.data / "signer").glob("*.key")) == []
    shutil.copy(key, other.data / "signer" / key.name)
    other.start()
    assert other.activate(machine_id(1))[0] == 200
    other.stop()


def test_it_is_restored_into_an_empty_folder_alone(serving, build, run, tmp_path, file):
    serving.avald("backup", file)
    said = serving.avald("restore", file, expect=CONFLICT)
    assert "file-exists" in said.stderr and "not empty" in said.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    other = Host(build, run, empty)
    other.avald("restore", file)
    other.avald("restore", file, expect=CONFLICT)


@pytest.mark.parametrize("damage", ["cut", "flipped", "longer", "empty", "other"])
def test_a_damaged_backup_leaves_nothing_behind(serving, build, run, tmp_path, file, damage):
    serving.avald("backup", file)
    good = file.read_bytes()
    middle = len(good) // 2
    file.write_bytes({"cut": good[:-1], "flipped": good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1:],
                      "longer": good + b"\n", "empty": b"", "other": b"SQLite format 3\0"}[damage])
    other = Host(build, run, tmp_path / "again")
    said = other.avald("restore", file, expect=INPUT)
    assert ("document-type" if damage in ("empty", "other") else "backup-damaged") in said.stderr
    assert not other.data.exists()


def test_a_backup_replaces_the_one_of_yesterday_and_a_failure_leaves_that(serving, tmp_path, file):
    serving.avald("backup", file)
    first = file.read_bytes()
    assert serving.activate(machine_id(1))[0] == 200
    serving.avald("backup", file)
    assert file.read_bytes() != first
    serving.avald("backup", tmp_path / "nowhere" / "file", expect=FILES)
    assert not list(tmp_path.glob(".aval-*"))


def test_two_backups_at_once_do_not_meet(serving, tmp_path, file):
    with open(serving.data / ".copy.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = serving.avald("backup", file, expect=CONFLICT)
        assert "another backup" in said.stderr or "locked" in said.stderr
    assert not file.exists()


def test_a_folder_of_no_host_is_not_backed_up(build, run, tmp_path, file):
    Host(build, run, tmp_path / "none").avald("backup", file, expect=USAGE)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_restores_for_the_owner_of_the_folder(serving, build, run, tmp_path, file):
    serving.avald("backup", file)
    data = tmp_path / "again"
    data.mkdir()
    os.chown(data, 65534, 65534)
    for folder in tmp_path, tmp_path.parent, tmp_path.parent.parent:
        folder.chmod(folder.stat().st_mode | 0o011)  # so that the owner gets there
    # The leak checker cannot look at a process that has given up root's rights.
    checks = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    Host(build, run, data).avald("restore", file, env={"ASAN_OPTIONS": checks})
    assert {path.stat().st_uid for path in data.rglob("*")} == {65534}
