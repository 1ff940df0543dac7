"""Somebody on the path changes what a machine asks, on its way to the host.

The host sees that the signature does not hold. Where it does not look (credulous.py), the answer is whole, and the machine
sees that it is for another request than its own: the last link of its chain, and each of the two would be enough.
"""

import json

import independent
import pytest
from credulous import CredulousHost
from world import Between, code_of, field

CHANGES = {
    "another number": ("number", "77"),
    "another state": ("state", "licensed"),
    "another time": ("time", None),
    "something else seen": ("seen-size", "3"),
}


def change(line, value):
    def changed(body):
        text = body.decode()
        now = field(text, line)
        other = value or now[:-2] + ("0Z" if now[-2] != "0" else "1Z")
        return text.replace(f"\n{line} {now}\n", f"\n{line} {other}\n", 1).encode()

    return changed


def other_hardware(body):
    """None, so that it fits anywhere; some, where the computer itself says nothing of its hardware."""
    lines = body.decode().split("\n")
    kept = [line for line in lines if not line.startswith("hardware ")]
    if kept == lines:
        at = next(number for number, line in enumerate(lines) if line.startswith("seen-") or line == "")
        kept.insert(at, "hardware board " + "A" * 22 + "==")
    return "\n".join(kept).encode()


EVERY = {name: change(*what) for name, what in CHANGES.items()} | {"other hardware": other_hardware}


@pytest.mark.parametrize("what", EVERY)
def test_the_real_host_refuses_a_changed_request(world, what):
    desk = world.make_vendor()
    between = Between(world, world.serve(world.make_host(desk)))
    world.make_machine(desk, "victim", between.address)
    between.changes["/v1/activate"] = EVERY[what]
    world.refused("victim", "request-refused", expect=3)
    assert code_of(between.answer("/v1/activate")[1]) == "request-refused"
    between.changes.clear()
    world.aval("victim", "activate")


@pytest.mark.parametrize("what", EVERY)
def test_the_machine_believes_no_answer_to_a_changed_request(world, what):
    desk = world.make_vendor()
    host = CredulousHost(world, desk)
    between = Between(world, host.address)
    world.make_machine(desk, "victim", between.address)
    between.changes["/v1/activate"] = EVERY[what]
    world.refused("victim", "lease-other-request")
    answer = between.answer("/v1/activate")[1].decode()
    independent.check_proof(answer[answer.index("c2sp.org/tlog-proof@v1\n") :], host.verifier)  # all else is in order
    between.changes.clear()
    world.aval("victim", "activate")
    assert json.loads(world.run_status("victim"))["state"] == "licensed"


def test_a_request_that_somebody_signed_anew_activates_him_and_not_the_machine(world):
    """He may ask for himself, as any machine may: the lease is his, and takes a seat that is seen to be his."""
    desk = world.make_vendor()
    between = Between(world, world.serve(world.make_host(desk)))
    world.make_machine(desk, "victim", between.address)
    thief = independent.MachineKey()

    def replace(body):
        text = body.decode()
        text = text[: text.rindex("\n\n") + 1]
        return thief.sign(text.replace(field(text, "machine-key"), str(thief.verifier))).encode()

    between.changes["/v1/activate"] = replace
    world.refused("victim", "lease-other-machine")
    assert between.answer("/v1/activate")[0] == 200
    between.changes.clear()
    world.aval("victim", "activate")


def test_a_release_that_was_changed_frees_nothing(world):
    desk = world.make_vendor()
    between = Between(world, world.serve(world.make_host(desk)))
    world.make_machine(desk, "victim", between.address)
    world.aval("victim", "activate")
    between.changes["/v1/release"] = change("number", "77")
    world.aval("victim", "release", expect=3)
    assert code_of(between.answer("/v1/release")[1]) == "request-refused"
    assert json.loads(world.run_status("victim"))["state"] == "licensed"
    between.changes.clear()
    world.aval("victim", "release")
