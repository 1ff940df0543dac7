"""The ledger of a running host, verified by an implementation that is not in this repository: the packages of Go's checksum
database, sumdb/note and sumdb/tlog of golang.org/x/mod, as Debian packages them. tests/outside calls them.

What is refused is refused in their words, so that each check is seen to be theirs."""

import base64
import hashlib
import http.client
import json
import os
import re
import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hosting import VENDOR, Desk, Host, machine_id, request_note, runner
from independent import Checkpoint, Proof, Seen, SigningKey, VerifierKey, empty_seen, from_base64, open_checkpoint, to_base64

ROOT = Path(__file__).resolve().parents[2]
GO = "/usr/bin/go" if os.path.exists("/usr/bin/go") else shutil.which("go")  # that of the system, where there are two
PACKAGES = "/usr/share/gocode"
SIZE, ROUND = 700, 20  # two full tiles and a partial one, with a partial one above; activations asked at once

# What the packages say.
NO_PROOF = "invalid transparency proof"
NO_TILE = "downloaded inconsistent tile"
NO_SIGNATURE = "invalid signature for key kms.uni.example/acme.example"
NOT_SIGNED = "note has no verifiable signatures"


@pytest.fixture(scope="session")
def verify(build, tmp_path_factory):
    """verify(ARGUMENT..., expect=0): runs the verifier, which is built from the sources on this machine alone; what Go compiled stays beside
    the build folder."""
    folder = tmp_path_factory.mktemp("go")
    assert GO and os.path.isdir(f"{PACKAGES}/src/golang.org/x/mod/sumdb/tlog"), "scripts/setup check installs it"
    environment = {"GO111MODULE": "off", "GOPATH": PACKAGES, "GOCACHE": str(build.parent / "go-cache"), "GOFLAGS": "",
                   "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOENV": "off", "CGO_ENABLED": "0", "HOME": str(folder)}
    done = subprocess.run([GO, "build", "-o", folder / "verify", "./tests/outside"], cwd=ROOT, capture_output=True,
                          text=True, env={**os.environ, **environment}, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    run = runner(folder)
    return lambda *args, expect=0: run(folder / "verify", *args, expect=expect, timeout=300)


# The ledger


def proof_in(answer):
    return answer[answer.index("c2sp.org/tlog-proof@v1\n") :]


def checkpoint_in(answer):
    return proof_in(answer).partition("\n\n")[2]


def size_of(checkpoint):
    return int(checkpoint.split("\n")[1])


class Ledger:
    """A ledger of SIZE leaves on a running host, with all that its machines and readers got while it grew.

    ANSWERS/NNN.answer is what machine NNN got, NNN.seen the checkpoint that it had seen before, where it had seen one."""

    def __init__(self, build, folder):
        self.build, self.folder, self.answers = build, folder, folder / "answers"
        self.run = runner(folder)
        self.desk = Desk(build, self.run, folder)
        self.host = Host(build, self.run, folder / "host")
        self.host.set_up(self.desk)
        self.host.avald("import", self.desk.license(self.host.request_file(), seats=10 * SIZE))
        self.key = (self.host.data / "vendors" / VENDOR / "host.vkey").read_text().strip()
        self.answers.mkdir()
        self.published = []  # the checkpoint after each round

    @property
    def url(self):
        return f"http://127.0.0.1:{self.host.port}/ledger/{VENDOR}"

    def answer(self, number):
        return (self.answers / f"{number:03}.answer").read_text()

    def seen(self, number):
        return (self.answers / f"{number:03}.seen").read_text()

    def grow(self):
        """All requests of a round are sent before the first answer is read, so that leases share batches. From the second
        round on each names one of the checkpoints that were answered before."""
        connections = [http.client.HTTPConnection("127.0.0.1", self.host.port, timeout=60) for _ in range(ROUND)]
        checkpoints = []
        for first in range(0, SIZE, ROUND):
            for number, connection in enumerate(connections, first):
                seen = checkpoints[number * 7 % len(checkpoints)] if checkpoints else None
                if seen:
                    (self.answers / f"{number:03}.seen").write_text(seen)
                known = Seen.of(seen, VerifierKey.parse(self.key)) if seen else None
                request = self.host.request(machine_id(number), seen=known)
                connection.request("POST", "/v1/activate", body=request.encode())
            for number, connection in enumerate(connections, first):
                answer = connection.getresponse()
                body = answer.read().decode()
                assert answer.status == 200, body
                (self.answers / f"{number:03}.answer").write_text(body)
            checkpoints += [checkpoint_in(self.answer(number)) for number in range(first, first + ROUND)]
            status, checkpoint = self.host.ask("GET", f"/ledger/{VENDOR}/checkpoint")
            assert status == 200
            self.published.append(checkpoint)
        for connection in connections:
            connection.close()


@pytest.fixture(scope="module")
def ledger(build, tmp_path_factory):
    made = Ledger(build, tmp_path_factory.mktemp("outside"))
    made.host.start("--ledger-public", "yes")
    try:
        made.grow()
        yield made
    finally:
        made.host.stop()


class Between:
    """Somebody between the host and its reader, who passes each page of the ledger on, or what changes[NAME] makes of it."""

    def __init__(self, host):
        between = self
        self.host, self.changes, self.pages = host, {}, {}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # so that head and body leave together

            def do_GET(self):
                status, body = between.page(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/ledger/{VENDOR}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, path):
        if path not in self.pages:
            connection = http.client.HTTPConnection("127.0.0.1", self.host.port, timeout=20)
            connection.request("GET", path)
            answer = connection.getresponse()
            self.pages[path] = answer.status, answer.read()
            connection.close()
        status, body = self.pages[path]
        return status, self.changes.get(path.removeprefix(f"/ledger/{VENDOR}/"), bytes)(body)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def proxy(ledger):
    made = Between(ledger.host)
    yield made
    made.stop()


@pytest.fixture
def between(proxy):
    proxy.changes.clear()
    return proxy


def flip(data, at):
    """One bit of the byte at that place: another one at each place."""
    return data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]


