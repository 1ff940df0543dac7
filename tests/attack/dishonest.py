"""A licensed host of which the operator holds the key and writes the ledger himself, with any past he likes."""

import datetime
import hashlib

import independent
from independent import to_base64
from world import VOLUME, field, lease_for, moment

HOST, VENDOR = "kms.uni.example", "acme.example"


def consistency_path(leaves, size):
    """Proof that the tree of these leaves extends that of the first `size`, by RFC 6962 section 2.1.2."""

    def below(old, part, whole):
        if old == len(part):
            return [] if whole else [independent.tree_root(part)]
        at = independent.split(len(part))
        if old <= at:
            return below(old, part[:at], whole) + [independent.tree_root(part[at:])]
        return below(old - at, part[at:], False) + [independent.tree_root(part[:at])]

    return below(size, leaves, True) if 0 < size < len(leaves) else []


class DishonestHost:
    """Serves a real license with a real key. As it stands it is honest; each test says where it is not.

    leaves    the ledger, to be rewritten at will
    changes   what is written into every lease: expires="..." (see lease_for)
    witnesses signature lines of others below every checkpoint
    proof     (size seen) -> hashes, instead of the consistency proof
    origin    of the ledger: another where it began an epoch
    """

    def __init__(self, world, desk, name="dishonest", host_name=HOST, seats=10, extra=(), mode=VOLUME):
        self.world, self.leaves, self.changes, self.proof, self.days = world, [], {}, None, 180
        self.witnesses = ""
        self.key = independent.SigningKey(f"{host_name}/{VENDOR}")
        self.origin = self.key.verifier.name
        self.folder = world.home / name
        self.folder.mkdir()
        created = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        request = (f"aval host-request v1\nhost {host_name}\nvendor {VENDOR}\ncustomer University\n"
                   f"host-key {self.key.verifier}\ncreated {created}\n")
        (self.folder / "request.note").write_text(self.key.sign(request))
        world.run(world.vendor, "license", self.folder / "request.note", "--desk", desk, "--product", "studio",
                  "--edition", "pro", *mode, "--seats", seats, *extra, "--output", self.folder / "license")
        self.license_note = (self.folder / "license").read_text()
        self.license_text = self.license_note[: self.license_note.rindex("\n\n") + 1]
        self.address = world.fake(self.reply).address

    def hashes(self):
        return [independent.leaf_hash(leaf) for leaf in self.leaves]

    def checkpoint(self):
        """The whole ledger, signed: the note."""
        tree = independent.Checkpoint(self.origin, len(self.leaves), independent.tree_root(self.hashes()))
        return self.key.sign(tree.text()) + self.witnesses

    def lease(self, request):
        """Writes a lease into the ledger; returns its text."""
        text = lease_for(request, self.license_text, self.days, **self.changes)
        self.leaves.append(text.encode())
        return text

    def invent(self, count=1):
        """Leases for machines that do not exist."""
        for _ in range(count):
            seed = hashlib.sha256(b"invented %d" % len(self.leaves)).digest()
            key, hardware = independent.MachineKey(seed), [("board", seed[:16]), ("disk", seed[16:])]
            text = independent.request_text(key.verifier, self.key.verifier, 1, moment(), independent.empty_seen(self.key),
                                            VENDOR, "studio", "pro", hardware=hardware)
            self.lease(key.sign(text))

    def answer(self, request):
        text = self.lease(request)
        return self.prove(text, self.extends(request))

    def release(self, note):
        text = f"aval released v1\nreleased {moment()}\n\n{note}"
        self.leaves.append(text.encode())
        return self.prove(text, self.extends(note))

    def extends(self, note):
        """The proof that this ledger extends what whoever signed the note has seen of it."""
        seen = int(field(note, "seen-size"))
        if field(note, "seen-origin") != self.origin:
            seen = 0  # of an epoch that ended
        return self.proof(seen) if self.proof else consistency_path(self.hashes(), seen)

    def prove(self, text, consistency=()):
        index = len(self.leaves) - 1
        proof = independent.Proof(text.encode(), index, independent.inclusion_path(self.hashes(), index),
                                  self.checkpoint())
        lines = "".join(f"consistency {to_base64(entry)}\n" for entry in consistency)
        return f"aval answer v1\nrevocations 0\n{lines}\n{proof.text()}".encode()

    def reply(self, method, path, body):
        if path.startswith("/v1/introduction/"):
            return 200, independent.Introduction(0, self.license_note, self.checkpoint()).text().encode()
        if path.startswith("/v1/license/"):
            return 200, self.license_note.encode()
        if path == "/v1/activate":
            return 200, self.answer(body.decode())
        if path == "/v1/release":
            return 200, self.release(body.decode())
        return 404, b""

    def begin_epoch(self, number, why="lost"):
        """Begins the ledger again, openly; the leaves before are the caller's to keep."""
        previous, end = self.origin, independent.tree_root(self.hashes())
        self.origin = f"{self.key.verifier.name}/epoch-{number}"
        self.leaves = [(f"aval epoch v1\norigin {self.origin}\nprevious {previous}\nsize {len(self.leaves)}\n"
                        f"root {to_base64(end)}\nfound {len(self.leaves)}\nwhy {why}\nbegan {moment()}\n").encode()]

    def export(self, note=None):
        """What the operator hands to the vendor: the ledger as it is now."""
        note = (note or self.checkpoint()).encode()
        size = len(self.leaves)
        head = f"aval ledger-export v1\norigin {self.origin}\nfrom 0\nto {size}\n\n"
        body = b"".join(b"leaf %d\n%s" % (len(leaf), leaf) for leaf in self.leaves)
        return head.encode() + body + b"checkpoint %d\n%s" % (len(note), note)
