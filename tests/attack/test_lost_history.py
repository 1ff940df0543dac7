"""A host whose operator puts an older database beside an older state of the signer, and lets both begin a new epoch: what
was issued in between is gone from his ledger, but not from what machines have seen.
"""

import json
import shutil

import independent
import pytest
from dishonest import DishonestHost
from world import field, send

SIGNED, KEPT, ALL = 2, 1, 6  # leaves that the older signer knows, that the older database has, that there were


def control(world, host, *args):
    return world.run(world.build / "src" / "programs" / "avalctl", *args, "--data", host)


def seen_of(world, name):
    """What a machine's newest lease says that it had seen: (origin, size)."""
    folder = world.home / name / "products" / "acme.example" / "studio"
    leaf = independent.Proof.parse((folder / "lease.tlog-proof").read_text()).extra
    seen = independent.open_leaf(leaf)[1].seen
    return seen.checkpoint.origin, seen.checkpoint.size


class Lost:
    """B5. `names`: machines, in the order in which they were activated; the last four are lost."""

    def __init__(self, world):
        self.world, self.desk = world, world.make_vendor()
        self.host = world.make_host(self.desk, seats=20)
        self.names = [f"machine{n}" for n in range(ALL)]
        self.activate(self.names[:KEPT], audited=True)
        shutil.copy(self.host / "avald.db", world.home / "old.db")
        self.activate(self.names[KEPT:SIGNED])
        shutil.copytree(self.host / "signer", world.home / "old.signer")
        self.activate(self.names[SIGNED:])
        for log in self.host.glob("avald.db-*"):
            log.unlink()
        shutil.copy(world.home / "old.db", self.host / "avald.db")
        for state in (self.host / "signer").glob("*.state"):
            state.unlink()
        for state in (world.home / "old.signer").glob("*.state"):
            shutil.copy2(state, self.host / "signer" / state.name)
        world.run(world.avald, "recover", "--yes", "--data", self.host)
        self.address = world.serve(self.host)

    def activate(self, names, audited=False):
        """By a host that runs for these alone; the vendor audits it before it stops."""
        address = self.world.serve(self.host)
        for name in names:
            self.world.make_machine(self.desk, name, address)
            self.world.aval(name, "activate")
        if audited:
            assert self.audit()["verdict"] == "clean"
        process = self.world.processes.pop()
        process.terminate()
        process.wait(timeout=30)

    def renew(self, name):
        self.world.aval(name, "host", "set", self.address)
        return self.world.aval(name, "renew", "--force")

    def audit(self):
        control(self.world, self.host, "ledger", "export", "--output", self.world.home / "export")
        done = self.world.run(self.world.vendor, "audit", self.world.home / "export", "--desk", self.desk, "--json")
        return json.loads(done.stdout)


@pytest.fixture
def lost(world):
    return Lost(world)


def test_a_machine_that_saw_more_says_so_in_the_new_ledger_and_the_audit_tells_what_was_lost(world, lost):
    origin = "kms.uni.example/acme.example"
    lost.renew(lost.names[-1])
    assert seen_of(world, lost.names[-1]) == (origin, ALL), "its renewal is testimony"
    status = json.loads(world.run_status(lost.names[-1]))
    assert status["state"] == "licensed" and status["lease"]["ledger_epoch"] > 1
    report = lost.audit()
    told, = report["lost"]
    assert (told["origin"], told["told_size"], told["seen_size"]) == (origin, SIGNED, ALL)
    assert told["entries"] == ALL - SIGNED and told["outstanding"] == "unknown"


def test_where_no_machine_saw_more_nothing_is_told(world, lost):
    """So that the test above can fail: it is the machine's testimony that the audit reads, and nothing else."""
    lost.renew(lost.names[0])
    assert seen_of(world, lost.names[0])[1] <= SIGNED
    assert lost.audit()["lost"] == []


def test_no_machine_holds_evidence_against_a_host_that_began_again_openly(world, lost):
    for name in lost.names:
        lost.renew(name)
        assert json.loads(world.aval(name, "evidence", "--json").stdout) == []


# A host that would rather not have its machines say what they saw


@pytest.fixture
def silent(world):
    """A dishonest host of four leaves, which the machine has seen, and an earlier request of the machine's."""
    desk = world.make_vendor()
    host = DishonestHost(world, desk)
    host.requests = []
    told = host.answer

    def answer(request):
        host.requests.append(request)
        return told(request)

    host.answer = answer
    world.make_machine(desk, "machine", host.address)
    world.aval("machine", "activate")
    host.invent(3)
    world.aval("machine", "renew", "--force")
    return host


def renew(world, expect=0):
    said = world.aval("machine", "renew", "--force", expect=expect)
    return said.stdout + said.stderr


def test_an_epoch_that_holds_what_the_machine_saw_is_taken(world, silent):
    silent.leaves.pop()
    silent.begin_epoch(1800000000)
    renew(world)
    status = json.loads(world.run_status("machine"))
    assert status["lease"]["ledger_epoch"] == 1800000000
    assert seen_of(world, "machine")[1] == 5


def test_an_epoch_that_hides_what_the_machine_saw_is_not_taken(world, silent):
    """The leaf in it carries the machine's first request, from before it saw so much."""
    silent.leaves.pop()
    silent.begin_epoch(1800000000)
    first = silent.requests[0]
    assert int(field(first, "seen-size")) < 5
    silent.answer = lambda request: silent.prove(silent.lease(first))
    said = renew(world, expect=4)
    assert "(epoch-unseen)" in said, said
    status = json.loads(world.run_status("machine"))
    assert status["state"] == "licensed" and status["lease"]["ledger_epoch"] == 1


def test_the_host_answers_in_the_old_epoch_no_more(world, silent):
    """Once the machine has taken the new one, the old ledger is evidence."""
    old, leaves = silent.origin, list(silent.leaves)
    silent.begin_epoch(1800000000)
    renew(world)
    silent.origin, silent.leaves = old, leaves
    assert "(consistency-wrong)" in renew(world, expect=4)
    piece, = json.loads(world.aval("machine", "evidence", "--json").stdout)
    assert piece["finding"] == "earlier-epoch"
    assert send(silent.address, "GET", "/v1/license/x")[0] == 200
