"""How a machine finds the host that answers, and what keeps it from waiting: dead hosts, silent ones, name servers."""

import contextlib
import json
import socket
import subprocess
import time

import pytest
from hosting import Machine, environment

BOUND = 9.0  # seconds, where the limit given is two or less: what a loaded computer may take, and no sum of limits


@contextlib.contextmanager
def silent(kind=socket.SOCK_STREAM):
    """The address of somebody who takes what comes and never answers."""
    with socket.socket(socket.AF_INET, kind) as bound:
        bound.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            bound.listen(64)
        yield f"127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
def machine(build, run, tmp_path, desk, licensed):
    return Machine(build, run, tmp_path / "state", desk, licensed)


def asked(done):
    return [(attempt["host"], attempt["code"]) for attempt in json.loads(done.stdout)["attempts"]]


def test_three_silent_hosts_leave_time_for_the_fourth(machine, licensed):
    with silent() as first, silent() as second, silent() as third:
        fourth = f"127.0.0.1:{licensed.port}"
        machine.aval("host", "set", first, second, third, fourth)
        began = time.monotonic()
        done = machine.aval("--timeout", "2s", "activate", "--json")
        assert time.monotonic() - began < BOUND
    assert asked(done) == [(first, "host-timeout"), (second, "host-timeout"), (third, "host-timeout"), (fourth, "ok")]
    assert machine.status()["state"] == "licensed"


def test_one_limit_is_for_all_hosts_together(machine):
    with contextlib.ExitStack() as stack:
        hosts = [stack.enter_context(silent()) for _ in range(16)]
        machine.aval("host", "set", *hosts)
        began = time.monotonic()
        done = machine.aval("--timeout", "1s", "activate", "--json", expect=17)
        assert time.monotonic() - began < BOUND
    assert 1 <= len(asked(done)) < 16
    assert {code for _, code in asked(done)} == {"host-timeout"}


@pytest.mark.parametrize("typed, kept", [
    ("::1", "[::1]:8216"),
    ("[fe80::1%eth0]", "[fe80::1%eth0]:8216"),
    ("kms.example.", "kms.example:8216"),
    ("KMS.Example", "kms.example:8216"),
    ("http://kms.example/", "kms.example:8216"),
    ("https://KMS.Example.", "https://kms.example:443"),
])  # fmt: skip
def test_a_host_is_kept_in_one_spelling_however_it_is_typed(build, run, tmp_path, typed, kept):
    aval = build / "src/programs/aval", "--state", tmp_path / "state"
    run(*aval, "host", "set", typed, kept)
    assert run(*aval, "host", "show").stdout.split() == [kept]


@pytest.mark.parametrize("typed, why", [
    ("::1:8216", "needs brackets"),
    ("2001:db8::7%eth0", "fe80::/10"),
    ("https://kms.example/v1", "no page of it"),
    ("kms example", "letters, digits"),
])  # fmt: skip
def test_what_is_no_host_is_refused_with_the_reason(build, run, tmp_path, typed, why):
    said = run(build / "src/programs/aval", "--state", tmp_path / "state", "host", "set", typed, expect=2)
    assert f"{typed} is no HOST[:PORT]" in said.stderr and why in said.stderr


@pytest.fixture
def discover(build, run, tmp_path):
    """discover(DNSMASQ, DOMAINS, expect=0): what `aval host discover --json` says, or the program's own words of a failure."""
    def do(name_server, domains, expect=0):
        done = run(build / "src/programs/aval", "--state", tmp_path / "state", "--timeout", "3s", "host", "discover", "--json",
                   expect=expect, env={"AVAL_DNS": name_server, "AVAL_DOMAINS": domains})
        return json.loads(done.stdout)

    return do


def hosts_of(found):
    return [each["host"] for each in found]


def test_dns_names_hosts_by_priority_and_weight(dnsmasq, discover, build, run, tmp_path):
    name_server = dnsmasq("srv-host=_aval._tcp.uni.example,spare.uni.example,8216,20,5",
                          "srv-host=_aval._tcp.uni.example,KMS.uni.example,8300,10,65535",
                          "srv-host=_aval._tcp.uni.example,seldom.uni.example,8216,10,0")  # fmt: skip
    found = discover(name_server.address, "uni.example")
    assert found[2] == {"host": "spare.uni.example:8216", "priority": 20, "weight": 5, "domain": "uni.example"}
    assert sorted(hosts_of(found[:2])) == ["kms.uni.example:8300", "seldom.uni.example:8216"]
    said = run(build / "src/programs/aval", "--state", tmp_path / "state", "host", "discover",
               env={"AVAL_DNS": name_server.address, "AVAL_DOMAINS": "uni.example"}).stdout
    assert "HOST" in said and "kms.uni.example:8300" in said and "PRIORITY" in said


def test_the_first_domain_with_hosts_decides(dnsmasq, discover):
    name_server = dnsmasq("srv-host=_aval._tcp.uni.example,kms.uni.example,8216,0,0",
                          "srv-host=_aval._tcp.lab.uni.example,kms.lab.uni.example,8216,0,0")  # fmt: skip
    assert hosts_of(discover(name_server.address, "none.example,lab.uni.example uni.example")) == ["kms.lab.uni.example:8216"]
    assert hosts_of(discover(name_server.address, "uni.example. lab.uni.example")) == ["kms.uni.example:8216"]


def test_a_domain_can_say_that_it_has_no_host(dnsmasq, discover):
    name_server = dnsmasq("srv-host=_aval._tcp.lab.example", "srv-host=_aval._tcp.uni.example,kms.uni.example,8216")
    assert discover(name_server.address, "lab.example uni.example", expect=17)["code"] == "no-host-here"


