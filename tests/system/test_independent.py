"""The yardstick itself: independent.py against published vectors."""

import json
import os
from pathlib import Path

import pytest
from independent import (
    Checkpoint,
    Introduction,
    MachineKey,
    MachineNote,
    Seen,
    SigningKey,
    VerifierKey,
    Wrong,
    check_consistency,
    check_inclusion,
    check_proof,
    empty_seen,
    from_base64,
    leaf_hash,
    open_checkpoint,
    open_leaf,
    open_note,
    release_text,
    request_text,
    split_denial,
    to_base64,
    tree_root,
)

NOTE = """\
This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""
NOTE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
CHECKPOINT = """\
go.sum database tree
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""
CHECKPOINT_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
PROOF = """\
c2sp.org/tlog-proof@v1
index 4
yiM+eia4w1wsk/Ukx7kF56IQVkDW3MWUaUz/VtJu+yU=
nk9gCR+floFqznAPtqjjcnnV64dge2jQB95D5t164Hg=
zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=
5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=

example.com/log/testdata
15
rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=

— example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=
"""
PROOF_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"


def test_the_example_note_verifies():
    assert open_note(NOTE, VerifierKey.parse(NOTE_KEY)) == "This is an example message.\n"


def test_a_changed_note_does_not():
    with pytest.raises(Wrong):
        open_note(NOTE.replace("example message", "Example message"), VerifierKey.parse(NOTE_KEY))


def test_a_published_secret_key_has_its_published_verifier_key():
    key = SigningKey.parse("PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
    assert str(key.verifier) == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert open_note(key.sign("text\n"), key.verifier) == "text\n"


def test_a_real_note_verifies_but_its_origin_is_not_its_key():
    key = VerifierKey.parse(CHECKPOINT_KEY)
    assert "20852163" in open_note(CHECKPOINT, key)
    with pytest.raises(Wrong, match="another origin"):
        open_checkpoint(CHECKPOINT, key)


def test_the_published_proof_verifies_for_its_leaf_only():
    key = VerifierKey.parse(PROOF_KEY)
    assert check_proof(PROOF, key, b"five").size == 15
    with pytest.raises(Wrong):
        check_proof(PROOF, key, b"six")


def test_the_reference_tree_has_its_roots():
    leaves = "|00|10|2021|3031|40414243|5051525354555657|606162636465666768696a6b6c6d6e6f".split("|")
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in leaves]
    assert tree_root(hashes[:3]).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert tree_root(hashes).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


# What machines sign. The constants are those of tests/unit/core/samples.h, which the programs' own code has made.

HOST_KEY = SigningKey("kms.uni.example/acme.example", b"H" * 32)
MACHINE_KEY = MachineKey(b"M" * 32)
MACHINE = "7cb8c4eeba865f0b93ff7b745b8d092e"
MACHINE_VKEY = f"{MACHINE}+33becb7a+AWKmEbRy2JsOX8k8BpufcAtMVS1VvA6HtWAI7xe2sr6+"
REQUEST_SIGNATURE = "M77LenEDTVXgQAh4wcCtAavL8dbd9U1dZBCqLbAVYhevs7IdS+kcEJL/Pmhi13AIkh8y6G2J8/tD0xn1VCPVNVZDjwY="
RELEASE_SIGNATURE = "M77LeiA0Zshe7/DwTa7n9qtrumpdXpTCuVTyoR8mYrZipWDNZc9hQXsk5s+AEd9iZ1yVzzDBI7q0GUxKUbNrBAubxAI="
ROOT = "Yw3NKWbEM2aRElRIu7JbT/QSpJxzLbLIq8G4WBvXEN0="


@pytest.fixture
def sample_seen():
    tree = Checkpoint("kms.uni.example/acme.example", 70000, from_base64(ROOT))
    return Seen.of(HOST_KEY.sign(tree.text()), HOST_KEY.verifier)


@pytest.fixture
def sample_request(sample_seen):
    hardware = [("board", b"\x11" * 16), ("disk", b"\x22" * 16), ("mac", b"\x33" * 16)]
    return MACHINE_KEY.sign(request_text(MACHINE_KEY.verifier, HOST_KEY.verifier, 7, "2026-11-22T09:00:00Z", sample_seen,
                                         "acme.example", "studio", "pro", "grace", hardware))


@pytest.fixture
def sample_release(sample_seen):
    return MACHINE_KEY.sign(release_text(MACHINE_KEY.verifier, HOST_KEY.verifier, 8, "2026-12-24T17:59:59Z", sample_seen,
                                         "lic-2026-0001"))


