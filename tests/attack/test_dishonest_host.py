"""A licensed operator who lies about his ledger: each lie is caught by a machine, by the vendor's audit, or by both.

docs/threat-model.md has the table of lies, with the names of these tests. The operator holds the real key and the real
license; machine, desk and audit are the real programs.
"""

import json
from datetime import datetime, timedelta, timezone

import independent
import pytest
from dishonest import HOST, DishonestHost, consistency_path
from independent import to_base64
from world import moment, moments


@pytest.fixture
def desk(world):
    return world.make_vendor()


@pytest.fixture
def host(world, desk):
    made = DishonestHost(world, desk)
    world.make_machine(desk, "machine", made.address)
    return made


def renew(world, machine="machine", code=None):
    """Renews; `code`: the renewal is refused for that reason and the lease in force stays. Returns what was said."""
    said = world.aval(machine, "renew", "--force", expect=4 if code else 0)
    said = said.stdout + said.stderr
    if code:
        assert f"({code})" in said, said
        assert json.loads(world.run_status(machine))["state"] == "licensed"
    return said


def evidence(world, machine="machine"):
    return json.loads(world.aval(machine, "evidence", "--json").stdout)


def seen_by(world, machine="machine"):
    """The file with the last checkpoint that a machine has believed of the one ledger of that name."""
    folder = world.home / machine / "products" / "acme.example" / "studio" / "checkpoints"
    return next(folder.glob(f"{HOST}+*"))


def drop_lease(world, desk, machine="machine"):
    """What the machine has seen stays."""
    key = world.product_key(desk)
    world.aval(machine, "key", "remove", key[-5:])
    world.aval(machine, "key", "install", key)


def audit(world, desk, host, *options, note=None, expect=0):
    """The vendor's audit of what the operator hands out now: (verdict, [(index, error)])."""
    export = host.folder / "ledger"
    export.write_bytes(host.export(note))
    done = world.run(world.vendor, "audit", export, "--desk", desk, "--json", *options, expect=expect)
    report = json.loads(done.stdout)
    return report["verdict"], [(finding["index"], finding["error"]) for finding in report["findings"]]


def inspect(world, desk, host, machine="machine", expect=0):
    """What the vendor learns from the evidence that a machine exports: the pieces."""
    file = world.home / "exported"
    world.aval(machine, "evidence", "export", file)
    done = world.run(world.vendor, "inspect", file, "--desk", desk, "--license", host.folder / "license", "--json",
                     expect=expect)
    report = json.loads(done.stdout)
    assert report["verdict"] == "verifies"
    return report["pieces"]


def test_the_liar_of_this_suite_is_believed_as_long_as_it_is_honest(world, desk, host):
    """Without this, every refusal below might be its clumsiness."""
    world.aval("machine", "activate")
    for count in (1, 2, 5):
        host.invent(count)
        renew(world)
    assert evidence(world) == []
    assert audit(world, desk, host, "--previous", seen_by(world)) == ("clean", [])


def test_signatures_of_unknown_witnesses_change_nothing_whatever_they_are(world, desk, host):
    """Five of 3,309 bytes, as post-quantum keys make them, the first twice; then sixteen of 5,000."""
    world.aval("machine", "activate")
    for count, size in ((5, 3309), (16, 5000)):
        lines = [f"\u2014 witness{number}.example {to_base64(bytes(size))}\n" for number in range(count)]
        host.witnesses = lines[0] + "".join(lines)
        host.invent(2)
        renew(world)
    assert evidence(world) == []
    assert audit(world, desk, host, "--previous", seen_by(world)) == ("clean", [])
    host.leaves[0] = host.leaves[1]
    renew(world, code="consistency-wrong")
    assert [piece["finding"] for piece in inspect(world, desk, host)] == ["wrong-proof"]


# A split view


def test_a_split_view_shown_to_one_machine_is_refused_and_proved_by_its_evidence(world, desk, host):
    """The machine's own entry is dropped and its next one put in the same place: two trees of one size."""
    world.aval("machine", "activate")
    host.leaves.clear()
    said = renew(world, code="consistency-wrong")
    assert "ledger of 1 entries shown, another of 1 entries seen before" in said
    assert "kept as evidence 1" in said
    piece = inspect(world, desk, host)[0]
    assert piece["finding"] == "two-trees"
    assert piece["kept_size"] == piece["shown_size"] == 1 and piece["kept_root"] != piece["shown_root"]
    assert "the same key signed two trees" in piece["meaning"] and "cannot both be true" in piece["meaning"]


