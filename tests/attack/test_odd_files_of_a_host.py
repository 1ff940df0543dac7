"""Whoever can write into a host's folder can put a pipe or a device in the place of any of its files. avald names it or
goes on without it; it does not wait for what nobody writes.
"""

import shutil
import subprocess

import pytest
from world import make_device, make_pipe

PATIENCE = 30  # seconds, of which nearly none are needed
BUG = 1


def make_empty_device(path):
    path.unlink()
    path.symlink_to("/dev/null")


@pytest.fixture
def folder(world):
    """A host that has served, with a license and revocations; it does not run."""
    desk = world.make_vendor()
    host = world.make_host(desk)
    world.make_machine(desk, "machine", world.serve(host))
    world.aval("machine", "activate")
    gone = world.license(desk, host, output="gone.license")
    world.run(world.vendor, "revoke", gone.split("\nlicense ")[1].split("\n")[0], "--desk", desk,
              "--output", host / "list.revocations")
    world.run(world.avald, "import", host / "list.revocations", "--data", host)
    process = world.processes.pop()
    process.terminate()
    process.wait(timeout=PATIENCE)
    return host


def files_of(folder):
    """What is avald's own there: the tests put other files beside them."""
    kept = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path.relative_to(folder) for path in kept
            if path.name != "log" and path.suffix not in (".license", ".note", ".revocations")]


def starts_or_says_why_not(world, folder):
    """Its exit status; None where it served."""
    (folder / "port").unlink(missing_ok=True)
    try:
        address = world.serve(folder)
    except AssertionError as failure:
        assert str(failure) != "the host did not start", (folder / "log").read_text()
        return world.processes.pop().returncode
    assert address
    process = world.processes.pop()
    process.terminate()
    assert process.wait(timeout=PATIENCE) == 0
    return None


@pytest.mark.parametrize("put", [make_pipe, make_device, make_empty_device])
def test_a_pipe_or_a_device_in_the_place_of_a_hosts_file_is_not_waited_for(world, folder, put):
    names = files_of(folder)
    assert {"host", "lock", "avald.db"} <= {str(name) for name in names} and len(names) >= 10
    for name in names:
        copy = world.home / "copy"
        shutil.copytree(folder, copy)
        put(copy / name)
        assert starts_or_says_why_not(world, copy) not in (BUG, -6), name
        for command in (["recover"], ["backup", world.home / "backup"], ["import", folder / "list.revocations"],
                        ["enroll", world.home / "vendor" / "vendor.vkey", "--customer", "University"]):
            done = subprocess.run([world.avald, *command, "--data", copy], capture_output=True, text=True, check=False,
                                  timeout=PATIENCE, stdin=subprocess.DEVNULL)  # fmt: skip
            assert done.returncode not in (BUG, -6) and done.stdout + done.stderr, (name, command)
        shutil.rmtree(copy)


def test_what_is_no_file_is_named(world, folder):
    make_pipe(folder / "host")
    said = world.run(world.avald, "serve", "--data", folder, "--port", "0", expect=5, timeout=PATIENCE)
    assert "(file-kind)" in said.stderr and str(folder / "host") in said.stderr
