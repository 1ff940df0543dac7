"""Root sets things up in the folder of a host that another user runs: what it makes there is that user's, and the host takes
it at once and after its next start."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hosting import OTHER, VENDOR, Desk, Host, machine_id

SERVICE = 65534
AS_SERVICE = ("setpriv", f"--reuid={SERVICE}", f"--regid={SERVICE}", "--clear-groups")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def owners(folder):
    return {path.stat().st_uid for path in [folder, *folder.rglob("*")]}


@pytest.fixture
def service(build, run, desk):
    """A host with a license, whose folder is the service's; it is stopped. It and its programs are where every user can
    go: what is below pytest's own folder is closed to others by whichever pytest starts meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        host = Host(build, run, place / "host")
        for name in "avald", "avald-signer":
            shutil.copy(host.avald_program.with_name(name), place)
        host.avald_program = place / "avald"
        host.set_up(desk)
        host.avald("import", desk.license(host.request_file()))
        for path in [host.data, *host.data.rglob("*")]:
            shutil.chown(path, SERVICE, SERVICE)
        yield host
        host.stop()


def serve(host):
    host.start(prefix=AS_SERVICE)


def test_what_root_enrolls_and_imports_is_the_services_and_is_served(service, build, run, tmp_path):
    serve(service)
    other = Desk(build, run, tmp_path, OTHER)
    told = service.avald("enroll", other.key_file, "--customer", "University of Example")
    assert "and serves this vendor's ledger now" in told.stdout + told.stderr
    told = service.avald("import", other.license(service.request_file(OTHER), "other.license"))
    assert "and serves what is new now" in told.stdout + told.stderr
    assert owners(service.data) == {SERVICE}
    assert service.activate(machine_id(1), vendor=OTHER)[0] == 200
    service.stop()
    serve(service)
    for vendor in VENDOR, OTHER:
        assert service.activate(machine_id(2), vendor=vendor)[0] == 200
    assert service.json("status")["trouble"] == ""


def test_an_output_for_root_is_made_as_root(service, build, run, tmp_path):
    secret = tmp_path / "root"
    secret.mkdir(mode=0o700)
    other = Desk(build, run, tmp_path, OTHER)
    service.avald("enroll", other.key_file, "--customer", "University of Example", "--output", secret / "request")
    assert (secret / "request").stat().st_uid == 0
    assert owners(service.data) == {SERVICE}


def test_an_epoch_that_root_begins_is_the_services(service):
    serve(service)
    assert service.activate(machine_id(1))[0] == 200
    service.stop()
    for state in (service.data / "signer").glob("*.state*"):
        state.unlink()
    service.avald("recover", "--yes")
    assert owners(service.data) == {SERVICE}
    serve(service)
    assert service.activate(machine_id(2))[0] == 200


def test_files_that_the_service_cannot_read_are_named(service):
    serve(service)
    file, = (service.data / "vendors" / VENDOR / "licenses").iterdir()
    shutil.chown(file, 0, 0)
    file.chmod(0o600)
    service.ctl("reload")
    left_out, = service.json("status")["left_out"]
    assert (left_out["file"], left_out["code"]) == (file.name, "file-read")


def test_a_site_key_that_root_makes_is_the_services_and_is_asked_for_at_once(service):
    serve(service)
    told = service.avald("site-key", "new")
    assert "and serves the new site key now" in told.stdout + told.stderr
    service.avald("site-key", "new")
    assert service.json("status")["site_keys"] == 2
    assert {"site-key", "site-key.former"} <= {path.name for path in service.data.iterdir()}
    assert owners(service.data) == {SERVICE}
    service.avald("site-key", "end")
    assert service.json("status")["site_keys"] == 1
    service.avald("site-key", "remove")
    assert owners(service.data) == {SERVICE}


def test_a_folder_that_was_made_for_the_service_is_initialised_as_the_services(service, build, run, desk):
    host = Host(build, run, service.data.parent / "second")
    host.data.mkdir()
    shutil.chown(host.data, SERVICE, SERVICE)
    host.avald_program = service.avald_program
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), "second.license"))
    assert owners(host.data) == {SERVICE}
    serve(host)
    assert host.activate(machine_id(1))[0] == 200
    host.stop()


@pytest.mark.parametrize("running", [True, False])
def test_a_backup_that_root_makes_leaves_nothing_of_roots_in_the_folder(service, running, tmp_path):
    serve(service)
    assert service.activate(machine_id(1))[0] == 200
    if not running:
        service.stop()
    service.avald("backup", tmp_path / "backup")
    assert (tmp_path / "backup").stat().st_uid == 0
    service.ctl("ledger", "verify")
    assert owners(service.data) == {SERVICE}
    service.stop()
    serve(service)
    assert service.activate(machine_id(2))[0] == 200


def test_a_backup_is_restored_into_the_services_folder_as_the_services(service, tmp_path):
    service.avald("backup", tmp_path / "backup")
    shutil.rmtree(service.data)
    service.data.mkdir()
    shutil.chown(service.data, SERVICE, SERVICE)
    service.avald("restore", tmp_path / "backup")
    assert owners(service.data) == {SERVICE}
    serve(service)
    assert service.activate(machine_id(1))[0] == 200