def test_a_domain_that_names_none_says_so(dnsmasq, discover):
    name_server = dnsmasq()
    assert discover(name_server.address, "uni.example lab.example", expect=17)["code"] == "no-host-known"


def test_more_records_than_there_is_room_for_are_passed_over(dnsmasq, discover):
    lines = [f"srv-host=_aval._tcp.uni.example,kms{n}.uni.example,8216,{n},0" for n in range(60)]
    assert len(discover(dnsmasq(*lines).address, "uni.example")) == 32


def test_what_is_no_name_server_is_refused(discover):
    failure = discover("this is none", "uni.example", expect=2)
    assert failure["code"] == "usage" and "AVAL_DNS" in failure["message"]


def test_a_machine_activates_at_a_host_that_dns_names(machine, licensed, dnsmasq):
    name_server = dnsmasq("srv-host=_aval._tcp.uni.example,dead.uni.example,1,0,0",
                          f"srv-host=_aval._tcp.uni.example,kms.uni.example,{licensed.port},10,0",
                          "host-record=kms.uni.example,127.0.0.1", "host-record=dead.uni.example,127.0.0.1")  # fmt: skip
    dns = {"AVAL_DNS": name_server.address, "AVAL_DOMAINS": "uni.example"}
    done = machine.aval("activate", "--json", env=dns)
    found = f"kms.uni.example:{licensed.port}"
    assert asked(done) == [("dead.uni.example:1", "host-unreachable"), (found, "ok")]
    assert asked(machine.aval("renew", "--force", "--json", env=dns))[-1] == (found, "ok")
    machine.aval("release", env=dns)


def test_dns_is_asked_after_the_hosts_that_are_set(machine, licensed, dnsmasq):
    name_server = dnsmasq(f"srv-host=_aval._tcp.uni.example,kms.uni.example,{licensed.port},0,0",
                          "host-record=kms.uni.example,127.0.0.1")  # fmt: skip
    machine.aval("host", "set", "127.0.0.1:1")
    done = machine.aval("activate", "--json",
                        env={"AVAL_DNS": name_server.address, "AVAL_DOMAINS": "uni.example", "AVAL_HOST": "127.0.0.1:2"})  # fmt: skip
    assert [host for host, _ in asked(done)] == ["127.0.0.1:1", "127.0.0.1:2", f"kms.uni.example:{licensed.port}"]


def test_a_name_that_nobody_knows_is_said(machine, dnsmasq):
    machine.aval("host", "set", "nobody.uni.example")
    done = machine.aval("activate", "--json", expect=17, env={"AVAL_DNS": dnsmasq().address})
    assert asked(done) == [("nobody.uni.example:8216", "host-unreachable")]
    assert "nobody.uni.example" in json.loads(done.stdout)["attempts"][0]["message"]


def test_a_name_server_that_is_dead_leaves_time_for_the_next(machine, licensed, dnsmasq):
    good = dnsmasq("host-record=kms.uni.example,127.0.0.1").address
    machine.aval("host", "set", f"kms.uni.example:{licensed.port}")
    with silent(socket.SOCK_DGRAM) as dead:
        machine.aval("--timeout", "5s", "activate", env={"AVAL_DNS": f"{dead},{good}"})
    assert machine.status()["state"] == "licensed"


def test_name_servers_that_never_answer_hold_nobody(machine, licensed):
    """It took 56 seconds once, and `aval host set` failed meanwhile."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dead:
        dead.bind(("127.0.0.1", 0))
        dead.settimeout(BOUND)
        dns = {"AVAL_DNS": f"127.0.0.1:{dead.getsockname()[1]}", "AVAL_DOMAINS": "uni.example"}
        machine.aval("host", "set", "kms.uni.example")
        began = time.monotonic()
        process = subprocess.Popen([machine.program, "--state", machine.folder, "--timeout", "2s", "activate", "--json"],
                                   stdout=subprocess.PIPE, text=True, env=environment(dns))
        dead.recv(512)  # it is asked, and silent
        machine.aval("host", "set", f"127.0.0.1:{licensed.port}")
        out, _ = process.communicate(timeout=BOUND)
        assert time.monotonic() - began < BOUND
    assert process.returncode == 17
    assert json.loads(out)["code"] == "name-servers"
    machine.aval("activate")


def test_the_systems_list_of_names_goes_before_name_servers(machine, licensed):
    machine.aval("host", "set", f"localhost:{licensed.port}")
    with silent(socket.SOCK_DGRAM) as dead:
        machine.aval("--timeout", "5s", "activate", env={"AVAL_DNS": dead})


def test_a_name_has_addresses_of_both_kinds(machine, licensed, dnsmasq):
    name_server = dnsmasq("host-record=kms.uni.example,127.0.0.1,::1").address  # and nobody listens at the second
    machine.aval("host", "set", f"kms.uni.example:{licensed.port}")
    machine.aval("activate", env={"AVAL_DNS": name_server})
    assert machine.status()["state"] == "licensed"


def test_the_host_of_the_lease_comes_first_within_its_priority(machine, licensed, dnsmasq):
    name_server = dnsmasq(f"srv-host=_aval._tcp.uni.example,kms.uni.example,{licensed.port},10,0",
                          "srv-host=_aval._tcp.uni.example,dead.uni.example,1,10,65535",
                          "host-record=kms.uni.example,127.0.0.1", "host-record=dead.uni.example,127.0.0.1")  # fmt: skip
    dns = {"AVAL_DNS": name_server.address, "AVAL_DOMAINS": "uni.example"}
    machine.aval("activate", env=dns)
    found = f"kms.uni.example:{licensed.port}"
    for _ in range(2):  # which chance alone would give once in thousands of millions
        assert asked(machine.aval("renew", "--force", "--json", env=dns)) == [(found, "ok")]
