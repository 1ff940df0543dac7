"""aval-vendor inspect: every document, whole and spoiled, and what is said of it."""

import json
import re

import pytest
from independent import (
    Checkpoint,
    Introduction,
    MachineKey,
    Proof,
    SigningKey,
    empty_seen,
    inclusion_path,
    key_id,
    leaf_hash,
    open_note,
    release_text,
    request_text,
    to_base64,
    tree_root,
)
from vendor_desk import (
    FILES,
    HOST,
    INPUT,
    TRUST,
    VENDOR,
    bare,  # noqa: F401
    desk,  # noqa: F401
    empty,  # noqa: F401
    shift,
    terms,
)

MACHINE_KEY = MachineKey(b"m" * 32)
MACHINE = MACHINE_KEY.id
HOST_KEY = SigningKey(f"{HOST}/{VENDOR}", b"h" * 32)  # where it does not matter whose


def inspect(desk, *args, expect=0):
    """JSON of it, after the words have been asked for with the same exit status."""
    desk.run("inspect", *args, expect=expect)
    return json.loads(desk.run("inspect", *args, "--json", expect=expect).stdout)


def test_own_documents_verify(desk):
    revoked = dict(desk.license())["license"]
    desk.run("revoke", revoked, "-o", "list")
    name = f"{VENDOR}+" + str(desk.key).split("+")[1]
    for path, kind in [("studio.product", "product"), ("uni.license", "license"), ("list", "revocations")]:
        said = inspect(desk, path)
        assert (said["document"], said["verdict"], said["signer"]) == (kind, "verifies", name)
    assert inspect(desk, "uni.license")["seats"] == 28
    assert inspect(desk, "list")["licenses"] == [revoked]
    assert [e["edition"] for e in inspect(desk, "studio.product")["editions"]] == ["edu", "pro"]


def test_a_license_says_whether_it_is_worth_anything_today(desk):
    """Which its signature does not say: it verifies in all of these."""
    begun, ended, later = dict(desk.license()), "ended.license", "later.license"
    desk.run("license", "uni.host-request", *terms("--from", "2020-01-01", "--until", "2020-12-31"), "-o", ended)
    desk.run("license", "uni.host-request", *terms("--from", "2090-01-01"), "-o", later)
    for path, state in ("uni.license", "in force"), (ended, "ended"), (later, "not begun"):
        said = inspect(desk, path)
        assert (said["verdict"], said["state"]) == ("verifies", state)
    desk.run("revoke", begun["license"], "-o", "list")
    assert (inspect(desk, "uni.license")["verdict"], inspect(desk, "uni.license")["state"]) == ("verifies", "revoked")
    assert re.search("^Today: +revoked$", desk.run("inspect", "uni.license").stdout, re.M)
    elsewhere = ["--vendor-key", desk.path / "vendor.vkey", "--desk", desk.folder / "no-desk"]
    said = json.loads(desk.run_it(desk.program, "inspect", "uni.license", *elsewhere, "--json").stdout)
    assert said["state"] == "in force", "who has no desk does not know what was revoked"


@pytest.mark.parametrize("content, code", [(b"garbage" * 1000, "store-foreign"), (b"", "store-foreign"), (None, "store-failed")],
                         ids=["garbage", "empty", "gone"])