def test_a_release_in_another_ledger_ends_no_lease_and_is_proved_by_its_evidence(world, desk, host):
    """The seat is gone by then, as the host likes; what the machine has seen of the ledger is not."""
    world.aval("machine", "activate")
    kept = list(host.leaves)
    host.leaves.clear()
    said = world.aval("machine", "release", expect=4)
    assert "(consistency-wrong)" in said.stdout + said.stderr
    assert json.loads(world.run_status("machine"))["state"] == "licensed"
    assert [piece["finding"] for piece in inspect(world, desk, host)] == ["two-trees"]
    host.leaves[:] = kept
    for proof, finding in ((lambda seen: []), "no-proof"), ((lambda seen: [bytes(32)]), "wrong-proof"):
        host.proof = proof
        world.aval("machine", "release", expect=4)
        assert evidence(world)[-1]["finding"] == finding
    host.proof = None
    world.aval("machine", "release")
    assert json.loads(world.run_status("machine"))["state"] != "licensed"
    assert independent.open_checkpoint(seen_by(world).read_text(), host.key.verifier).size == len(host.leaves)


def test_a_split_view_shown_to_two_machines_is_caught_by_the_audit_with_either_checkpoint(world, desk, host):
    """Each machine sees a tree of its own, and neither can know; the vendor who holds what both saw does."""
    world.make_machine(desk, "other", host.address)
    world.aval("machine", "activate")
    shown_to_machine, host.leaves = host.leaves, []
    world.aval("other", "activate")
    shown_to_other = host.leaves
    for view, differs in ((shown_to_machine, "other"), (shown_to_other, "machine")):
        host.leaves = view
        assert audit(world, desk, host, "--previous", seen_by(world, differs), expect=4)[0] == "consistency-wrong"
    assert audit(world, desk, host, "--previous", seen_by(world, "other")) == ("clean", [])
    host.leaves = shown_to_machine
    assert audit(world, desk, host, expect=4)[0] == "consistency-wrong", "the desk remembers what it audited"


def test_a_split_view_is_noticed_at_the_next_renewal_of_either_machine(world, desk, host):
    """He must go on with one of both trees, or write every renewal into each."""
    world.make_machine(desk, "other", host.address)
    world.aval("machine", "activate")
    kept, host.leaves = host.leaves, []
    world.aval("other", "activate")
    host.leaves = kept
    renew(world, "machine")
    renew(world, "other", code="consistency-wrong")


# A past that was changed


def test_a_truncated_ledger_is_refused_by_a_machine_that_saw_more(world, desk, host):
    host.invent(5)
    world.aval("machine", "activate")
    del host.leaves[2:]
    said = renew(world, code="consistency-wrong")
    assert "ledger of 3 entries shown, one of 6 entries seen before" in said
    piece = inspect(world, desk, host)[0]
    assert piece["finding"] == "smaller" and piece["meaning"].startswith("Not proved by these two checkpoints alone")


def test_a_ledger_truncated_and_grown_again_is_refused_by_a_machine_and_the_audit(world, desk, host):
    world.aval("machine", "activate")
    host.leaves.clear()
    host.invent(3)
    renew(world, code="consistency-wrong")
    assert evidence(world)[0]["finding"] == "wrong-proof"
    assert audit(world, desk, host, "--previous", seen_by(world), expect=4)[0] == "consistency-wrong"


def test_a_ledger_that_is_shown_without_any_proof_is_refused(world, host):
    world.aval("machine", "activate")
    host.proof = lambda seen: []
    said = renew(world, code="consistency-wrong")
    assert evidence(world)[0]["finding"] == "no-proof"
    assert "ledger of 2 entries shown, one of 1 entries seen before" in said


def test_a_proof_for_another_size_is_refused(world, host):
    host.invent(3)
    world.aval("machine", "activate")
    host.invent(4)
    host.proof = lambda seen: consistency_path(host.hashes(), seen - 1)
    renew(world, code="consistency-wrong")
    assert evidence(world)[0]["finding"] == "wrong-proof"


def test_a_lease_altered_after_the_fact_is_noticed_by_a_machine_and_the_audit(world, desk, host):
    world.aval("machine", "activate")
    genuine = host.checkpoint()
    host.leaves[0] = host.leaves[0].replace(b"renew-after 7d", b"renew-after 6d")
    assert audit(world, desk, host, note=genuine, expect=4)[0] == "audit-root"
    assert audit(world, desk, host, "--previous", seen_by(world), expect=4)[0] == "consistency-wrong"
    renew(world, code="consistency-wrong")


