"""An operator copies his host's folder and lets both serve. Each is held to what the other has signed as soon as one machine
has seen both, and each is told the way out.
"""

import shutil

from world import code_of, send


def activate(world, desk, name, address):
    world.make_machine(desk, name, address)
    return world.run_any(world.program, "--state", world.home / name, "activate") == 0


def stop(world, process):
    world.processes.remove(process)
    process.terminate()
    process.wait(timeout=30)


def test_of_two_hosts_of_one_key_the_one_that_was_shown_the_others_entries_grants_nothing(world):
    desk = world.make_vendor()
    host = world.make_host(desk)
    shutil.copytree(host, world.home / "copy")
    first, second = world.serve(host), world.serve(world.home / "copy")
    assert activate(world, desk, "one", first) and activate(world, desk, "other", second)
    world.aval("one", "host", "set", second)
    said = world.run(world.program, "--state", world.home / "one", "renew", "--force", expect=18)
    assert "(host-restored)" in said.stderr, "it saw a tree of the first host that the second has not"
    assert not activate(world, desk, "third", second), "nor is anybody else granted anything there"
    assert send(second, "GET", "/readyz") == (503, b"host-restored acme.example\n")
    assert activate(world, desk, "fourth", first)
    stop(world, world.processes[1])
    for option in [], ["--clock"], ["--yes"]:
        said = world.run(world.avald, "recover", "--data", world.home / "copy", *option, expect=6)
        assert "`avald recover --restored" in said.stderr, "the plain command names the one that helps"
    world.run(world.avald, "recover", "--restored", "acme.example", "--yes", "--data", world.home / "copy")
    second = world.serve(world.home / "copy")
    world.aval("one", "host", "set", second)
    world.aval("one", "renew", "--force")
    body = send(first, "GET", "/v1/introduction/acme.example/studio/pro")[1]
    assert code_of(body) is None, "the first goes on until it is shown the new epoch"