def test_a_license_of_which_the_record_cannot_be_read_is_not_said_to_be_in_force(desk, content, code):
    begun, ended = dict(desk.license()), "ended.license"
    desk.run("license", "uni.host-request", *terms("--from", "2020-01-01", "--until", "2020-12-31"), "-o", ended)
    desk.run("revoke", begun["license"], "-o", "list")
    assert "record" not in inspect(desk, "uni.license")
    record = desk.path / "desk.db"
    record.unlink() if content is None else record.write_bytes(content)
    said = inspect(desk, "uni.license", expect=FILES)
    assert (said["verdict"], said["state"], said["record"]) == ("verifies", "not known", code) and said["record_message"]
    done = desk.run("inspect", "uni.license", expect=FILES)
    words = " ".join(done.stdout.split())
    assert "Today: not known" in words and "not known whether this license was revoked or replaced" in words and "Today: in force" not in words
    assert f"({code})" in done.stderr and str(desk.path) in done.stderr
    said = inspect(desk, ended, expect=FILES)
    assert (said["state"], said["record"]) == ("ended", code), "which no record changes"
    assert inspect(desk, "studio.product")["verdict"] == "verifies", "nothing of a product hangs on the record"
    spoilt = (desk.folder / "uni.license").read_text().replace("seats 28", "seats 29")
    (desk.folder / "changed").write_text(spoilt)
    said = inspect(desk, "changed", expect=TRUST)
    assert (said["verdict"], said["record"]) == ("fails", code), "the verdict goes before"


def test_a_host_request_verifies_against_itself(desk):
    said = inspect(desk, "uni.host-request")
    assert (said["verdict"], said["host"], said["signer"][: len(HOST)]) == ("verifies", HOST, HOST)


def test_a_document_verifies_without_a_desk_by_the_key_given(desk):
    desk.license()
    key = desk.path / "vendor.vkey"
    for given in (key, key.read_text().strip()):
        desk.run_it(desk.program, "inspect", "uni.license", "--vendor-key", given)
    done = desk.run_it(desk.program, "inspect", "uni.license", expect=TRUST)
    assert "(signer-unknown)" in done.stderr and "DOES NOT VERIFY" in done.stdout
    assert "University of Example" in done.stdout


def test_an_unknown_signer_is_named(desk):
    other = SigningKey("other.example")
    text = open_note((desk.folder / "studio.product").read_bytes(), desk.key)
    desk.write("forged", other.sign(text))
    said = inspect(desk, "forged", expect=TRUST)
    assert (said["verdict"], said["error"]) == ("fails", "signer-unknown")
    assert said["signatures"][0].startswith("other.example+")


def test_a_changed_license_does_not_verify(desk):
    desk.license()
    path = desk.folder / "uni.license"
    path.write_text(path.read_text().replace("seats 28", "seats 29"))
    said = inspect(desk, "uni.license", expect=TRUST)
    assert (said["verdict"], said["error"], said["seats"]) == ("fails", "signature-wrong", 29)


def test_a_verifier_key_is_described(desk):
    said = inspect(desk, desk.path / "vendor.vkey")
    assert (said["document"], said["key"], said["verdict"]) == ("verifier-key", str(desk.key), "unsigned")


HARDWARE = [("board", bytes(range(16))), ("disk", bytes(range(16, 32)))]  # enough for a lease of full length


def request_note(host=HOST_KEY, edition="pro", number=7, time=None, signer=MACHINE_KEY):
    text = request_text(MACHINE_KEY.verifier, host.verifier, number, time or shift(seconds=1), empty_seen(host), VENDOR,
                        "studio", edition, hardware=HARDWARE)
    return signer.sign(text) if signer is MACHINE_KEY else forge(text, signer)


def forge(text, signer):
    """A note in the machine's name, with somebody else's signature."""
    own, other = (to_base64(MACHINE_KEY_ID + key.private.sign(text.encode())) for key in (MACHINE_KEY, signer))
    return MACHINE_KEY.sign(text).replace(own, other)


MACHINE_KEY_ID = key_id(MACHINE, MACHINE_KEY.verifier.public)


def release_note(license_id="a1", host=HOST_KEY):
    return MACHINE_KEY.sign(release_text(MACHINE_KEY.verifier, host.verifier, 8, "2026-11-22T09:00:00Z", empty_seen(host),
                                         license_id))


def lease_text(license_id, host=HOST_KEY, request=None, **changes):
    values = {"license": license_id, "issued": shift(seconds=1), "expires": shift(days=180, seconds=-1)}
    values |= {"renew-after": "7d", "retry-after": "2h", "feature": "render"} | changes
    return "aval lease v1\n" + "".join(f"{k} {v}\n" for k, v in values.items()) + "\n" + (request or request_note(host))


