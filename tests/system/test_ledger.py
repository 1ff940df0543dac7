"""The ledgers from outside: tiles, checkpoints and exports, recomputed by the independent implementation; lost databases."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import time

import pytest
from hosting import HOST, VENDOR, Desk, Host, Machine, denial_code, machine_id, runner
from independent import VerifierKey, Wrong, leaf_hash, open_checkpoint, open_leaf, split_denial, tile_levels, tree_root

SANITIZED = os.environ.get("AVAL_STEP", "unit") != "unit"
USAGE, CONFLICT, NO_HOST = 2, 6, 17
DAY = 86400
pytestmark = pytest.mark.threads


class ControlConnection(http.client.HTTPConnection):
    """HTTP over the control socket of a data folder."""

    def __init__(self, data):
        super().__init__("control", timeout=20)
        self.path = str(data / "control.sock")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Pages:
    """A ledger's pages over one connection."""

    def __init__(self, connection, vendor=VENDOR):
        self.connection, self.vendor = connection, vendor

    def ask(self, path, method="GET"):
        self.connection.request(method, path)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def get(self, name):
        status, headers, body = self.ask(f"/ledger/{self.vendor}/{name}")
        assert status == 200, (name, status, body)
        kind = "text/plain; charset=utf-8" if name == "checkpoint" else "application/octet-stream"
        assert headers["Content-Type"] == kind
        kept = headers["Cache-Control"]
        assert ("immutable" in kept) == (name != "checkpoint"), kept
        assert int(kept.split("max-age=")[1].split(",")[0]) <= (60 if name == "checkpoint" else 31536000)
        return body

    def status(self, name):
        return self.ask(f"/ledger/{self.vendor}/{name}")[0]


def over_socket(host):
    return Pages(ControlConnection(host.data))


def over_port(host):
    return Pages(http.client.HTTPConnection("127.0.0.1", host.port, timeout=20))


def number_path(number):
    """1234067 is x001/x234/067."""
    groups = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03}")
    return "/".join(groups)


def tile_paths(kind, count):
    """The tiles of a level that has so many hashes, and how many are in each."""
    for at in range(0, count, 256):
        width = min(256, count - at)
        yield f"tile/{kind}/{number_path(at // 256)}" + (f".p/{width}" if width < 256 else ""), width


def entries_of(bundle):
    entries = []
    while bundle:
        size = int.from_bytes(bundle[:2], "big")
        entries.append(bundle[2 : 2 + size])
        assert len(entries[-1]) == size
        bundle = bundle[2 + size :]
    return entries


def host_key(host, vendor=VENDOR):
    return VerifierKey.parse((host.data / "vendors" / vendor / "host.vkey").read_text())


def read_ledger(pages, key, epoch=1):
    """Everything that is published, each hash recomputed from the entries; returns checkpoint and entries."""
    checkpoint = open_checkpoint(pages.get("checkpoint"), key, epoch)
    entries = []
    for path, width in tile_paths("entries", checkpoint.size):
        bundle = entries_of(pages.get(path))
        assert len(bundle) == width
        entries += bundle
    leaves = [leaf_hash(entry) for entry in entries]
    assert tree_root(leaves) == checkpoint.root
    for level, hashes in enumerate(tile_levels(leaves)):
        for at, (path, width) in enumerate(tile_paths(level, len(hashes))):
            assert pages.get(path) == b"".join(hashes[256 * at : 256 * at + width]), path
    return checkpoint, entries


@pytest.fixture
def roomy(host, desk):
    """A host with many seats, which serves its ledgers over the port too."""
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=1000000))
    return host.start("--ledger-public", "yes")


@pytest.fixture(scope="module")
def five(build, tmp_path_factory):
    """The same with five leaves, for tests that only read."""
    folder = tmp_path_factory.mktemp("five")
    desk, host = Desk(build, runner(folder), folder), Host(build, runner(folder), folder / "host")
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file()))
    try:
        activate(host.start("--ledger-public", "yes"), 0, 5)
        yield host
    finally:
        host.stop()


def activate(host, first, count):
    assert set(host.activate_many(machine_id(n) for n in range(first, first + count))) <= {200}


# Tiles


def test_all_pages_of_a_small_ledger_follow_from_its_entries(five):
    for pages in over_socket(five), over_port(five):
        checkpoint, entries = read_ledger(pages, host_key(five))
        assert checkpoint.size == 5
        assert all(entry.startswith(b"aval lease v1\n") for entry in entries)