def test_a_lease_left_out_afterwards_is_noticed_by_a_machine_and_the_audit(world, desk, host):
    host.invent(2)
    world.aval("machine", "activate")
    genuine = host.checkpoint()
    del host.leaves[2]
    host.invent()
    assert audit(world, desk, host, note=genuine, expect=4)[0] == "audit-root"
    assert audit(world, desk, host, "--previous", seen_by(world), expect=4)[0] == "consistency-wrong"
    renew(world, code="consistency-wrong")


def test_a_lease_that_was_never_logged_is_not_believed(world, host):
    """Its leaf is in no tree, so no proof can tie it to one."""
    host.invent(3)

    def answer(request):
        text = host.lease(request)
        host.leaves.pop()
        return host.prove(text)

    host.answer = answer
    world.refused("machine", "proof-wrong")
    assert evidence(world) == []


# Leases that should not be


def test_a_lease_longer_than_the_license_allows_is_refused_by_the_machine_and_the_audit(world, desk, host):
    host.days = 181
    world.refused("machine", "lease-dates")
    verdict, findings = audit(world, desk, host, expect=4)
    assert verdict == "audit-findings" and (0, "audit-dates") in findings


def test_a_seat_beyond_the_license_is_found_by_the_audit_alone(world, desk):
    """No machine can count the others; each of the three is licensed, and the third is one too many."""
    host = DishonestHost(world, desk, seats=2)
    for name in ("one", "two", "three"):
        world.make_machine(desk, name, host.address)
        world.aval(name, "activate")
        assert json.loads(world.run_status(name))["state"] == "licensed"
    assert audit(world, desk, host, expect=4) == ("audit-findings", [(2, "audit-seats")])


def test_a_back_dated_lease_is_refused_by_the_machine_and_the_audit(world, desk):
    host = DishonestHost(world, desk, extra=("--from", moment(-5)[:10], "--for", "365d"))
    host.invent()
    world.make_machine(desk, "machine", host.address)
    issued, expires = moments(-1, 179)
    host.changes = {"issued": issued, "expires": expires}
    world.refused("machine", "lease-dates")
    verdict, findings = audit(world, desk, host, expect=4)
    assert verdict == "audit-findings" and (1, "audit-times") in findings


# What comes after


def test_the_next_host_is_tried_and_the_liar_is_remembered(world, desk, host):
    """The lease is removed in between, since no other host's is taken while it is in force."""
    honest = DishonestHost(world, desk, "honest", "kms2.uni.example")
    world.aval("machine", "activate")
    kept = seen_by(world).read_bytes()
    host.leaves.clear()
    drop_lease(world, desk)
    world.aval("machine", "host", "set", host.address, honest.address)
    said = world.aval("machine", "renew", "--force")
    assert "(consistency-wrong)" in said.stderr and "activated" in said.stdout
    assert seen_by(world).read_bytes() == kept, "what was seen stays what he is held to"
    world.aval("machine", "host", "set", host.address)
    host.invent(7)
    drop_lease(world, desk)
    world.refused("machine", "consistency-wrong")
    assert [piece["number"] for piece in evidence(world)] == [1, 2]


# What another licensed host may try with a machine that has a lease in force


def lease_of(world):
    """Without when it is to be renewed, which goes by the last good answer."""
    lease = json.loads(world.run_status("machine"))["lease"]
    return {name: value for name, value in lease.items() if name != "renew_at"}


