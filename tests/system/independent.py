"""Signed notes, checkpoints, tlog-proofs, RFC 6962 proofs, and what machines sign, written from their specifications and
from nothing in src/.

Uses `cryptography` for Ed25519 and the standard library for the rest. Whatever is wrong raises Wrong with the reason.
Specifications: C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0, tlog-proof@v1; RFC 6962 section 2.1.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519 = b"\x01"


class Wrong(Exception):
    """Something does not hold."""


def check(condition, reason):
    if not condition:
        raise Wrong(reason)


def from_base64(text, size=None):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Wrong(f"base64: {error}") from error
    check(base64.b64encode(data).decode() == text, "base64: not the canonical spelling")
    check(size is None or len(data) == size, f"base64: {len(data)} bytes instead of {size}")
    return data


def to_base64(data):
    return base64.b64encode(data).decode()


# Keys


def key_id(name, public):
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


@dataclass(frozen=True)
class VerifierKey:
    name: str
    public: bytes

    @classmethod
    def parse(cls, text):
        name, found_id, key = text.strip().split("+", 2)
        data = from_base64(key, 33)
        check(data[:1] == ED25519, "key: not Ed25519")
        check(key_id(name, data[1:]).hex() == found_id, "key: the hash is not the key's")
        return cls(name, data[1:])

    def __str__(self):
        return f"{self.name}+{key_id(self.name, self.public).hex()}+{to_base64(ED25519 + self.public)}"


class SigningKey:
    def __init__(self, name, seed=None):
        self.private = Ed25519PrivateKey.from_private_bytes(seed) if seed else Ed25519PrivateKey.generate()
        self.verifier = VerifierKey(name, self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @classmethod
    def parse(cls, text):
        """PRIVATE+KEY+NAME+HASH+BASE64"""
        private, key, name, found_id, data = text.strip().split("+", 4)
        check((private, key) == ("PRIVATE", "KEY"), "not a secret key")
        seed = from_base64(data, 33)
        check(seed[:1] == ED25519, "secret key: not Ed25519")
        made = cls(name, seed[1:])
        check(key_id(name, made.verifier.public).hex() == found_id, "secret key: the hash is not the key's")
        return made

    def sign(self, text):
        """The note of that text."""
        signature = self.private.sign(text.encode())
        name, public = self.verifier.name, self.verifier.public
        return f"{text}\n\u2014 {name} {to_base64(key_id(name, public) + signature)}\n"


# Notes


def open_note(note, key):
    """The text of a note that the key signed. Takes str or bytes."""
    if isinstance(note, bytes):
        try:
            note = note.decode()
        except UnicodeDecodeError as error:
            raise Wrong("note: not UTF-8") from error
    check("\n\n" in note, "note: no empty line")
    check(all(c >= " " or c == "\n" for c in note), "note: control character")
    cut = note.rindex("\n\n") + 1
    text, signatures = note[:cut], note[cut + 1 :]
    check(signatures.endswith("\n"), "note: no newline at its end")
    verified = False
    for line in signatures[:-1].split("\n"):
        match = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
        check(match, "note: not a signature line")
        data = from_base64(match[2])
        if match[1] != key.name or data[:4] != key_id(key.name, key.public):
            continue
        check(not verified, "note: signed twice")
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(data[4:], text.encode())
        except InvalidSignature as error:
            raise Wrong("note: the signature does not verify") from error
        verified = True
    check(verified, f"note: not signed by {key.name}")
    return text


def signature_of(note, key):
    """The 64 bytes of the key's one signature in a note, not verified."""
    found = [from_base64(match[2]) for match in re.finditer("^\u2014 ([^ ]+) (.+)$", note, re.MULTILINE)
             if match[1] == key.name and from_base64(match[2])[:4] == key_id(key.name, key.public)]  # fmt: skip
    check(len(found) == 1 and len(found[0]) == 68, f"note: not one signature by {key.name}")
    return found[0][4:]


def verify(key, text, signature):
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except InvalidSignature as error:
        raise Wrong("the signature does not verify") from error


