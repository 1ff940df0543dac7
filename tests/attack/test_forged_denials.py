"""Somebody on the path answers a machine with denials of his own: nothing in one is signed, so nothing in one ends or
delays anything for long.
"""

import json
from datetime import datetime

import pytest
from dishonest import DishonestHost
from world import Between


def denial(code, retry="3660d"):
    return f"aval denial v1\ncode {code}\nmessage Go away.\nretry-after {retry}\n".encode()


@pytest.fixture
def path(world):
    desk = world.make_vendor()
    made = Between(world, world.serve(world.make_host(desk)))
    made.desk = desk
    world.make_machine(desk, "machine", made.address)
    return made


def status(world):
    return json.loads(world.run_status("machine"))


def lease_of(world):
    """Without when it is to be renewed, which goes by the last good answer."""
    return {name: value for name, value in status(world)["lease"].items() if name != "renew_at"}


def waits(last, seconds):
    """Whether the status says that no host is asked for so long, and at most the eighth more that the machine draws itself."""
    read = [datetime.strptime(last[key], "%Y-%m-%dT%H:%M:%SZ") for key in ("asked", "retry_at")]
    return seconds <= (read[1] - read[0]).total_seconds() <= seconds * 9 / 8


def test_a_forged_denial_puts_a_machine_without_a_lease_off_for_a_day_at_most(world, path):
    path.forged["/v1/activate"] = 503, denial("host-busy")
    report = json.loads(world.aval("machine", "activate", "--json", expect=18).stdout)
    assert report["attempts"][0]["retry_after"] == 86400
    assert waits(status(world)["last"], 86400)


def test_a_forged_denial_puts_a_machine_with_a_lease_off_for_its_licenses_interval(world, path):
    world.aval("machine", "activate")
    path.forged["/v1/activate"] = 403, denial("machine-blocked")
    report = json.loads(world.aval("machine", "renew", "--force", "--json", expect=12).stdout)
    assert report["attempts"][0]["retry_after"] == 7200
    assert waits(status(world)["last"], 7200)
    assert status(world)["state"] == "licensed"


@pytest.mark.parametrize("code, http, expect", [("release-nothing", 404, 14), ("machine-blocked", 403, 12),
                                                ("no-license", 404, 14), ("license-revoked", 403, 14)])
def test_a_forged_denial_to_a_release_does_not_make_a_machine_forget_its_lease(world, path, code, http, expect):
    world.aval("machine", "activate")
    lease = lease_of(world)
    path.forged["/v1/release"] = http, denial(code)
    world.aval("machine", "release", expect=expect)
    assert status(world)["state"] == "licensed" and lease_of(world) == lease
    assert waits(status(world)["last"], 7200)
    path.forged.clear()
    world.aval("machine", "release")
    assert status(world)["code"] == "no-lease"


def test_a_lease_is_forgotten_only_for_the_released_leaf_under_its_own_hosts_key(world, path):
    """First an "ok" of no content, then a release that another licensed host has logged and proved."""
    world.aval("machine", "activate")
    other = DishonestHost(world, path.desk, "other-customer", "kms.other.example")

    def log(method, page, body):
        if page != "/v1/release":
            return path.reply(method, page, body)
        return 200, other.release(body.decode())

    for forged, expect, code in ((lambda *_: (200, b""), 17, "host-answer"), (log, 4, "checkpoint-signer")):
        host = world.fake(forged)
        file = world.home / "machine/products/acme.example/studio/lease.host"
        kept = file.read_text()
        file.write_text(f"aval hosts v1\nhost {host.address}\n")
        assert f"({code})" in world.aval("machine", "release", expect=expect).stderr
        assert status(world)["state"] == "licensed"
        file.write_text(kept)
    world.aval("machine", "release")
    assert status(world)["code"] == "no-lease"


# U+202E and what is like it: other directions, nothing to be seen, ends of lines
UNSEEN = "\u061c\u200b\u200e\u200f\u2028\u202a\u202e\u2060\u2066\u2069\ufeff\U000e0041"


def test_what_turns_or_hides_text_in_a_denial_does_not_reach_the_terminal(world, path):
    """The words of a denial are anybody's, and a right-to-left override makes a line say something else."""
    message = "message No seats, call " + "".join(f"{letter}x" for letter in UNSEEN) + "."
    path.forged["/v1/activate"] = 503, denial("host-busy").replace(b"message Go away.", message.encode())
    for command, expect in (["activate"], 18), (["status"], 0), (["activate", "--json"], 18), (["status", "--json"], 0):
        said = world.aval("machine", *command, expect=expect)
        assert not set(UNSEEN) & set(said.stdout + said.stderr)
        if "--json" not in command:
            assert "No seats, call " + "?x" * len(UNSEEN) + "." in "".join((said.stdout + said.stderr).split("\n"))
    assert json.loads(said.stdout)["last"]["message"].endswith(message.removeprefix("message "))