def verdicts(done):
    """What the verifier says of each file: "NAME holds: ..." or "NAME refused: ..."."""
    return [re.fullmatch(r"(\S+) (holds|refused): (.*)", line).groups() for line in done.stdout.splitlines()]


# What is good


def test_checkpoint_entries_and_every_tile_that_ever_was_verify(ledger, verify):
    said = verify("ledger", ledger.key, ledger.url).stdout
    # Each width from 1 to SIZE is a tile of its own once, on the level of the leaves and on the one above.
    assert said == f"{SIZE} entries and {SIZE + SIZE // 256} tiles of kms.uni.example/acme.example\n"


def test_every_answer_verifies_and_is_what_the_served_tiles_prove(ledger, verify):
    said = verdicts(verify("proofs", ledger.key, ledger.url, ledger.answers))
    assert len(said) == SIZE and all(verdict == "holds" for _, verdict, _ in said)
    leaves = [re.fullmatch(r"leaf (\d+) of (\d+)(, extends (\d+))?", words) for _, _, words in said]
    assert {int(leaf[1]) for leaf in leaves} == set(range(SIZE))
    assert sum(leaf[4] is not None for leaf in leaves) == SIZE - ROUND
    assert any(int(leaf[2]) > int(leaf[1]) + 1 for leaf in leaves), "no batch held two leases"


def test_each_checkpoint_ever_published_is_one_that_the_ledger_extends(ledger, verify, tmp_path):
    sizes = [size_of(checkpoint) for checkpoint in ledger.published]
    assert sizes == list(range(ROUND, SIZE + 1, ROUND))
    for size, checkpoint in zip(sizes, ledger.published):
        (tmp_path / "old").write_text(checkpoint)
        assert verify("extends", ledger.key, ledger.url, tmp_path / "old").stdout == f"{SIZE} extends {size}\n"