def make_proof(key, leaf, index=3, size=7, epoch=""):
    """A tlog-proof of the leaf in a ledger that key signs; EPOCH is added to its origin."""
    leaves = [leaf_hash(b"other %d" % i) for i in range(size)]
    leaves[index] = leaf_hash(leaf)
    checkpoint = Checkpoint(key.verifier.name + epoch, size, tree_root(leaves))
    return Proof(leaf, index, inclusion_path(leaves, index), key.sign(checkpoint.text())).text()


def test_a_lease_in_a_proof_verifies_by_the_license(desk):
    license_id = dict(desk.license())["license"]
    desk.write("proof", make_proof(desk.host_key, lease_text(license_id, desk.host_key).encode()))
    said = inspect(desk, "proof", "--license", "uni.license")
    assert (said["verdict"], said["leaf"], said["machine"]) == ("verifies", "lease", MACHINE)
    assert said["signer"].startswith(f"{HOST}/{VENDOR}+")


def test_a_release_in_a_proof_verifies_by_the_license(desk):
    license_id = dict(desk.license())["license"]
    leaf = f"aval released v1\nreleased 2026-11-22T09:00:00Z\n\n{release_note(license_id, desk.host_key)}"
    desk.write("proof", make_proof(desk.host_key, leaf.encode()))
    said = inspect(desk, "proof", "--license", "uni.license")
    assert (said["verdict"], said["leaf"], said["machine"]) == ("verifies", "released", MACHINE)


def epoch_text(origin=f"{HOST}/{VENDOR}/epoch-2"):
    return (f"aval epoch v1\norigin {origin}\nprevious {HOST}/{VENDOR}\nsize 9\nroot {to_base64(bytes(32))}\n"
            "found 4\nwhy lost\nbegan 2026-11-22T09:00:00Z\n")


def test_the_beginning_of_an_epoch_in_a_proof_verifies_by_the_license(desk):
    desk.license()
    desk.write("proof", make_proof(desk.host_key, epoch_text().encode(), index=0, epoch="/epoch-2"))
    said = inspect(desk, "proof", "--license", "uni.license")
    assert (said["verdict"], said["leaf"], said["found"]) == ("verifies", "epoch", 4)
    assert "Leaf: epoch" in re.sub(r" +", " ", desk.run("inspect", "proof", "--license", "uni.license").stdout)


def test_a_seat_reclaimed_is_shown_and_held_against_the_license(desk):
    license = dict(desk.license())["license"]
    leaf = (f"aval reclaimed v1\nlicense {license}\nmachine-key {MACHINE_KEY.verifier}\nlease-origin {HOST}/{VENDOR}\n"
            "lease-index 2\nreclaimed 2026-12-24T18:00:00Z\n")
    desk.write("leaf", leaf)
    said = json.loads(desk.run("inspect", "leaf", "--json").stdout)
    assert (said["verdict"], said["machine"], said["lease_index"]) == ("unsigned", MACHINE_KEY.id, 2)
    desk.write("proof", make_proof(desk.host_key, leaf.encode()))
    said = json.loads(desk.run("inspect", "proof", "--license", "uni.license", "--json").stdout)
    assert (said["verdict"], said["leaf"]) == ("verifies", "reclaimed")
    desk.write("proof", make_proof(desk.host_key, leaf.replace(license, "another").encode()))
    said = json.loads(desk.run("inspect", "proof", "--license", "uni.license", "--json", expect=TRUST).stdout)
    assert said["error"] == "lease-other-license"


def test_the_beginning_of_an_epoch_in_the_ledger_of_another_fails(desk):
    desk.license()
    desk.write("proof", make_proof(desk.host_key, epoch_text().encode(), index=0, epoch="/epoch-3"))
    assert inspect(desk, "proof", "--license", "uni.license", expect=TRUST)["error"] == "checkpoint-origin"


