"""An operator can write into his database whatever he likes. The host may refuse to go on with it; it must not hang."""

import json
import sqlite3

import pytest


def stop(process):
    process.terminate()
    return process.wait(timeout=30)


@pytest.fixture
def host(world):
    """Of one license, in whose database there is all that a start makes; it does not run."""
    made = world.make_host(world.make_vendor())
    world.serve(made)
    stop(world.processes.pop())
    return made


def edit(host, *statement):
    with sqlite3.connect(host / "avald.db") as database:
        assert database.execute(*statement).rowcount > 0
    database.close()


@pytest.mark.parametrize("number", [2**32 - 1, 2**63 - 1])
def test_a_license_number_with_none_behind_it_does_not_hang_the_host(world, host, number):
    """A list of machines goes on from the number behind each, and began again at 0: for ever, on the one thread of the
    control socket, so that the host could not even be stopped."""
    edit(host, "INSERT INTO license SELECT ?, number + 1, 'edited', 'studio' FROM ledger", (number,))
    world.serve(host)
    control = world.build / "src" / "programs" / "avalctl"
    listed = world.run(control, "machines", "--data", host, expect=5, timeout=10)
    assert "(store-corrupt)" in listed.stderr
    world.run(control, "status", "--data", host, timeout=10)
    assert stop(world.processes[-1]) == 0


@pytest.mark.parametrize("number", [2**22, 2**32 - 1, 2**63 - 1])
def test_a_license_number_that_no_machine_can_have_a_row_under_is_refused_at_the_start(world, host, number):
    """Each of the vendor's licenses is asked for the last number of a machine."""
    edit(host, "INSERT INTO license SELECT ?, number, 'edited', 'studio' FROM ledger", (number,))
    said = world.run(world.avald, "serve", "--data", host, "--port", "0", expect=5, timeout=30)
    assert "(store-corrupt)" in said.stderr


# What no row can say: table, column, value, and the commands that show it
IMPOSSIBLE = [("machine", column, value, ["machines"]) for value in (-1, 2**62)
              for column in ("first_request", "last_request", "issued", "ends", "expires")]
IMPOSSIBLE += [("machine", "address", "CAST(x'ff' AS TEXT)", ["machines"]), ("block", "since", -1, ["machines"]),
               ("block", "reason", "CAST(x'c3' AS TEXT)", ["machines"]), ("denial", "time", -1, ["denials"]),
               ("denial", "message", "CAST(x'80' AS TEXT)", ["denials"])]  # fmt: skip


@pytest.mark.parametrize("table, column, value, command", IMPOSSIBLE)
def test_a_value_that_no_row_can_have_is_called_what_it_is(world, table, column, value, command):
    """It is the database that is at fault, and not the program."""
    desk = world.make_vendor()
    host = world.make_host(desk, seats=1)
    control = world.build / "src" / "programs" / "avalctl"
    address = world.serve(host)
    for name, expect in ("one", 0), ("other", 11):
        world.make_machine(desk, name, address)
        world.aval(name, "activate", expect=expect)
    listed = json.loads(world.run(control, "machines", "--data", host, "--json").stdout)
    blocked = listed["machines"][0]["machine"]
    world.run(control, "block", blocked, "--data", host)
    stop(world.processes.pop())
    edit(host, "INSERT INTO machine (license, machine, first_request, last_request, requests, issued, ends, expires, "
         "released, renewed, paced, leaf, ledger, reclaim_leaf, reclaim_ledger, number, heard_number, heard_time, note, "
         "hardware, last_denial, address) VALUES (1, zeroblob(16), 1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, "
         "zeroblob(32), zeroblob(16), 0, '')")  # the others are in the journal yet
    edit(host, f"UPDATE {table} SET {column} = {value}")
    world.serve(host)
    shown = world.run(control, *command, "--data", host, expect=5)
    assert "(store-corrupt)" in shown.stderr
    world.run(control, "status", "--data", host)
    assert stop(world.processes[-1]) == 0