def test_what_a_machine_keeps_verifies(build, run, desk, host, verify, tmp_path):
    """Proof and checkpoint in the state folder of `aval`, after a renewal and the release that is a leaf too."""
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), extra=["--renew", "1s"]))  # and a new one as often
    host.start("--ledger-public", "yes")
    key = (host.data / "vendors" / VENDOR / "host.vkey").read_text().strip()
    url = f"http://127.0.0.1:{host.port}/ledger/{VENDOR}"
    state = tmp_path / "machine"

    def aval(*args):
        return run(build / "src/programs/aval", "--state", state, *args)

    aval("product", "install", desk.product, "--vendor-key", desk.key_file)
    aval("key", "install", json.loads(desk.run("key", "--json").stdout)["keys"][0]["key"])
    aval("host", "set", f"127.0.0.1:{host.port}")
    aval("activate")
    began = int(time.time())
    assert host.activate(machine_id(1))[0] == 200
    host.wait_for(lambda: int(time.time()) > began)  # a lease that would not end later is not given
    aval("activate")
    kept = state / "products" / VENDOR / "studio"
    assert verdicts(verify("proofs", key, url, kept)) == [("lease.tlog-proof", "holds", "leaf 2 of 3")]
    seen = tmp_path / "seen"
    name = f"{host.name}+{hashlib.sha256(key.encode()).hexdigest()}"
    shutil.copy(kept / "checkpoints" / name, seen)
    aval("release")
    assert verify("extends", key, url, seen).stdout == "4 extends 3\n"
    assert verify("extends", key, url, kept / "checkpoints" / name).stdout == "4 extends 4\n"
    assert verify("ledger", key, url).stdout.startswith("4 entries and ")


def test_what_each_machine_signed_and_had_seen_verifies(ledger, verify, tmp_path):
    """The leaf splits at its first empty line; the `seen` lines are a checkpoint note without its frame."""
    for number in (0, ROUND, SIZE - 1):
        (tmp_path / "leaf").write_bytes(leaf_of(ledger, number))
        seen = 0 if number < ROUND else size_of(ledger.seen(number))
        said = verify("leaf", ledger.key, tmp_path / "leaf").stdout
        assert said == f"signed by its machine, which had seen {seen} entries\n"


# What is not


def leaf_of(ledger, number):
    return Proof.parse(proof_in(ledger.answer(number))).extra


def test_any_flipped_bit_in_what_a_machine_signed_is_refused(ledger, verify, tmp_path):
    leaf = leaf_of(ledger, SIZE - 1)
    begin = leaf.index(b"\n\n") + 2
    reasons = set()
    for at in range(begin, len(leaf), 7):
        (tmp_path / "leaf").write_bytes(flip(leaf, at))
        reasons.add(verify("leaf", ledger.key, tmp_path / "leaf", expect=1).stderr)
    assert any("invalid signature for key " + machine_id(SIZE - 1) in reason for reason in reasons)


def test_a_leaf_with_another_machines_signature_is_refused(ledger, verify, tmp_path):
    leaf = leaf_of(ledger, SIZE - 1).decode()
    other = leaf_of(ledger, 0).decode()
    dash = "\n\n\u2014 "
    (tmp_path / "leaf").write_text(leaf[: leaf.index(dash)] + other[other.index(dash) :])
    assert NOT_SIGNED in verify("leaf", ledger.key, tmp_path / "leaf", expect=1).stderr


def test_what_the_host_never_signed_was_not_seen_though_a_machine_says_so(ledger, verify, tmp_path):
    """The machine signs what it likes; the host's signature is not its own to make."""
    seen = Seen.of(ledger.seen(SIZE - 1), VerifierKey.parse(ledger.key))
    more = Seen(Checkpoint(seen.checkpoint.origin, seen.checkpoint.size + 1, seen.checkpoint.root), seen.signature)
    head = leaf_of(ledger, SIZE - 1).decode().partition("\n\n")[0]
    for testimony, reason in (seen, None), (more, NO_SIGNATURE):
        note = ledger.host.request(machine_id(0), number=2, seen=testimony)
        (tmp_path / "leaf").write_text(f"{head}\n\n{note}")
        said = verify("leaf", ledger.key, tmp_path / "leaf", expect=1 if reason else 0)
        assert reason is None or f"seen: {reason}" in said.stderr


def test_a_request_for_another_host_key_is_refused(ledger, verify, tmp_path):
    other = SigningKey(VerifierKey.parse(ledger.key).name)
    head = leaf_of(ledger, 0).decode().partition("\n\n")[0]
    (tmp_path / "leaf").write_text(f"{head}\n\n{request_note(machine_id(0), empty_seen(other), other.verifier)}")
    assert "meant for" in verify("leaf", ledger.key, tmp_path / "leaf", expect=1).stderr


def test_what_only_passes_somebody_between_still_verifies(between, ledger, verify):
    verify("ledger", ledger.key, between.url)


