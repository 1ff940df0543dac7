"""Somebody on the path keeps what a machine signed, and hands it on when it suits him, or again and again.

A release that was held back is tried on a host that remembers the numbers of leaves alone as well, where it must work: so
that the test can fail.
"""

import json
import time
from datetime import datetime, timedelta, timezone

import pytest
from credulous import CredulousHost
from test_strangers import Scene
from world import code_of, field, log_of, send


class LeavesAlone(CredulousHost):
    """Gives a lease that runs again where nothing is to be gained by a new one, and keeps no number of who asked."""

    def __init__(self, world, desk, **kwargs):
        super().__init__(world, desk, **(kwargs | {"numbers": True}))

    def activate(self, request):
        machine = self.identify(request)
        if machine in self.holders and not self.used(machine, request):
            return 200, self.prove(self.last[machine][1].decode())
        return super().activate(request)


@pytest.fixture(params=["the real host", "a host that remembers leaves alone"])
def scene(request, world, monkeypatch):
    """A license that ends before its leases would, so that a renewal gets nothing new."""
    make = world.make_host
    monkeypatch.setattr(world, "make_host", lambda desk, seats, extra=(): make(desk, seats=seats, extra=("--for", "90d", *extra)))
    monkeypatch.setattr("test_strangers.CredulousHost", LeavesAlone)
    return Scene(world, request.param != "the real host")


def give_back_in_vain(scene):
    """The machine's release, in whose place the host gets something else."""
    kept = []
    scene.between.changes["/v1/release"] = lambda body: kept.append(body.decode()) or b"busy\n"
    scene.world.run_any(scene.world.program, "--state", scene.world.home / "victim", "release")
    del scene.between.changes["/v1/release"]
    return kept[-1]


def test_a_release_that_was_held_back_is_worth_nothing_once_the_machine_has_asked_again(scene):
    release = give_back_in_vain(scene)
    assert scene.licensed("victim")
    size = scene.ledger_size()
    scene.world.aval("victim", "renew", "--force")
    assert int(field(scene.request(), "number")) > int(field(release, "number"))
    assert scene.ledger_size() == size, "it was told of the lease that it has"
    status, body = send(scene.address, "POST", "/v1/release", release)
    assert (status == 200) is scene.weak
    assert scene.activates("thief") is scene.weak
    if scene.weak:
        return
    assert (status, code_of(body)) == (409, "number-used")
    scene.world.aval("victim", "release")  # which still holds the note of then, and signs another
    assert not scene.licensed("victim")
    assert scene.activates("later"), "the seat is free"


def signed_again(key, text, **changes):
    text = text[: text.rindex("\n\n") + 1]
    for line, value in changes.items():
        text = text.replace(f"\n{line} {field(text, line)}\n", f"\n{line} {value}\n")
    return key.sign(text)


def test_a_note_that_was_dated_ahead_takes_its_seat_when_its_time_has_come(world):
    """That it was denied before makes it no old note: its lease must not stand beside the count."""
    scene = Scene(world, False)
    assert not scene.activates("second")
    denied = scene.request()
    world.aval("victim", "release")
    ahead = datetime.now(timezone.utc) + timedelta(hours=4, seconds=3)
    note = signed_again(world.machine_key("second"), denied, number=70, time=f"{ahead:%Y-%m-%dT%H:%M:%SZ}")
    assert code_of(send(scene.address, "POST", "/v1/activate", note)[1]) == "clock-apart"
    deadline = time.monotonic() + 30
    while (status := send(scene.address, "POST", "/v1/activate", note)[0]) != 200 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert status == 200
    assert not scene.activates("third"), "there is one seat"


def test_what_was_denied_leaves_one_trace_however_often_it_is_sent(world):
    """A request that found no seat, one for a product that nobody licensed, and a release of nothing."""
    scene = Scene(world, False)
    control = world.build / "src" / "programs" / "avalctl"
    assert not scene.activates("second")
    denied = scene.request()
    key = world.machine_key("second")
    foreign = signed_again(key, denied, edition="edu", number=70)
    late = signed_again(key, denied, number=71, time="2026-01-01T00:00:00Z")
    for note, code in (foreign, "no-license"), (late, "clock-apart"):
        assert code_of(send(scene.address, "POST", "/v1/activate", note)[1]) == code

    def ask(*what):
        return json.loads(world.run(control, *what, "--json", "--data", scene.folder).stdout)

    def traces():
        return (ask("machines", "list")["machines"], ask("denials")["denials"], ask("licenses")["licenses"],
                [line for line in log_of(scene.folder, "no-seats", "no-license", "clock-apart").splitlines() if "event=denied" in line])

    before = traces()
    assert [row["code"] for row in before[1]] == ["clock-apart", "no-license", "no-seats"]
    for _ in range(20):
        for note, code in (denied, "number-used"), (foreign, "no-license"), (late, "clock-apart"):
            status, body = send(scene.address, "POST", "/v1/activate", note)
            assert (status != 200, code_of(body)) == (True, code)
    assert traces() == before
    world.aval("victim", "release")
    assert code_of(send(scene.address, "POST", "/v1/activate", denied)[1]) == "number-used", "nor does it take a seat now"
    assert scene.activates("third")
