"""How a machine finds the host that answers, and what keeps it from waiting: dead hosts, silent ones, name servers."""

import contextlib
import json
import socket
import time

import pytest
from hosting import Machine

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