@pytest.mark.parametrize("page", ["tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2", "tile/0/000.p/5",
                                  "tile/1/000.p/1"])
def test_a_flipped_bit_in_a_tile_is_refused(between, ledger, verify, page):
    between.changes[page] = lambda tile: flip(tile, len(tile) // 2)
    said = verify("ledger", ledger.key, between.url, expect=1).stderr
    assert f"{page} is not what follows from the entries" in said


# Each with the size of an earlier checkpoint: all hashes of the tile are in the proof that the ledger extends it, or in the
# root itself.
PROVED_FROM = [("tile/0/000", 20), ("tile/0/001", 300), ("tile/0/002.p/188", 20), ("tile/1/000.p/2", 20)]


@pytest.mark.parametrize("page, size", PROVED_FROM)
def test_nothing_is_proved_from_a_tile_with_a_flipped_bit(between, ledger, verify, tmp_path, page, size):
    (tmp_path / "old").write_text(ledger.published[size // ROUND - 1])
    verify("extends", ledger.key, between.url, tmp_path / "old")
    for at in range(0, int(page.partition(".p/")[2] or 256) * 32, 33):
        between.changes[page] = lambda tile: flip(tile, at)
        said = verify("extends", ledger.key, between.url, tmp_path / "old", expect=1).stderr
        assert NO_TILE in said or NO_PROOF in said, said


@pytest.mark.parametrize("page, size", PROVED_FROM)
def test_nothing_is_proved_from_a_tile_of_another_size(between, ledger, verify, tmp_path, page, size):
    (tmp_path / "old").write_text(ledger.published[size // ROUND - 1])
    for change in lambda tile: tile[:-32], lambda tile: tile + tile[:32]:
        between.changes[page] = change
        assert "bad result slice" in verify("extends", ledger.key, between.url, tmp_path / "old", expect=1).stderr


def flip_in_first_entry(bundle):
    return flip(bundle, 2 + int.from_bytes(bundle[:2], "big") // 2)


def swap_two_entries(bundle):
    first = 2 + int.from_bytes(bundle[:2], "big")
    second = 2 + int.from_bytes(bundle[first : first + 2], "big")
    return bundle[first : first + second] + bundle[:first] + bundle[first + second :]


@pytest.mark.parametrize("change", [flip_in_first_entry, swap_two_entries])
@pytest.mark.parametrize("page", ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/188"])
def test_entries_that_were_changed_are_refused(between, ledger, verify, page, change):
    between.changes[page] = change
    assert "the entries have the root" in verify("ledger", ledger.key, between.url, expect=1).stderr


def test_an_entry_that_was_left_out_is_refused(between, ledger, verify):
    between.changes["tile/entries/001"] = lambda bundle: bundle[2 + int.from_bytes(bundle[:2], "big") :]
    assert "255 entries instead of 256" in verify("ledger", ledger.key, between.url, expect=1).stderr


def test_any_flipped_bit_in_a_published_signature_is_refused(between, ledger, verify):
    signature = ledger.published[-1].split(" ")[-1].strip()
    data = from_base64(signature, 68)
    for at in range(len(data)):
        changed = to_base64(flip(data, at))
        between.changes["checkpoint"] = lambda body: body.replace(signature.encode(), changed.encode())
        said = verify("ledger", ledger.key, between.url, expect=1).stderr
        assert (NOT_SIGNED if at < 4 else NO_SIGNATURE) in said, at


def test_a_checkpoint_by_another_key_of_the_same_name_is_refused(between, ledger, verify):
    text = ledger.published[-1].partition("\n\n")[0] + "\n"
    between.changes["checkpoint"] = lambda body: SigningKey("kms.uni.example/acme.example").sign(text).encode()
    assert NOT_SIGNED in verify("ledger", ledger.key, between.url, expect=1).stderr


@pytest.mark.parametrize("size", [SIZE - 1, SIZE - 188, 256])
def test_a_tree_of_another_size_is_refused_although_the_host_signed_it(between, ledger, verify, size, tmp_path):
    """The operator has the host's key: he can sign this root with any size."""
    key = SigningKey.parse(next((ledger.host.data / "signer").glob("*.key")).read_text())
    true = open_checkpoint(ledger.published[-1], key.verifier)
    note = key.sign(Checkpoint(true.origin, size, true.root).text())
    (tmp_path / "false").write_text(note)
    (tmp_path / "old").write_text(ledger.published[0])
    assert NO_PROOF in verify("extends", ledger.key, ledger.url, tmp_path / "false", expect=1).stderr
    between.changes["checkpoint"] = lambda body: note.encode()
    assert NO_TILE in verify("extends", ledger.key, between.url, tmp_path / "old", expect=1).stderr
    assert "the entries have the root" in verify("ledger", ledger.key, between.url, expect=1).stderr


def spoiled(answer):
    """Each way to flip a bit of a byte of what is base64 in an answer, and what the packages say to it: the lease, each hash
    of both proofs, the root, the signature."""
    for match in re.finditer(r"[A-Za-z0-9+/]{43,}={0,2}$", answer, re.MULTILINE):
        data = base64.b64decode(match[0], validate=True)
        in_note = match.start() > answer.index("\n\n", answer.index("c2sp.org/"))
        for at in range(len(data)):
            reason = NO_PROOF if not in_note else NOT_SIGNED if len(data) == 68 and at < 4 else NO_SIGNATURE
            yield answer[: match.start()] + to_base64(flip(data, at)) + answer[match.end() :], reason


def test_any_flipped_bit_in_an_answer_is_refused(ledger, verify, tmp_path):
    number = SIZE - 1
    reasons = {}
    for count, (answer, reason) in enumerate(spoiled(ledger.answer(number))):
        name = f"{count:05}"
        (tmp_path / f"{name}.answer").write_text(answer)
        (tmp_path / f"{name}.seen").write_text(ledger.seen(number))
        reasons[f"{name}.answer"] = reason
    proof = Proof.parse(proof_in(ledger.answer(number)))
    hashes = ledger.answer(number).count("\nconsistency ") + len(proof.path) + 1
    assert len(reasons) == len(proof.extra) + 32 * hashes + 68
    assert set(reasons.values()) == {NO_PROOF, NO_SIGNATURE, NOT_SIGNED}
    said = verdicts(verify("proofs", ledger.key, ledger.url, tmp_path, expect=1))
    assert {name for name, _, _ in said} == set(reasons)
    for name, verdict, words in said:
        assert verdict == "refused" and reasons[name] in words, (name, words)


def refused(ledger, verify, folder, answer, seen):
    """Why an answer with that checkpoint seen before is refused."""
    (folder / "one.answer").write_text(answer)
    (folder / "one.seen").write_text(seen)
    (name, verdict, words), = verdicts(verify("proofs", ledger.key, ledger.url, folder, expect=1))
    assert (name, verdict) == ("one.answer", "refused")
    return words


def test_a_proof_with_the_checkpoint_of_a_tree_of_another_size_is_refused(ledger, verify, tmp_path):
    answer = ledger.answer(400)
    other = answer.replace(checkpoint_in(answer), ledger.published[-1])
    assert refused(ledger, verify, tmp_path, other, ledger.seen(400)) == f"inclusion: {NO_PROOF}"


def test_a_proof_for_another_place_is_refused(ledger, verify, tmp_path):
    answer = ledger.answer(400)
    index = int(re.search(r"^index (\d+)$", answer, re.MULTILINE)[1])
    other = answer.replace(f"\nindex {index}\n", f"\nindex {index - 1}\n")
    assert refused(ledger, verify, tmp_path, other, ledger.seen(400)) == f"inclusion: {NO_PROOF}"


def test_a_consistency_proof_from_a_tree_of_another_size_is_refused(ledger, verify, tmp_path):
    assert size_of(ledger.seen(400)) != size_of(ledger.published[3])
    said = refused(ledger, verify, tmp_path, ledger.answer(400), ledger.published[3])
    assert said == f"consistency: {NO_PROOF}"


def test_an_answer_without_its_consistency_proof_is_refused(ledger, verify, tmp_path):
    bare = re.sub(r"^consistency .*\n", "", ledger.answer(400), flags=re.MULTILINE)
    assert bare != ledger.answer(400)
    assert refused(ledger, verify, tmp_path, bare, ledger.seen(400)) == f"consistency: {NO_PROOF}"


def test_a_folder_without_proofs_proves_nothing(ledger, verify, tmp_path):
    assert "0 hold" in verify("proofs", ledger.key, ledger.url, tmp_path, expect=1).stderr