def test_all_pages_beyond_256_entries_follow_from_them(roomy):
    activate(roomy, 0, 600)
    assert read_ledger(over_port(roomy), host_key(roomy))[0].size == 600
    checkpoint, entries = read_ledger(over_socket(roomy), host_key(roomy))
    assert checkpoint.size == len(entries) == 600


@pytest.mark.skipif(SANITIZED, reason="the same pages, of 70,000 leaves: that the third level is right is seen without")
def test_a_ledger_of_three_levels_is_shown_whole(host, desk, build, run):
    size = 70000
    host.set_up(desk)
    begin = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 8 * DAY))
    license = desk.license(host.request_file(), seats=1000000, extra=("--from", begin))
    host.avald("import", license)
    run(build / "bench/bench-fill", "machines", size, "--data", host.data, "--license", license, "--vendor-key",
        desk.key_file, "--checkpoint", host.data.parent / "seen", timeout=300,
        env={"AVALD_SIGNER": str(build / "src/programs/avald-signer")})
    host.start()
    pages = over_socket(host)
    assert read_ledger(pages, host_key(host))[0].size == size
    assert len(pages.get("tile/0/273.p/112")) == 112 * 32
    assert len(pages.get("tile/1/001.p/17")) == 17 * 32
    assert len(pages.get("tile/2/000.p/1")) == 32
    for absent in "tile/0/273", "tile/0/273.p/113", "tile/1/001.p/18", "tile/1/001", "tile/2/000.p/2", "tile/3/000.p/1":
        assert pages.status(absent) == 404, absent


def test_a_partial_tile_has_every_width_that_there_was(five):
    pages = over_port(five)
    five = pages.get("tile/0/000.p/5")
    for width in range(1, 6):
        assert pages.get(f"tile/0/000.p/{width}") == five[: 32 * width]
        assert len(entries_of(pages.get(f"tile/entries/000.p/{width}"))) == width


def test_nothing_beyond_the_checkpoint_is_shown(five):
    for pages in over_socket(five), over_port(five):
        for absent in ("tile/0/000", "tile/0/000.p/6", "tile/0/000.p/255", "tile/0/001.p/1", "tile/1/000.p/1",
                       "tile/63/000.p/1", "tile/entries/000", "tile/entries/000.p/6", "tile/entries/001",
                       "tile/0/x018/x014/x398/x509/x481/983"):
            assert pages.status(absent) == 404, absent


@pytest.mark.parametrize("name", [
    "", "checkpoint/", "Checkpoint", "tile", "tile/0", "tile/0/0", "tile/0/000.p/0", "tile/0/000.p/05", "tile/0/000.p/256",
    "tile/00/000.p/5", "tile/64/000.p/5", "tile/0/x000/000.p/5", "tile/0/000.p/5/", "tile/0/000.p", "tile/entries/0",
    "tile/0/%30%30%30.p/5x", "../acme.example/checkpoint", "tile/0/../0/000.p/5",
])
def test_a_wrong_address_is_no_page(five, name):
    assert over_port(five).status(name) == 404
    assert over_socket(five).status(name) == 404


def test_pages_are_only_read(five):
    for pages in over_socket(five), over_port(five):
        assert pages.ask(f"/ledger/{VENDOR}/checkpoint", "POST")[0] == 405
        status, headers, body = pages.ask(f"/ledger/{VENDOR}/tile/0/000.p/1", "HEAD")
        assert (status, headers["Content-Length"], body) == (200, "32", b"")


def test_another_vendors_ledger_is_another_ledger(roomy, build, run, tmp_path):
    other = Desk(build, run, tmp_path, vendor="other.example")
    roomy.enroll(other)
    activate(roomy, 0, 3)
    pages = over_port(roomy)
    assert open_checkpoint(pages.get("checkpoint"), host_key(roomy)).size == 3
    pages.vendor = "other.example"
    roomy.wait_for(lambda: pages.status("checkpoint") == 200)
    assert open_checkpoint(pages.get("checkpoint"), host_key(roomy, "other.example")).size == 0
    assert pages.status("tile/0/000.p/1") == 404
    pages.vendor = "third.example"
    assert pages.status("checkpoint") == 404


def test_the_port_shows_no_ledger_unless_the_operator_says_so(licensed):
    activate(licensed, 0, 1)
    assert over_port(licensed).status("checkpoint") == 404
    assert over_port(licensed).status("tile/0/000.p/1") == 404
    assert over_socket(licensed).status("checkpoint") == 200