def test_a_short_lease_by_another_customers_host_is_passed_over_and_the_next_host_is_asked(world, desk, host):
    """Once with a lease that would end later, too: whoever answers a machine must not take it from its own host."""
    other = DishonestHost(world, desk, "other-customer", "kms.other.example")
    world.aval("machine", "activate")
    before = lease_of(world)
    later = (datetime.now(timezone.utc) + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for changes in ({"expires": later, "renew-after": "1m", "retry-after": "1m"}, {}):
        other.changes = changes
        world.aval("machine", "host", "set", other.address)
        assert "the one in force" in renew(world, code="lease-other-host")
        assert lease_of(world) == before
    world.aval("machine", "host", "set", other.address, host.address)
    said = world.aval("machine", "renew", "--force")
    assert "(lease-other-host)" in said.stderr and "activated" in said.stdout
    after = json.loads(world.run_status("machine"))["lease"]
    assert after["license"] == before["license"] and after["expires"] >= before["expires"]
    assert "release that one first" in world.aval("machine", "explain", "lease-other-host").stdout


def test_a_lease_in_force_is_not_shortened_by_its_own_host_either(world, desk, host):
    world.aval("machine", "activate")
    before = lease_of(world)
    later = (datetime.now(timezone.utc) + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    host.changes = {"expires": later, "renew-after": "1m", "retry-after": "1m"}
    renew(world, code="lease-ends-earlier")
    assert lease_of(world) == before | {"ledger_size": 2}
    host.changes = {}
    renew(world)


def test_of_two_licensed_hosts_of_one_name_each_is_held_to_what_it_has_shown(world, desk, host):
    """He has a second key for the same name, asks the vendor for a license of that too, and rewrites either ledger after
    the machine has heard of the other. It has no lease in force meanwhile: until then it asks its own host alone."""
    second = DishonestHost(world, desk, "second-key")
    assert second.key.verifier.name == host.key.verifier.name
    host.invent(3)
    world.aval("machine", "activate")
    world.aval("machine", "host", "set", second.address)
    renew(world, code="lease-other-host")
    drop_lease(world, desk)
    world.aval("machine", "activate")
    for rewritten, other in ((host, second), (second, host)):
        kept, rewritten.leaves = rewritten.leaves, []
        drop_lease(world, desk)
        world.aval("machine", "host", "set", rewritten.address)
        world.refused("machine", "consistency-wrong")
        world.aval("machine", "host", "set", other.address)
        world.aval("machine", "activate")
        rewritten.leaves = kept
    assert {piece["finding"] for piece in evidence(world)} <= {"smaller", "two-trees"} and len(evidence(world)) == 2


def test_evidence_is_shown_and_exported_one_by_one_or_together(world, desk, host):
    world.aval("machine", "activate")
    for _ in range(2):
        host.leaves.clear()
        renew(world, code="consistency-wrong")
    listed = world.aval("machine", "evidence", "list").stdout
    assert listed.count("two-trees") == 2
    shown = world.aval("machine", "evidence", "show", "2").stdout
    assert "Proved: " in shown and "aval ledger-evidence v1" in shown
    world.aval("machine", "evidence", "show", "3", expect=2)
    one = world.aval("machine", "evidence", "export", "-", "1").stdout
    both = world.aval("machine", "evidence", "export", "-").stdout
    assert both.startswith(one) and both.count("aval ledger-evidence v1") == 2
    assert len(inspect(world, desk, host)) == 2
    assert "2 against hosts" in world.aval("machine", "status", "-v").stdout


def test_a_split_view_is_kept_whatever_somebody_on_the_path_has_stripped_before(world, desk, host):
    """He takes the consistency lines out of honest answers until the machine has enough of that, and changes them until
    it has enough of that too; then the host shows another tree."""
    world.aval("machine", "activate")
    for proof in (lambda seen: [], lambda seen: [bytes(32)]):
        host.proof = proof
        for _ in range(5):
            said = renew(world, code="consistency-wrong")
        assert "enough evidence" in said
    assert [piece["finding"] for piece in evidence(world)] == ["no-proof"] * 4 + ["wrong-proof"] * 4
    host.proof = None
    host.leaves.clear()
    assert "kept as evidence 9" in renew(world, code="consistency-wrong")
    assert [piece["finding"] for piece in inspect(world, desk, host)][8:] == ["two-trees"]


def test_evidence_that_a_machine_made_up_convinces_nobody(world, desk, host):
    """A second checkpoint needs the host's key."""
    world.aval("machine", "activate")
    host.leaves.clear()
    renew(world, code="consistency-wrong")
    file = world.home / "made-up"
    world.aval("machine", "evidence", "export", file)
    text = file.read_text()
    own = independent.SigningKey(host.key.verifier.name)
    shown = text[text.index("shown ") : text.index("request ")]
    note = own.sign(independent.Checkpoint(own.verifier.name, 1, bytes(32)).text())
    file.write_text(text.replace(shown, f"shown {len(note.encode())}\n{note}"))
    done = world.run(world.vendor, "inspect", file, "--desk", desk, "--json", expect=4)
    assert json.loads(done.stdout)["error"] == "checkpoint-signer"
    # with a key of its own throughout, it is no licensed host's
    kept = text[text.index("kept ") : text.index("shown ")]
    other = own.sign(independent.Checkpoint(own.verifier.name, 1, bytes(range(32))).text())
    text = text.replace(shown, f"shown {len(note.encode())}\n{note}")
    text = text.replace(kept, f"kept {len(other.encode())}\n{other}").replace(str(host.key.verifier), str(own.verifier))
    file.write_text(text)
    done = world.run(world.vendor, "inspect", file, "--desk", desk, "--license", host.folder / "license", "--json",
                     expect=4)
    assert json.loads(done.stdout)["error"] == "license-other-host"
