"""An operator can write into his database whatever he likes. The host may refuse to go on with it; it must not hang."""

import sqlite3

import pytest


@pytest.mark.parametrize("number", [2**32 - 1, 2**63 - 1])
def test_a_license_number_with_none_behind_it_does_not_hang_the_host(world, number):
    """A list of machines goes on from the number behind each, and began again at 0: for ever, on the one thread of the
    control socket, so that the host could not even be stopped."""
    host = world.make_host(world.make_vendor())
    world.serve(host)
    process = world.processes.pop()
    process.terminate()
    process.wait(timeout=30)
    with sqlite3.connect(host / "avald.db") as database:
        database.execute("INSERT INTO license SELECT ?, number, 'edited' FROM ledger", (number,))
    database.close()
    world.serve(host)
    control = world.build / "src" / "programs" / "avalctl"
    listed = world.run(control, "machines", "--data", host, expect=5, timeout=10)
    assert "(store-corrupt)" in listed.stderr
    world.run(control, "status", "--data", host, timeout=10)
    world.processes[-1].terminate()
    assert world.processes[-1].wait(timeout=30) == 0