def test_what_is_shown_stays_so_while_the_ledger_grows(roomy):
    activate(roomy, 0, 250)
    pages = over_port(roomy)
    before = pages.get("tile/0/000.p/250")
    activate(roomy, 250, 20)
    assert pages.get("tile/0/000.p/250") == before
    assert pages.get("tile/0/000")[: len(before)] == before
    assert open_checkpoint(pages.get("checkpoint"), host_key(roomy)).size == 270


# Checkpoint and export


def read_export(data):
    """Header, frontier, leaves and checkpoint of an export, read from its description alone."""
    head, data = data.split(b"\n\n", 1)
    lines = head.decode().split("\n")
    assert lines[0] == "aval ledger-export v1"
    origin, since, to = (line.split(" ", 1)[1] for line in lines[1:4])
    nodes = [line for line in lines[4:]]
    assert all(node.startswith("node ") for node in nodes) and len(nodes) == int(since).bit_count()
    leaves = []
    for at in range(int(since), int(to) + 1):
        line, data = data.split(b"\n", 1)
        word, size = line.split(b" ")
        assert word == (b"leaf" if at < int(to) else b"checkpoint")
        leaves.append(data[: int(size)])
        data = data[int(size) :]
    assert data == b""
    return origin, int(since), int(to), leaves[:-1], leaves[-1].decode()


def export(host, *args, **kwargs):
    output = host.data.parent / "ledger"
    host.ctl("ledger", "export", *args, "--output", output, **kwargs)
    return read_export(output.read_bytes())


def test_the_checkpoint_is_that_of_the_pages(roomy):
    activate(roomy, 0, 3)
    note = roomy.ctl("ledger", "checkpoint").stdout
    assert note.encode() == over_port(roomy).get("checkpoint")
    told = roomy.json("ledger", "checkpoint")
    assert told["note"] == note and told["size"] == 3 and told["vendor"] == VENDOR
    assert told["root"] == note.split("\n")[2]


def test_an_export_holds_the_ledger_up_to_the_checkpoint(roomy):
    activate(roomy, 0, 300)
    origin, since, to, leaves, note = export(roomy)
    checkpoint = open_checkpoint(note, host_key(roomy))
    assert (origin, since, to) == (f"{HOST}/{VENDOR}", 0, 300)
    assert checkpoint.size == 300 and tree_root([leaf_hash(leaf) for leaf in leaves]) == checkpoint.root


def test_an_export_may_begin_later(roomy):
    activate(roomy, 0, 20)
    whole = export(roomy)[3]
    assert export(roomy, "--since", 13)[3] == whole[13:]
    assert export(roomy, "--since", 20)[3] == []
    said = roomy.ctl("ledger", "export", "--since", 21, "--output", "x", expect=USAGE)
    assert "20" in said.stderr and not (roomy.data.parent / "x").exists()
    roomy.ctl("ledger", "export", "--since", "x", "--output", "x", expect=USAGE)


def test_an_export_goes_to_standard_output(roomy, tmp_path):
    activate(roomy, 0, 2)
    with open(tmp_path / "out", "wb") as out:
        subprocess.run([roomy.avalctl_program, "ledger", "export", "--data", roomy.data], stdout=out, check=True)
    assert read_export((tmp_path / "out").read_bytes())[2] == 2


def test_an_export_of_an_empty_ledger_is_whole(licensed):
    assert export(licensed)[2:4] == (0, [])


def test_an_export_names_one_of_several_vendors(roomy, build, run, tmp_path):
    roomy.enroll(Desk(build, run, tmp_path, vendor="other.example"))
    activate(roomy, 0, 2)
    said = roomy.ctl("ledger", "export", "--output", "x", expect=USAGE)
    assert "acme.example" in said.stderr and "other.example" in said.stderr
    assert export(roomy, "--vendor", VENDOR)[2] == 2
    roomy.ctl("ledger", "checkpoint", "--vendor", "third.example", expect=USAGE)


def test_a_stopped_host_exports_nothing(licensed):
    licensed.stop()
    licensed.ctl("ledger", "export", "--output", "x", expect=NO_HOST)
    licensed.ctl("ledger", "checkpoint", expect=NO_HOST)


