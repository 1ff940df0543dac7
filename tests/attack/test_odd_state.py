"""Whoever owns a machine can put anything in the place of the files of its state folder. None of it makes a program wait
for ever or end without a word, and none of it is believed.
"""

import json
import shutil
import subprocess

import pytest
from world import make_device, make_pipe


@pytest.fixture
def activated(world):
    """A machine that holds a lease; its folder."""
    desk = world.make_vendor()
    address = world.serve(world.make_host(desk))
    world.make_machine(desk, "machine", address)
    world.aval("machine", "activate")
    return world.home / "machine"


def files_of(folder):
    return [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]


@pytest.mark.parametrize("put", [make_pipe, make_device])
def test_a_pipe_or_a_device_in_the_place_of_a_file_is_not_waited_for(world, activated, put):
    """Each would have hung the product that asks for its state, since nobody is at the other end of the pipe."""
    for name in files_of(activated):
        copy = world.home / "copy"
        shutil.copytree(activated, copy)
        put(copy / name)
        for command in ("status", "renew", "release"):
            done = subprocess.run([world.program, "--state", copy, command], capture_output=True, text=True, check=False,
                                  timeout=30)  # fmt: skip
            assert done.returncode not in (-6, 1) and done.stdout + done.stderr, (name, command)
        shutil.rmtree(copy)


def test_what_stands_in_the_place_of_a_lease_makes_room_for_the_next_one(world, activated):
    lease = activated / "products" / "acme.example" / "studio" / "lease.tlog-proof"
    make_device(lease)
    world.aval("machine", "activate")
    assert json.loads(world.run_status("machine"))["state"] == "licensed"
    assert lease.is_file() and not lease.is_symlink()


def test_a_last_answer_at_the_end_of_all_time_can_be_shown(world, activated):
    """What is to be done two hours later has no date, and nothing is counted from an answer that lies ahead."""
    record = activated / "products" / "acme.example" / "studio" / "last-answer"
    record.write_text("aval last-answer v1\nhost kms.uni.example:8216\nasked 9999-12-31T23:00:00Z\ncode no-seats\n"
                      "retry 2h\ndraw 1\nfailures 0\nmessage No.\n")  # fmt: skip
    said = world.aval("machine", "status").stdout
    assert "9999-12-31" in said and "Next try" not in said
    assert json.loads(world.run_status("machine"))["state"] == "licensed"


def test_who_has_no_number_left_is_told_what_helps_and_it_does(world, activated):
    """An edited number; installing again, which was advised, leaves it as it is."""
    number = activated / "products" / "acme.example" / "studio" / "number"
    last = next(line for line in number.read_text().splitlines() if line.startswith("last "))
    number.write_text(number.read_text().replace(last, f"last {2**63 - 1}"))
    for command in (["renew", "--force"], ["release"]):
        said = world.aval("machine", *command, expect=5).stderr
        assert "(numbers-used-up)" in said and "secret/VENDOR" in said
    assert json.loads(world.run_status("machine"))["state"] == "licensed"
    (activated / "secret" / "acme.example").unlink()
    world.aval("machine", "renew", "--force")
    world.aval("machine", "release")