def test_a_machine_signs_as_the_programs_do(sample_request, sample_release):
    assert MACHINE_KEY.id == MACHINE and str(MACHINE_KEY.verifier) == MACHINE_VKEY
    assert sample_request.endswith(f"\n\u2014 {MACHINE} {REQUEST_SIGNATURE}\n")
    assert sample_release.endswith(f"\n\u2014 {MACHINE} {RELEASE_SIGNATURE}\n")


def test_what_a_machine_signed_is_read(sample_request, sample_release):
    request, release = MachineNote.parse(sample_request, "request"), MachineNote.parse(sample_release, "release")
    assert (request.number, release.number) == (7, 8)
    assert request.key == release.key == MACHINE_KEY.verifier and request.host_key == HOST_KEY.verifier
    assert len(request.hardware) == 3 and request.seen.checkpoint.size == 70000
    request.seen.check(HOST_KEY.verifier)


@pytest.mark.parametrize("change", [
    ("number 7", "number 9"), ("state grace", "state licensed"), ("board", "coard"), ("number 7", "number 07"),
    (MACHINE + "+", "0" * 32 + "+"), ("\u2014 " + MACHINE, "\u2014 " + "0" * 32), ("number 7\n", ""),
])  # fmt: skip
def test_a_changed_request_is_not(sample_request, change):
    assert change[0] in sample_request
    with pytest.raises(Wrong):
        MachineNote.parse(sample_request.replace(*change), "request")


def test_a_note_that_another_machine_signed_is_not(sample_request):
    text = sample_request[: sample_request.rindex("\n\n") + 1]
    with pytest.raises(Wrong):
        MachineNote.parse(MachineKey(b"N" * 32).sign(text), "request")
    with pytest.raises(Wrong):
        MachineNote.parse(sample_request + sample_request.splitlines()[-1] + "\n", "request")


def test_a_leaf_carries_what_was_signed(sample_request, sample_release):
    head = "aval lease v1\nlicense a\nissued 2026-11-22T09:00:01Z\n"
    values, note = open_leaf(f"{head}\n{sample_request}".encode())
    assert dict(values)["license"] == "a" and note.number == 7
    values, note = open_leaf(f"aval released v1\nreleased 2026-12-24T18:00:00Z\n\n{sample_release}")
    assert note.kind == "release" and note.values["license"] == "lic-2026-0001"
    for leaf in (head, head + "\n", f"{head}\n{sample_release}"):
        with pytest.raises(Wrong):
            open_leaf(leaf)


def test_of_a_ledger_without_leaves_an_empty_tree_is_seen():
    seen = empty_seen(HOST_KEY)
    seen.check(HOST_KEY.verifier)
    assert seen.checkpoint.size == 0
    assert to_base64(seen.checkpoint.root) == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    with pytest.raises(Wrong):
        Seen(Checkpoint(seen.checkpoint.origin, 1, seen.checkpoint.root), seen.signature).check(HOST_KEY.verifier)


def test_an_introduction_and_a_denial_are_taken_apart():
    made = Introduction(3, "license \u00e4\n", "checkpoint\n\n")
    assert Introduction.parse(made.text()) == made
    for text in (made.text() + "\n", made.text()[:-1], made.text().replace("license 11", "license 12")):
        with pytest.raises(Wrong):
            Introduction.parse(text)
    assert split_denial("aval denial v1\ncode a\n") == ("aval denial v1\ncode a\n", "")
    assert split_denial("aval denial v1\ncode a\n\nleaf\n\nnote\n") == ("aval denial v1\ncode a\n", "leaf\n\nnote\n")


def vectors(name):
    """The vectors in AVAL_VECTORS, or beside the project; none where the folder is missing."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "vectors"
    path = Path(os.environ.get("AVAL_VECTORS") or beside) / name
    if not path.exists():
        pytest.skip(f"{path} is missing")
    return json.loads(path.read_text())


def holds(check, *args):
    try:
        check(*args)
    except Wrong:
        return False
    return True


def test_all_inclusion_vectors():
    for v in vectors("merkle-inclusion.json"):
        path = [from_base64(p) for p in v["proof"] or []]
        root, leaf = from_base64(v["root"] or ""), from_base64(v["leafHash"] or "")
        held = holds(check_inclusion, v["leafIdx"], v["treeSize"], leaf, path, root)
        assert held is not v["wantErr"], v["case"]


def test_all_consistency_vectors():
    for v in vectors("merkle-consistency.json"):
        path = [from_base64(p) for p in v["proof"] or []]
        roots = from_base64(v["root1"] or ""), from_base64(v["root2"] or "")
        held = holds(check_consistency, v["size1"], v["size2"], path, *roots)
        assert held is not v["wantErr"], v["case"]