def test_an_export_of_many_leaves_goes_on_while_the_host_works(roomy):
    activate(roomy, 0, 1500)
    output = roomy.data.parent / "ledger"
    with subprocess.Popen([roomy.avalctl_program, "ledger", "export", "--data", roomy.data],
                          stdout=subprocess.PIPE) as reading:
        first = reading.stdout.read(1000)
        activate(roomy, 1500, 50)  # the export waits in the pipe meanwhile
        output.write_bytes(first + reading.stdout.read())
    assert reading.returncode == 0
    origin, since, to, leaves, note = read_export(output.read_bytes())
    checkpoint = open_checkpoint(note, host_key(roomy))
    assert checkpoint.size == to == len(leaves) == 1500
    assert tree_root([leaf_hash(leaf) for leaf in leaves]) == checkpoint.root


# A database that was rolled back


def epoch_of(host):
    """That of the one ledger of a host that serves: POSIX seconds, or 1."""
    _, _, number = host.json("status")["ledgers"][0]["origin"].partition("/epoch-")
    return int(number or 1)


def remove_logs(data):
    for name in "avald.db-wal", "avald.db-shm":
        (data / name).unlink(missing_ok=True)


@pytest.fixture
def rolled_back(roomy, desk, build, run, tmp_path):
    """A host that gave 8 leases, 3 of which are not in the database any more, and two machines: one of the former, one
    of the latter."""
    known, lost = (Machine(build, run, tmp_path / name, desk, roomy) for name in ("known", "lost"))
    known.activate()
    activate(roomy, 0, 4)
    roomy.stop()
    shutil.copy(roomy.data / "avald.db", tmp_path / "old.db")
    shutil.copy(roomy.data / "signer" / f"{VENDOR}.state", tmp_path / "old.state")
    roomy.start()
    lost.activate()
    activate(roomy, 4, 2)
    roomy.stop()
    remove_logs(roomy.data)
    shutil.copy(tmp_path / "old.db", roomy.data / "avald.db")
    return roomy, known, lost


def test_a_database_that_was_rolled_back_is_refused_with_both_sizes(rolled_back):
    host, _, _ = rolled_back
    said = host.avald("serve", "--port", 0, "--address", "127.0.0.1", expect=CONFLICT)
    assert "store-rolled-back" in said.stderr and "avald recover" in said.stderr
    assert "5 leaves" in said.stderr and "8 were signed" in said.stderr


def test_recover_says_what_was_lost_and_does_nothing_unless_told_to(rolled_back):
    host, _, _ = rolled_back
    before = sorted(path.name for path in (host.data / "signer").iterdir())
    said = host.avald("recover", expect=USAGE)
    assert "5 leaves" in said.stdout and "8 were signed" in said.stdout and "--yes" in said.stderr
    assert sorted(path.name for path in (host.data / "signer").iterdir()) == before
    host.avald("recover", "--vendor", "other.example", "--yes", expect=USAGE)
    host.avald("serve", "--port", 0, "--address", "127.0.0.1", expect=CONFLICT)


def test_after_recover_machines_old_and_new_are_served_in_a_new_epoch(rolled_back, desk, build, run, tmp_path):
    host, known, lost = rolled_back
    before = int(time.time())
    host.avald("recover", "--yes")
    host.start("--ledger-public", "yes")
    epoch = epoch_of(host)
    assert before <= epoch <= time.time(), "named by the second of its beginning"
    assert host.json("status")["licenses"][0]["held"] == 5, "seats outlive the epoch"
    known.activate()
    lost.activate()
    new = Machine(build, run, tmp_path / "new", desk, host)
    new.activate()
    for machine in known, lost, new:
        status = machine.status()
        assert status["state"] == "licensed" and status["lease"]["ledger_epoch"] == epoch
    assert "Ledger's epoch" in known.aval("status", "-v").stdout
    assert host.json("status")["licenses"][0]["held"] == 7

    origin, _, to, leaves, note = export(host)
    assert origin == f"{HOST}/{VENDOR}/epoch-{epoch}" and to == 4
    said = dict(line.split(" ", 1) for line in leaves[0].decode().splitlines()[1:])
    assert leaves[0].startswith(b"aval epoch v1\n")
    assert (said["origin"], said["previous"]) == (origin, f"{HOST}/{VENDOR}")
    assert (said["size"], said["found"], said["why"]) == ("8", "5", "lost")
    for pages in over_socket(host), over_port(host):
        checkpoint, entries = read_ledger(pages, host_key(host), epoch=epoch)
        assert entries == leaves and checkpoint == open_checkpoint(note, host_key(host), epoch)


def test_a_lease_in_force_stays_so_without_asking_again(rolled_back):
    host, known, lost = rolled_back
    host.avald("recover", "--yes")
    for machine in known, lost:
        status = machine.status()
        assert status["state"] == "licensed" and status["lease"]["ledger_epoch"] == 1


