"""A vendor's desk, an activation host and machines that ask it, for the system tests."""

import base64
import hashlib
import http.client
import json
import os
import re
import signal
import subprocess
import time
from datetime import datetime, timezone

VENDOR = "acme.example"
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


def to_base64(data):
    return base64.b64encode(data).decode()


def runner(folder):
    """run(PROGRAM, ARGUMENT..., expect=0, env={...}, stdin="", cwd=...): runs it in the folder and checks its exit status.

    Returns the finished process, with stdout and stderr as text."""

    def run_it(*args, expect=0, env=None, stdin="", cwd=None, timeout=60):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AVAL_")}
        environment["NO_COLOR"] = "1"
        environment.update(env or {})
        done = subprocess.run(
            [str(a) for a in args],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=cwd or folder,
            env=environment,
            timeout=timeout,
            check=False,
        )
        said = f"{' '.join(str(a) for a in args)}\n{done.stdout}{done.stderr}"
        assert done.returncode == expect, f"exit status {done.returncode} instead of {expect}: {said}"
        return done

    return run_it


def machine_id(number):
    return hashlib.sha256(f"machine {number}".encode()).hexdigest()[:32]


def request_text(machine, nonce=1, product="studio", edition="pro", when=None, seen=0, vendor=VENDOR):
    """The request of a machine, as machines write it."""
    when = when or datetime.now(timezone.utc)
    return "\n".join([
        "aval request v1",
        f"vendor {vendor}",
        f"product {product}",
        f"edition {edition}",
        f"machine {machine}",
        f"hardware board {to_base64(hashlib.sha256(machine.encode()).digest()[:16])}",
        f"nonce {to_base64(nonce.to_bytes(16, 'big'))}",
        f"lock {to_base64(hashlib.sha256(b'secret of ' + machine.encode()).digest())}",
        f"time {when:%Y-%m-%dT%H:%M:%SZ}",
        "state unlicensed",
        f"seen {seen}",
        "",
    ])


def denial_code(body):
    """The code of a denial document."""
    assert body.startswith("aval denial v1\n"), body
    return dict(line.split(" ", 1) for line in body.splitlines()[1:])["code"]


class Desk:
    """The vendor, in FOLDER/desk, with the product studio."""

    def __init__(self, build, run, folder, vendor=VENDOR):
        self.program, self.run_it, self.folder = build / "src/programs/aval-vendor", run, folder
        self.path = folder / f"desk-{vendor}"
        self.run("init", vendor, "--no-passphrase")
        (folder / "studio.ini").write_text(STUDIO)
        self.product = folder / f"studio-{vendor}.product"
        self.run("product", folder / "studio.ini", "--output", self.product)
        self.key_file = self.path / "vendor.vkey"
        self.key = self.key_file.read_text().strip()

    def run(self, *args, **kwargs):
        return self.run_it(self.program, "--desk", self.path, *args, **kwargs)

    def license(self, host_request, name="pro.license", threshold=1, seats=28, extra=()):
        output = self.folder / name
        self.run("license", host_request, "--product", "studio", "--edition", "pro", "--threshold", threshold,
                 "--seats", seats, "--output", output, *extra)
        return output

    def revoke(self, *ids, name):
        output = self.folder / name
        self.run("revoke", *ids, "--output", output)
        return output


class Host:
    """An activation host in DATA. start() serves on a free port of the loopback address; stop() ends it."""

    def __init__(self, build, run, data, name=HOST):
        self.build, self.run_it, self.data, self.name = build, run, data, name
        self.avald_program = build / "src/programs/avald"
        self.avalctl_program = build / "src/programs/avalctl"
        self.process = None
        self.log_path = data.parent / f"{data.name}.log"

    def avald(self, *args, **kwargs):
        return self.run_it(self.avald_program, *args, "--data", self.data, **kwargs)

    def ctl(self, *args, **kwargs):
        return self.run_it(self.avalctl_program, *args, "--data", self.data, **kwargs)

    def json(self, *args, **kwargs):
        return json.loads(self.ctl(*args, "--json", **kwargs).stdout)

    def set_up(self, desk=None):
        self.avald("init", "--name", self.name)
        if desk is not None:
            self.enroll(desk)

    def enroll(self, desk):
        self.avald("enroll", desk.key_file, "--customer", "University of Example")

    def request_file(self, vendor=VENDOR):
        return self.data / "vendors" / vendor / "host-request"

    def start(self, *flags, prefix=(), port=0):
        assert self.process is None
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AVAL_")}
        (self.data / "port").unlink(missing_ok=True)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*map(str, prefix), str(self.avald_program), "serve", "--data", str(self.data), "--port", str(port),
                 "--address", "127.0.0.1", *map(str, flags)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True)
        self.wait_for(lambda: (self.data / "port").exists() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log()
        self.wait_for(lambda: re.search(r'event(=|":")started\b', self.log()))
        return self

    @property
    def port(self):
        return int((self.data / "port").read_text())

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_for(self, condition, seconds=START_SECONDS):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited for {seconds} seconds in vain; the log:\n{self.log()}"
            time.sleep(0.01)

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
            connection.request(method, path, body=body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def activate(self, machine, **kwargs):
        return self.ask("POST", "/v1/activate", request_text(machine, **kwargs))

    def activate_many(self, machines):
        """Over one connection; returns the statuses."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        statuses = []
        for machine in machines:
            connection.request("POST", "/v1/activate", body=request_text(machine))
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()
        return statuses


class Machine:
    """A machine with the real command line."""

    def __init__(self, build, run, folder, desk, host):
        self.program, self.run, self.folder, self.host = build / "src/programs/aval", run, folder, host
        self.aval("product", "install", desk.product, "--vendor-key", desk.key_file)
        keys = json.loads(desk.run("key", "--json").stdout)
        keys = keys["keys"] if isinstance(keys, dict) else keys
        self.aval("key", "install", keys[0]["key"])

    def aval(self, *args, **kwargs):
        return self.run(self.program, "--state", self.folder, *args, **kwargs)

    def activate(self, *args, **kwargs):
        self.aval("host", "set", f"127.0.0.1:{self.host.port}")
        return self.aval("activate", *args, **kwargs)

    def status(self):
        return json.loads(self.aval("status", "--json").stdout)
