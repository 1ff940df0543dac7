"""The yardstick itself: independent.py against published vectors."""

import json
import os
from pathlib import Path

import pytest
from independent import (
    SigningKey,
    VerifierKey,
    Wrong,
    check_consistency,
    check_inclusion,
    check_proof,
    from_base64,
    leaf_hash,
    open_checkpoint,
    open_note,
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
