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