# Checkpoints and Merkle trees


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes

    def text(self):
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def open_checkpoint(note, key, epoch=1):
    """Of that epoch of the ledger: 1, or higher where the host lost the end of its ledger and began it again."""
    lines = open_note(note, key).split("\n")
    check(len(lines) == 4, "checkpoint: not three lines")
    check(lines[0] == (key.name if epoch == 1 else f"{key.name}/epoch-{epoch}"), "checkpoint: another origin")
    check(re.fullmatch("0|[1-9][0-9]*", lines[1]), "checkpoint: size")
    return Checkpoint(lines[0], int(lines[1]), from_base64(lines[2], 32))


def leaf_hash(data):
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size):
    """The largest power of two below size."""
    return 1 << ((size - 1).bit_length() - 1)


def tree_root(leaves):
    """Root of the tree of these leaf hashes, by its definition."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    at = split(len(leaves))
    return node_hash(tree_root(leaves[:at]), tree_root(leaves[at:]))


def tile_levels(leaves):
    """The hashes of each level of tiles: those of the leaves, then of each 256 below, as many as are complete."""
    levels = [leaves]
    while len(levels[-1]) >= 256:
        below = levels[-1]
        levels.append([tree_root(below[i : i + 256]) for i in range(0, len(below) - 255, 256)])
    return levels


def inclusion_path(leaves, index):
    if len(leaves) == 1:
        return []
    at = split(len(leaves))
    if index < at:
        return inclusion_path(leaves[:at], index) + [tree_root(leaves[at:])]
    return inclusion_path(leaves[at:], index - at) + [tree_root(leaves[:at])]


def check_inclusion(index, size, leaf, path, root):
    """Recursively, from the definition of the tree: another way than the loop of RFC 9162."""

    def rebuild(at, count, hashes):
        if count == 1:
            check(not hashes, "inclusion: proof too long")
            return leaf
        check(hashes, "inclusion: proof too short")
        left = split(count)
        if at < left:
            return node_hash(rebuild(at, left, hashes[:-1]), hashes[-1])
        return node_hash(hashes[-1], rebuild(at - left, count - left, hashes[:-1]))

    check(0 <= index < size, "inclusion: index beyond the tree")
    check(len(leaf) == len(root) == 32, "inclusion: not hashes")
    check(rebuild(index, size, list(path)) == root, "inclusion: another root")


def check_consistency(old_size, new_size, path, old_root, new_root):
    """That the tree of new_size leaves extends that of old_size."""

    def rebuild(old, count, hashes, whole):
        """Roots of the old part and of all of a subtree of `count` leaves; `whole`: the old tree begins with it."""
        if old == count:
            if whole:
                check(not hashes, "consistency: proof too long")
                return old_root, old_root
            check(len(hashes) == 1, "consistency: proof of a wrong length")
            return hashes[0], hashes[0]
        check(hashes, "consistency: proof too short")
        left = split(count)
        if old <= left:
            old_hash, left_hash = rebuild(old, left, hashes[:-1], whole)
            return old_hash, node_hash(left_hash, hashes[-1])
        old_hash, right_hash = rebuild(old - left, count - left, hashes[:-1], False)
        return node_hash(hashes[-1], old_hash), node_hash(hashes[-1], right_hash)

    check(1 <= old_size <= new_size, "consistency: sizes")
    check(rebuild(old_size, new_size, list(path), True) == (old_root, new_root), "consistency: another root")


# Proof files


@dataclass(frozen=True)
class Proof:
    extra: bytes
    index: int
    path: list
    checkpoint: str

    @classmethod
    def parse(cls, text):
        head, empty, checkpoint = text.partition("\n\n")
        check(empty, "proof: no empty line")
        lines = head.split("\n")
        check(lines.pop(0) == "c2sp.org/tlog-proof@v1", "proof: first line")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = from_base64(lines.pop(0)[len("extra ") :])
        check(lines and re.fullmatch("index (0|[1-9][0-9]*)", lines[0]), "proof: index")
        index = int(lines.pop(0)[len("index ") :])
        return cls(extra, index, [from_base64(line, 32) for line in lines], checkpoint)

    def text(self):
        extra = f"extra {to_base64(self.extra)}\n" if self.extra is not None else ""
        path = "".join(to_base64(entry) + "\n" for entry in self.path)
        return f"c2sp.org/tlog-proof@v1\n{extra}index {self.index}\n{path}\n{self.checkpoint}"


def check_proof(text, key, leaf=None, epoch=1):
    """The checkpoint of a proof that ties the leaf (its `extra` unless given) to the ledger of that key."""
    proof = Proof.parse(text)
    data = proof.extra if leaf is None else leaf
    check(data is not None, "proof: no leaf")
    checkpoint = open_checkpoint(proof.checkpoint, key, epoch)
    check_inclusion(proof.index, checkpoint.size, leaf_hash(data), proof.path, checkpoint.root)
    return checkpoint


# What machines sign: requests and releases, and the leaves that carry them


def machine_name(public):
    """A machine's id, which is the name of its key."""
    return hashlib.sha256(public).hexdigest()[:32]