def test_a_proof_of_what_is_no_leaf_is_refused(desk):
    desk.license()
    desk.write("proof", make_proof(desk.host_key, release_note().encode()))
    said = desk.run("inspect", "proof", "--license", "uni.license", expect=INPUT).stderr
    assert "another kind of document" in said


def test_a_proof_without_a_license_is_not_checked(desk):
    license_id = dict(desk.license())["license"]
    desk.write("proof", make_proof(desk.host_key, lease_text(license_id, desk.host_key).encode()))
    assert inspect(desk, "proof", expect=TRUST)["verdict"] == "not-checked"
    assert "not checked: give --license" in desk.run("inspect", "proof", expect=TRUST).stderr


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"license": "f" * 20}, "lease-other-license"),
        ({"expires": shift(days=181)}, "lease-dates"),
        ({"renew-after": "8d"}, "lease-dates"),
        ({"feature": "root"}, "lease-features"),
    ],
)
def test_a_lease_beyond_its_license_fails(desk, changes, error):
    license_id = dict(desk.license())["license"]
    desk.write("proof", make_proof(desk.host_key, lease_text(license_id, desk.host_key, **changes).encode()))
    assert inspect(desk, "proof", "--license", "uni.license", expect=TRUST)["error"] == error


@pytest.mark.parametrize("asked, error", [
    (dict(edition="edu"), "lease-other-product"),
    (dict(host=HOST_KEY), "lease-other-request"),
    (dict(time="2026-01-01T00:00:00Z"), "lease-dates"),
    (dict(signer=MachineKey(b"n" * 32)), "signature-wrong"),
])  # fmt: skip
def test_a_lease_for_a_request_that_asked_for_something_else_fails(desk, asked, error):
    license_id = dict(desk.license())["license"]
    request = request_note(**{"host": desk.host_key, **asked})
    desk.write("proof", make_proof(desk.host_key, lease_text(license_id, request=request).encode()))
    assert inspect(desk, "proof", "--license", "uni.license", expect=TRUST)["error"] == error


def test_a_lease_of_an_impostor_fails(desk):
    license_id = dict(desk.license())["license"]
    impostor = SigningKey(f"{HOST}/{VENDOR}")
    desk.write("proof", make_proof(impostor, lease_text(license_id, desk.host_key).encode()))
    assert inspect(desk, "proof", "--license", "uni.license", expect=TRUST)["error"] == "checkpoint-signer"


def test_a_lease_that_the_ledger_does_not_hold_fails(desk):
    license_id = dict(desk.license())["license"]
    proof = Proof.parse(make_proof(desk.host_key, lease_text(license_id, desk.host_key).encode()))
    other = lease_text(license_id, request=request_note(desk.host_key, number=9)).encode()
    desk.write("proof", Proof(other, proof.index, proof.path, proof.checkpoint).text())
    assert inspect(desk, "proof", "--license", "uni.license", expect=TRUST)["error"] == "proof-wrong"


def test_a_checkpoint_verifies_by_the_license(desk):
    desk.license()
    desk.write("checkpoint", desk.host_key.sign(Checkpoint(f"{HOST}/{VENDOR}", 7, bytes(32)).text()))
    assert inspect(desk, "checkpoint", "--license", "uni.license")["size"] == 7
    assert inspect(desk, "checkpoint", expect=TRUST)["verdict"] == "not-checked"


UNSIGNED = {
    "lease": lease_text("a1"),
    "denial": "aval denial v1\ncode below-threshold\nmessage Too few.\ncount 12\nthreshold 25\nretry-after 2h\n",
}


SIGNED_BY_MACHINES = {"request": request_note(), "release": release_note()}


