"""A vendor's desk, an activation host and machines that ask it, for the system tests."""

import contextlib
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path

import independent
from independent import MachineKey, SigningKey, empty_seen

VENDOR = "acme.example"
OTHER = "other.example"  # a second one
HOST = "kms.uni.example"
STUDIO = """\
[product]
id = studio
title = Acme Studio
grace = 12h

[edition pro]
title = Acme Studio Pro
features = render export
"""
START_SECONDS = 20


def described():
    """How much this computer tells of its hardware, at least: a bare root or a container tells nothing."""
    files = "/sys/class/dmi/id/board_serial", "/sys/class/dmi/id/product_uuid", "/etc/machine-id"
    count = 0
    for file in map(Path, files):
        with contextlib.suppress(OSError):
            count += file.read_text().strip() not in ("", "uninitialized")
    return count


# With fewer than two the leases of its machines would be short.
IDENTITY = {} if described() >= 2 else {"AVAL_MACHINE_ID": "the computer of these tests"}


# What this computer's name servers say, and how long they take, is no part of any test.
NO_DNS = {"AVAL_DNS": "127.0.0.1:1", "AVAL_DOMAINS": ""}


def environment(more=None):
    """What programs are run with."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AVAL_")}
    return {**kept, "NO_COLOR": "1", **NO_DNS, **IDENTITY, **(more or {})}


def runner(folder):
    """run(PROGRAM, ARGUMENT..., expect=0, env={...}, stdin="", cwd=...): runs it in the folder and checks its exit status, unless
    that is None.

    Returns the finished process, with stdout and stderr as text."""

    def run_it(*args, expect=0, env=None, stdin="", cwd=None, timeout=60):
        done = subprocess.run(
            [str(a) for a in args],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=cwd or folder,
            env=environment(env),
            timeout=timeout,
            check=False,
        )
        said = f"{' '.join(str(a) for a in args)}\n{done.stdout}{done.stderr}"
        assert expect in (done.returncode, None), f"exit status {done.returncode} instead of {expect}: {said}"
        return done

    return run_it


KEYS = {}  # of machines, by their id


def machine_id(number):
    """A machine of that number, or of that name: its key is made and kept."""
    key = MachineKey(hashlib.sha256(f"machine {number}".encode()).digest())
    return KEYS.setdefault(key.id, key).id


def written(when):
    return f"{when or datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def request_note(machine, seen, host_key, number=1, product="studio", edition="pro", when=None, vendor=VENDOR,
                 digests=2, counted=False):
    """The request of a machine, as machines write and sign it."""
    digest = hashlib.sha256(machine.encode()).digest()
    hardware = [("board", digest[:16]), ("disk", digest[16:])][:digests]
    text = independent.request_text(KEYS[machine].verifier, host_key, number, written(when), seen, vendor, product, edition,
                                    hardware=hardware, counted=counted)
    return KEYS[machine].sign(text)


def release_note(machine, seen, host_key, license_id, number=2, when=None):
    text = independent.release_text(KEYS[machine].verifier, host_key, number, written(when), seen, license_id)
    return KEYS[machine].sign(text)


def denial_code(body):
    """The code of a denial document."""
    assert body.startswith("aval denial v1\n"), body
    body, _ = independent.split_denial(body)
    return dict(line.split(" ", 1) for line in body.splitlines()[1:])["code"]


class Once:
    """Folders that most tests begin with: each is made once, in ROOT, and a test has a copy of its own."""

    def __init__(self, root):
        self.root, self.kept = root, {}

    def put(self, folder, kind, make):
        """FOLDER as MAKE(another folder) makes it. What differs in any way is of another KIND, which has its own keys."""
        if kind not in self.kept:
            kept = self.root / str(len(self.kept))
            make(kept)
            self.kept[kind] = kept
        shutil.copytree(self.kept[kind], folder)


class Desk:
    """The vendor, in FOLDER/desk, with the product studio; with keys of its own, where ONCE does not have them."""

    def __init__(self, build, run, folder, vendor=VENDOR, once=None):
        self.program, self.run_it, self.folder = build / "src/programs/aval-vendor", run, folder
        self.path = folder / f"desk-{vendor}"
        self.product = folder / f"studio-{vendor}.product"
        (folder / "studio.ini").write_text(STUDIO)
        if once is None:
            self.make(self.path)
        else:
            once.put(self.path, ("desk", vendor), self.make)
        shutil.move(self.path / self.product.name, self.product)
        self.key_file = self.path / "vendor.vkey"
        self.key = self.key_file.read_text().strip()
        self.once = once

    def make(self, path):
        vendor = self.path.name.removeprefix("desk-")
        self.run_it(self.program, "--desk", path, "init", vendor, "--no-passphrase")
        self.run_it(self.program, "--desk", path, "product", self.folder / "studio.ini", "--output", path / self.product.name)

    def run(self, *args, **kwargs):
        return self.run_it(self.program, "--desk", self.path, *args, **kwargs)

    def license(self, host_request, name="pro.license", threshold=1, seats=28, extra=()):
        output = self.folder / name
        counts = [] if threshold is None else ["--threshold", threshold]
        self.run("license", host_request, "--product", "studio", "--edition", "pro", *counts, "--seats", seats,
                 "--output", output, *extra)
        return output

    def revoke(self, *ids, name):
        output = self.folder / name
        self.run("revoke", *ids, "--output", output)
        return output


class Host:
    """An activation host in DATA. start() serves on a free port of the loopback address; stop() ends it."""

    def __init__(self, build, run, data, name=HOST, once=None):
        self.build, self.run_it, self.data, self.name, self.once = build, run, data, name, once
        self.avald_program = build / "src/programs/avald"
        self.avalctl_program = build / "src/programs/avalctl"
        self.process = None
        self.notes = {}  # what machines of activate() have signed
        self.log_path = data.parent / f"{data.name}.log"

    def avald(self, *args, **kwargs):
        return self.run_it(self.avald_program, *args, "--data", self.data, **kwargs)

    def ctl(self, *args, **kwargs):
        return self.run_it(self.avalctl_program, *args, "--data", self.data, **kwargs)

    def json(self, *args, **kwargs):
        return json.loads(self.ctl(*args, "--json", **kwargs).stdout)

    def set_up(self, desk=None):
        """Makes it, enrolled with that desk; where ONCE has such a one, it is a copy of that."""
        def make(data):
            self.run_it(self.avald_program, "init", "--name", self.name, "--data", data)
            if desk is not None:
                self.enroll(desk, data)

        if self.once is None or (desk is not None and desk.once is None):
            make(self.data)
        else:
            self.once.put(self.data, ("host", self.name, desk and desk.key), make)

    def enroll(self, desk, data=None):
        self.run_it(self.avald_program, "enroll", desk.key_file, "--customer", "University of Example", "--data", data or self.data)

    def request_file(self, vendor=VENDOR):
        return self.data / "vendors" / vendor / "host-request"

    def start(self, *flags, prefix=(), port=0):
        with open(self.log_path, "ab") as log:
            self.launch(log, *flags, prefix=prefix, port=port)
        self.wait_for(lambda: re.search(r'event(=|":")started\b', self.log()))
        return self

    def launch(self, log, *flags, prefix=(), port=0):
        """Starts it with its log going to that file or pipe, until it has a port."""
        assert self.process is None
        (self.data / "port").unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [*map(str, prefix), str(self.avald_program), "serve", "--data", str(self.data), "--port", str(port),
             "--address", "127.0.0.1", *map(str, flags)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), start_new_session=True)
        self.wait_for(lambda: (self.data / "port").exists() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log()

    @property
    def port(self):
        return int((self.data / "port").read_text())

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def logs(self, *words):
        """Waits until the log has these: a thread of its own writes it, and no answer waits for that."""
        self.wait_for(lambda: all(each in self.log() for each in words))

    def wait_for(self, condition, seconds=START_SECONDS, pause=0.01):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited for {seconds} seconds in vain; the log:\n{self.log()}"
            time.sleep(pause)

    def sql(self, statement, values=()):
        """The rows that it gives, or how many it changed; the host is stopped."""
        with contextlib.closing(sqlite3.connect(self.data / "avald.db")) as database, database:
            cursor = database.execute(statement, values)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    def stop(self, number=signal.SIGTERM, expect=0):
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(number)
        assert process.wait(timeout=30) == expect, self.log()
        assert "AddressSanitizer" not in self.log() and "runtime error" not in self.log(), self.log()

    def ask(self, method, path, body=None):
        """One HTTP question; returns status and text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body=body.encode() if isinstance(body, str) else body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def secret_key(self, vendor=VENDOR):
        """The host's signing key for that vendor, which is the operator's alone; one that nobody knows where it has none.
        Machines of this module take from it what an introduction would tell them: that an empty ledger was signed."""
        keys = [SigningKey.parse(path.read_text()) for path in (self.data / "signer").glob("*.key")]
        return next((key for key in keys if key.verifier.name.endswith(f"/{vendor}")), SigningKey(f"{self.name}/{vendor}"))

    def request(self, machine, number=1, seen=None, vendor=VENDOR, **kwargs):
        """The note that the machine signs with that number: the same bytes each time, as a machine must."""
        known = machine, number, vendor, *sorted((key, str(value)) for key, value in kwargs.items())
        if seen is None and known in self.notes:
            return self.notes[known]
        key = self.secret_key(vendor)
        note = request_note(machine, seen or empty_seen(key), key.verifier, number, vendor=vendor, **kwargs)
        return self.notes.setdefault(known, note) if seen is None else note

    def activate(self, machine, **kwargs):
        return self.ask("POST", "/v1/activate", self.request(machine, **kwargs))

    def release(self, machine, license_id, number=2, vendor=VENDOR):
        key = self.secret_key(vendor)
        return self.ask("POST", "/v1/release", release_note(machine, empty_seen(key), key.verifier, license_id, number))

    def introduction(self, product="studio", edition="pro", vendor=VENDOR):
        return self.ask("GET", f"/v1/introduction/{vendor}/{product}/{edition}")

    def activate_many(self, machines):
        """Over one connection; returns the statuses."""
        key = self.secret_key()
        seen = empty_seen(key)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        statuses = []
        for machine in machines:
            known = machine, 1, VENDOR
            if known not in self.notes:
                self.notes[known] = request_note(machine, seen, key.verifier)
            connection.request("POST", "/v1/activate", body=self.notes[known].encode())
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()
        return statuses


class Machine:
    """A machine with the real command line; `counted`: with a counted product key."""

    def __init__(self, build, run, folder, desk, host, counted=False):
        self.program, self.run, self.folder, self.host = build / "src/programs/aval", run, folder, host
        self.aval("product", "install", desk.product, "--vendor-key", desk.key_file)
        self.install_key(desk, counted)

    def install_key(self, desk, counted=False):
        key = json.loads(desk.run("key", "--json").stdout)["keys"][0]["counted_key" if counted else "key"]
        return self.aval("key", "install", key)

    def aval(self, *args, **kwargs):
        return self.run(self.program, "--state", self.folder, *args, **kwargs)

    def activate(self, *args, **kwargs):
        self.aval("host", "set", f"127.0.0.1:{self.host.port}")
        return self.aval("activate", *args, **kwargs)

    def status(self):
        return json.loads(self.aval("status", "--json").stdout)