class MachineKey(SigningKey):
    def __init__(self, seed=None):
        super().__init__("unnamed", seed)
        self.verifier = VerifierKey(machine_name(self.verifier.public), self.verifier.public)

    @classmethod
    def parse(cls, text):
        made = cls(from_base64(text.strip().split("+", 4)[4], 33)[1:])
        check(made.verifier == SigningKey.parse(text).verifier, "secret key: not a machine's")
        return made

    @property
    def id(self):
        return self.verifier.name


def values_of(text, kind):
    """The lines of a document behind its first, as [(key, value)]."""
    lines = text.split("\n")
    check(lines.pop(0) == f"aval {kind} v1", f"{kind}: first line")
    check(lines.pop() == "" and all(re.fullmatch("[a-z0-9-]+ [^ ].*", line) for line in lines), f"{kind}: lines")
    return [tuple(line.split(" ", 1)) for line in lines]


@dataclass(frozen=True)
class Seen:
    """The last checkpoint of a host that a machine has, as it testifies to it."""

    checkpoint: Checkpoint
    signature: bytes

    @classmethod
    def of(cls, note, key, epoch=1):
        return cls(open_checkpoint(note, key, epoch), signature_of(note, key))

    def lines(self):
        return (f"seen-origin {self.checkpoint.origin}\nseen-size {self.checkpoint.size}\n"
                f"seen-root {to_base64(self.checkpoint.root)}\nseen-signature {to_base64(self.signature)}\n")

    def check(self, key):
        verify(key, self.checkpoint.text(), self.signature)


def empty_seen(host):
    """Of a ledger without leaves; `host` is the signing key, and whoever has it can make this one."""
    checkpoint = Checkpoint(host.verifier.name, 0, tree_root([]))
    return Seen(checkpoint, host.private.sign(checkpoint.text().encode()))


def request_text(key, host_key, number, time, seen, vendor, product, edition, state="unlicensed", hardware=(),
                 counted=False):
    """`key`: the machine's verifier key; `hardware`: [(kind, 16 bytes)], ascending; `counted`: by a counted product key."""
    mode = "mode counted\n" if counted else ""
    digests = "".join(f"hardware {kind} {to_base64(digest)}\n" for kind, digest in hardware)
    return (f"aval request v1\nvendor {vendor}\nproduct {product}\nedition {edition}\n{mode}machine-key {key}\n"
            f"host-key {host_key}\nnumber {number}\ntime {time}\nstate {state}\n{digests}{seen.lines()}")


def release_text(key, host_key, number, time, seen, license_id):
    return (f"aval release v1\nlicense {license_id}\nmachine-key {key}\nhost-key {host_key}\nnumber {number}\n"
            f"time {time}\n{seen.lines()}")


REQUEST_LINES = ("vendor", "product", "edition", "mode", "machine-key", "host-key", "number", "time", "state", "hardware")
RELEASE_LINES = ("license", "machine-key", "host-key", "number", "time")
SEEN_LINES = ("seen-origin", "seen-size", "seen-root", "seen-signature")