def test_the_request_of_an_ended_epoch_gets_nothing_and_the_next_one_a_lease_of_the_new_one(rolled_back):
    """Its own lease cannot be proved any more, and its number is used; the machine is shown its last leaf, and goes on."""
    host, _, _ = rolled_back
    host.avald("recover", "--yes")
    host.start()
    status, body = host.activate(machine_id(0))
    assert (status, denial_code(body)) == (409, "number-used")
    _, leaf = split_denial(body)
    assert open_leaf(leaf)[1].number == 1 and leaf.partition("\n\n")[2] == host.request(machine_id(0))
    for _ in range(2):
        status, body = host.activate(machine_id(0), number=2)
        assert status == 200 and f"{HOST}/{VENDOR}/epoch-{epoch_of(host)}\n" in body
    assert export(host)[2] == 2
    assert host.json("status")["repeated"] == 1
    assert host.json("machines", "show", machine_id(0))["licenses"][0]["leaf"] == 1


def test_a_machine_never_goes_back_to_an_ended_epoch(rolled_back, tmp_path):
    host, known, _ = rolled_back
    shutil.copytree(host.data, tmp_path / "before")
    host.avald("recover", "--yes")
    host.start()
    known.activate()
    host.stop()
    # A host that lost even the memory of its new epoch, and of what it had signed in the old one.
    shutil.rmtree(host.data)
    shutil.copytree(tmp_path / "before", host.data)
    shutil.copy(tmp_path / "old.state", host.data / "signer" / f"{VENDOR}.state")
    host.start()
    said = known.activate(expect=18)
    assert "host-restored" in said.stdout + said.stderr, "the machine shows it the end that it has signed since"
    assert known.status()["state"] == "licensed" and known.status()["lease"]["ledger_epoch"] > 1
    assert json.loads(known.aval("evidence", "--json").stdout) == []


def test_recover_is_refused_where_nothing_was_lost(licensed):
    activate(licensed, 0, 2)
    said = licensed.avald("recover", "--yes", expect=CONFLICT)
    assert "locked" in said.stderr
    licensed.stop()
    said = licensed.avald("recover", "--yes", expect=CONFLICT)
    assert "nothing-lost" in said.stderr
    licensed.start()
    assert open_checkpoint(licensed.ctl("ledger", "checkpoint").stdout, host_key(licensed)).size == 2


def test_a_database_rolled_back_twice_begins_a_third_epoch(rolled_back, tmp_path):
    host, known, _ = rolled_back
    host.avald("recover", "--yes")
    host.start()
    second = epoch_of(host)
    activate(host, 10, 3)
    host.stop()
    remove_logs(host.data)
    shutil.copy(tmp_path / "old.db", host.data / "avald.db")
    said = host.avald("serve", "--port", 0, "--address", "127.0.0.1", expect=CONFLICT)
    assert f"epoch-{second}: the database has 0 leaves, 4 were signed" in said.stderr
    host.avald("recover", "--yes")
    host.start()
    known.activate()
    third = epoch_of(host)
    assert known.status()["lease"]["ledger_epoch"] == third > second
    origin, _, _, leaves, _ = export(host)
    assert origin.endswith(f"/epoch-{third}") and f"previous {HOST}/{VENDOR}/epoch-{second}\n" in leaves[0].decode()


def test_a_lost_database_is_recovered_from_nothing(rolled_back):
    host, known, _ = rolled_back
    (host.data / "avald.db").unlink()
    assert "0 leaves" in host.avald("recover", expect=USAGE).stdout
    host.avald("recover", "--yes")
    host.start()
    known.activate()
    assert known.status()["lease"]["ledger_epoch"] == epoch_of(host)


def test_the_independent_reader_takes_no_other_epoch(rolled_back):
    host, _, _ = rolled_back
    host.avald("recover", "--yes")
    host.start()
    note = host.ctl("ledger", "checkpoint").stdout
    open_checkpoint(note, host_key(host), epoch_of(host))
    for epoch in 1, 2, epoch_of(host) + 1:
        with pytest.raises(Wrong):
            open_checkpoint(note, host_key(host), epoch)


# The check of a whole database


def spoil(data, what, change):
    """Changes bytes of the database file, wherever it holds them."""
    path = data / "avald.db"
    content = path.read_bytes()
    assert what in content
    path.write_bytes(content.replace(what, change(what)))