@pytest.mark.parametrize("kind", SIGNED_BY_MACHINES)
def test_what_a_machine_signed_verifies_by_the_key_that_it_names(bare, kind):
    note = SIGNED_BY_MACHINES[kind]
    bare.write("file", note)
    said = inspect(bare, "file")
    assert (said["document"], said["verdict"], said["machine"]) == (kind, "verifies", MACHINE)
    assert said["signer"].startswith(f"{MACHINE}+")
    bare.write("file", note.replace("number ", "number 1"))
    said = inspect(bare, "file", expect=TRUST)
    assert (said["document"], said["verdict"], said["error"]) == (kind, "fails", "signature-wrong")
    bare.write("file", note + note.splitlines()[-1] + "\n")
    bare.run("inspect", "file", expect=INPUT)


@pytest.mark.parametrize("signer, status, holds", [(MACHINE_KEY, 0, "holds"), (MachineKey(b"n" * 32), TRUST, "wrong")])
def test_the_machines_signature_within_a_leaf_is_told(bare, signer, status, holds):
    bare.write("file", lease_text("a1", request=request_note(signer=signer)))
    assert inspect(bare, "file", expect=status)["machine_signature"] == holds


def test_the_leaf_behind_a_denial_is_told(bare):
    denial = "aval denial v1\ncode number-used\nmessage Used.\nretry-after 2h\n"
    bare.write("file", denial + "\n" + lease_text("a1"))
    said = inspect(bare, "file")
    assert (said["document"], said["code"]) == ("denial", "number-used")
    assert (said["last_leaf"]["leaf"], said["last_leaf"]["machine_signature"]) == ("lease", "holds")
    bare.write("file", denial + "\n" + lease_text("a1", request=request_note(signer=MachineKey(b"n" * 32))))
    assert inspect(bare, "file", expect=TRUST)["last_leaf"]["machine_signature"] == "wrong"
    bare.write("file", denial + "\naval lease v1\nlicens a1\n")
    assert "line 7" in bare.run("inspect", "file", expect=INPUT).stderr


def introduction_text(desk, key):
    checkpoint = key.sign(Checkpoint(f"{HOST}/{VENDOR}", 0, tree_root([])).text())
    return Introduction(3, (desk.folder / "uni.license").read_text(), checkpoint).text()


def test_an_introduction_verifies_where_the_license_does_and_the_checkpoint_by_its_host_key(desk):
    desk.license()
    desk.write("file", introduction_text(desk, desk.host_key))
    said = inspect(desk, "file")
    assert (said["document"], said["verdict"], said["size"], said["seats"]) == ("introduction", "verifies", 0, 28)
    assert said["revocations"] == 3 and said["signer"].startswith(f"{VENDOR}+")
    desk.write("file", introduction_text(desk, SigningKey(f"{HOST}/{VENDOR}")))
    assert inspect(desk, "file", expect=TRUST)["error"] == "checkpoint-signer"
    desk.write("file", introduction_text(desk, desk.host_key).replace("seats 28", "seats 29"))
    assert inspect(desk, "file", expect=TRUST)["error"] == "signature-wrong"


@pytest.mark.parametrize("kind", UNSIGNED)
def test_documents_that_nobody_signs_are_described(bare, kind):
    bare.write("file", UNSIGNED[kind])
    said = inspect(bare, "file")
    assert (said["document"], said["verdict"]) == (kind, "unsigned")


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "(text-empty)"),
        (b"\x00\xff\xfe\x80" * 64, "(text-not-utf8)"),
        (b"hello\n", "(document-type)"),
        (b"aval license v1\n", "(note-form)"),
        (UNSIGNED["lease"].replace("edition pro", "editon pro").encode(), "line 12"),
        (UNSIGNED["denial"].encode() + b"\n", "line 7"),
        (b"x" * (32 * 1024 * 1024 + 1), "(file-too-large)"),
    ],
    ids=["nothing", "binary", "text", "unsigned", "bad-key", "trailing", "too-large"],
)
def test_what_cannot_be_read_is_refused_with_line_and_reason(bare, content, reason):
    assert reason in bare.run("inspect", bare.write("file", content), expect=INPUT).stderr


def test_a_missing_file_is_named(bare):
    assert "nowhere" in bare.run("inspect", "nowhere", expect=FILES).stderr