@dataclass(frozen=True)
class MachineNote:
    """A request or a release, of which signature and form hold."""

    kind: str
    values: dict  # all lines but `hardware`
    hardware: list
    key: VerifierKey
    host_key: VerifierKey
    number: int
    seen: Seen

    @classmethod
    def parse(cls, note, kind):
        text = note[: note.rindex("\n\n") + 1]
        check(note.count("\n\u2014 ") == 1 and "\n\n" not in text, f"{kind}: not one signature behind one text")
        lines = values_of(text, kind)
        names = [name for name, _ in lines if not name.startswith("x-")]
        wanted = (RELEASE_LINES if kind == "release" else REQUEST_LINES) + SEEN_LINES
        check([name for name in wanted if name in names] == list(dict.fromkeys(names)), f"{kind}: order of its lines")
        check(set(wanted) - set(names) <= {"hardware", "mode"}, f"{kind}: a line is missing")
        values = {name: value for name, value in lines if name != "hardware"}
        check(len(names) - names.count("hardware") == len(set(names) - {"hardware"}), f"{kind}: a line is there twice")
        key, host_key = VerifierKey.parse(values["machine-key"]), VerifierKey.parse(values["host-key"])
        check(key.name == machine_name(key.public), f"{kind}: the key is not named by its id")
        check(re.fullmatch("[1-9][0-9]*", values["number"]), f"{kind}: number")
        check(open_note(note, key) == text, f"{kind}: not signed by its machine")
        tree = Checkpoint(values["seen-origin"], int(values["seen-size"]), from_base64(values["seen-root"], 32))
        check(tree.origin.split("/epoch-")[0] == host_key.name, f"{kind}: seen of another host")
        return cls(kind, values, [value for name, value in lines if name == "hardware"], key, host_key,
                   int(values["number"]), Seen(tree, from_base64(values["seen-signature"], 64)))  # fmt: skip


def split_leaf(leaf):
    """The host's own lines of a leaf, and the note that it carries: at the first empty line. Takes str or bytes."""
    text = leaf.decode() if isinstance(leaf, bytes) else leaf
    head, empty, note = text.partition("\n\n")
    check(empty and note, "leaf: it carries no note")
    return head + "\n", note


def open_leaf(leaf):
    """(the host's own lines as [(key, value)], the MachineNote that it carries) of a lease or a release; no note of a seat reclaimed."""
    text = leaf.decode() if isinstance(leaf, bytes) else leaf
    if text.startswith("aval reclaimed "):
        return values_of(text, "reclaimed"), None
    head, note = split_leaf(leaf)
    if head.startswith("aval released "):
        return values_of(head, "released"), MachineNote.parse(note, "release")
    return values_of(head, "lease"), MachineNote.parse(note, "request")


# What a host says besides


@dataclass(frozen=True)
class Introduction:
    revocations: int
    license: str
    checkpoint: str

    @classmethod
    def parse(cls, text):
        data = text.encode() if isinstance(text, str) else text
        match = re.match(rb"aval introduction v1\nrevocations (0|[1-9][0-9]*)\n", data)
        check(match, "introduction: first lines")
        data, parts = data[match.end() :], []
        for name in b"license", b"checkpoint":
            head = re.match(name + rb" (0|[1-9][0-9]*)\n", data)
            check(head, f"introduction: no {name.decode()}")
            size, data = int(head[1]), data[head.end() :]
            check(len(data) >= size, "introduction: cut off")
            parts.append(data[:size].decode())
            data = data[size:]
        check(not data, "introduction: trailing bytes")
        return cls(int(match[1]), *parts)

    def text(self):
        license_size, checkpoint_size = len(self.license.encode()), len(self.checkpoint.encode())
        return (f"aval introduction v1\nrevocations {self.revocations}\nlicense {license_size}\n{self.license}"
                f"checkpoint {checkpoint_size}\n{self.checkpoint}")


def split_denial(body):
    """A denial and the leaf behind it ("" where there is none)."""
    head, _, leaf = body.partition("\n\n")
    return (head + "\n" if leaf else body), leaf