def flip_last(what):
    return what[:-1] + bytes([what[-1] ^ 1])


def positions(host):
    return list((host.data / "vendors" / VENDOR).glob("ledger-check*"))


def test_a_whole_database_is_found_whole_with_and_without_its_host(roomy):
    activate(roomy, 0, 300)
    for _ in range(2):
        said = roomy.ctl("ledger", "verify")
        assert "all 300 leaves" in said.stdout and f"{HOST}/{VENDOR}" in said.stdout
        told = roomy.json("ledger", "verify")
        assert told["finished"] and told["findings"] == [] and told["vendor"] == VENDOR
        assert not positions(roomy)
        roomy.stop()


def test_a_check_of_a_host_that_never_served_finds_nothing(host, desk):
    host.set_up(desk)
    host.start()
    host.stop()
    assert "all 0 leaves" in host.ctl("ledger", "verify").stdout


def test_a_changed_leaf_is_named(roomy):
    activate(roomy, 0, 30)
    leaf = export(roomy)[3][17]
    roomy.stop()
    machine = next(line for line in leaf.splitlines() if line.startswith(b"machine-key "))
    spoil(roomy.data, machine, flip_last)
    said = roomy.ctl("ledger", "verify", expect=5)
    assert "leaf 17 " in said.stdout and "store-corrupt" in said.stderr
    told = roomy.json("ledger", "verify", expect=5)
    assert any("leaf 17 " in finding["message"] for finding in told["findings"])
    assert not any(finding["not_signed"] for finding in told["findings"])


def test_a_checkpoint_that_nobody_signed_is_found(roomy):
    activate(roomy, 0, 30)
    note = roomy.ctl("ledger", "checkpoint").stdout.encode()
    roomy.stop()
    spoil(roomy.data, note.splitlines()[2], lambda root: (b"B" if root[:1] == b"A" else b"A") + root[1:])
    said = roomy.ctl("ledger", "verify", expect=4)
    assert "checkpoint" in said.stdout and "ledger-not-signed" in said.stderr


def test_a_check_goes_on_where_it_was_interrupted(host, desk, build, run):
    count = 6000 if SANITIZED else 30000  # so many that there is time to interrupt it
    host.set_up(desk)
    begin = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 8 * DAY))
    license = desk.license(host.request_file(), seats=1000000, extra=("--from", begin))
    host.avald("import", license)
    run(build / "bench/bench-fill", "machines", count, "--data", host.data, "--license", license, "--vendor-key",
        desk.key_file, "--checkpoint", host.data.parent / "seen", timeout=300,
        env={"AVALD_SIGNER": str(build / "src/programs/avald-signer")})
    for serving in True, False:
        if serving:
            host.start()
        with subprocess.Popen([host.avalctl_program, "ledger", "verify", "--data", host.data],
                              stdout=subprocess.DEVNULL) as checking:
            host.wait_for(lambda: positions(host))
            checking.kill()
        assert positions(host)
        said = host.ctl("ledger", "verify", timeout=300)
        assert "goes on" in said.stderr and f"all {count} leaves" in said.stdout
        assert not positions(host)
        host.stop()


def test_a_position_of_nothing_begins_anew(licensed):
    activate(licensed, 0, 2)
    path = licensed.data / "position"
    path.write_text("aval ledger-check v1\norigin x\n")
    said = licensed.ctl("ledger", "verify", "--resume", path)
    assert "begins anew" in said.stderr and "all 2 leaves" in said.stdout and not path.exists()


def test_a_ledger_is_sound_from_its_first_lease_on(licensed):
    activate(licensed, 0, 1)
    assert "all 1 leaves" in licensed.ctl("ledger", "verify").stdout
    assert licensed.json("status")["ledgers"][0]["checkpoint_size"] == 1


def test_all_epochs_are_checked(rolled_back):
    host, known, _ = rolled_back
    port = known.status()["last"]["host"].split(":")[1]
    host.avald("recover", "--yes")
    host.start(port=port)
    known.aval("release")  # of a lease of the first epoch, in the second
    known.activate()
    activate(host, 10, 4)
    for _ in range(2):
        assert "/epoch-" in host.ctl("ledger", "verify").stdout and ": all 7 leaves" in host.ctl("ledger", "verify").stdout
        host.stop()


def test_a_vendor_that_is_not_enrolled_has_no_ledger_to_check(licensed):
    licensed.ctl("ledger", "verify", "--vendor", "third.example", expect=USAGE)
