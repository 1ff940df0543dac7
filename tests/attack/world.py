"""What every attack needs: an honest vendor, host and machine to attack, and a host that says whatever it is told to."""

import datetime
import http.client
import json
import os
import re
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import independent
from hosting import environment

PRODUCT = """[product]
id = studio
title = Acme Studio
grace = 30d

[edition pro]
title = Acme Studio Professional
features = render export

[edition edu]
title = Acme Studio for Education
"""


class FakeHost:
    """An HTTP server on loopback that answers by a function of (method, path, body) -> (status, body)."""

    def __init__(self, answer):
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length", 0))
                status, body = fake.reply(self.command, self.path, self.rfile.read(length))
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.reply = answer
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


VOLUME, COUNTED = ("--threshold", "1"), ("--counted",)  # what a license says of its mode


def log_of(folder, *words):
    """The host's log, once it has these words: a thread of its own writes it, and no answer waits for that."""
    for _ in range(3000):
        log = (folder / "log").read_text()
        if all(each in log for each in words):
            return log
        time.sleep(0.01)
    raise AssertionError(f"waited for {words} in vain; the log:\n{log}")


class World:
    """A vendor's desk, a host that it licensed, and machines, all of real programs in one temporary folder."""

    def __init__(self, build, run, home, once):
        self.build, self.run, self.home, self.once = build, run, home, once
        self.vendor = build / "src" / "programs" / "aval-vendor"
        self.avald = build / "src" / "programs" / "avald"
        self.program = build / "src" / "programs" / "aval"
        self.processes, self.fakes = [], []

    def make_vendor(self, name="vendor", vendor="acme.example"):
        def make(desk):
            self.run(self.vendor, "init", vendor, "--desk", desk, "--no-passphrase")
            self.run(self.vendor, "product", self.home / "studio.ini", "--desk", desk, "--output", desk / "studio.product")

        (self.home / "studio.ini").write_text(PRODUCT)
        self.once.put(self.home / name, ("desk", name, vendor), make)
        return self.home / name

    def make_host(self, desk, name="host", host_name="kms.uni.example", edition="pro", seats=10, extra=(),
                  mode=VOLUME):
        def make(data):
            self.run(self.avald, "init", "--name", host_name, "--data", data)
            self.run(self.avald, "enroll", desk / "vendor.vkey", "--customer", "University", "--data", data, "--output",
                     data / "request.note")

        host = self.home / name
        self.once.put(host, ("host", name, host_name, (desk / "vendor.vkey").read_text()), make)
        self.license(desk, host, edition, seats, extra, mode=mode)
        return host

    def license(self, desk, host, edition="pro", seats=10, extra=(), output="granted.license", mode=VOLUME):
        self.run(self.vendor, "license", host / "request.note", "--desk", desk, "--product", "studio", "--edition",
                 edition, *mode, "--seats", seats, *extra, "--output", host / output)
        self.run(self.avald, "import", host / output, "--data", host)
        return (host / output).read_text()

    def serve(self, host, *flags):
        (host / "port").unlink(missing_ok=True)
        log = open(host / "log", "w")
        process = subprocess.Popen([self.avald, "serve", "--data", host, "--port", "0", "--address", "127.0.0.1", *flags],
                                   stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.processes.append(process)
        for _ in range(3000):
            if (host / "port").exists() and (host / "port").read_text().strip():
                return f"127.0.0.1:{(host / 'port').read_text().strip()}"
            assert process.poll() is None, (host / "log").read_text()
            time.sleep(0.01)
        raise AssertionError("the host did not start")

    def fake(self, answer):
        self.fakes.append(FakeHost(answer))
        return self.fakes[-1]

    def product_key(self, desk, edition="pro", mode=VOLUME):
        listed = json.loads(self.run(self.vendor, "key", "--desk", desk, "--json").stdout)
        entries = listed["keys"] if isinstance(listed, dict) else listed
        name = "counted_key" if mode is COUNTED else "key"
        return next(entry[name] for entry in entries if entry["edition"] == edition)

    def aval(self, machine, *arguments, expect=0):
        return self.run(self.program, "--state", self.home / machine, *arguments, expect=expect)

    def run_any(self, *args):
        """Runs it, however it ends; its exit status."""
        done = subprocess.run([str(arg) for arg in args], capture_output=True, text=True, check=False, timeout=60,
                              env=environment())
        return done.returncode

    def make_machine(self, desk, name, address, edition="pro", mode=VOLUME):
        self.aval(name, "product", "install", desk / "studio.product", "--vendor-key", desk / "vendor.vkey")
        self.aval(name, "key", "install", self.product_key(desk, edition, mode))
        self.aval(name, "host", "set", address)
        return self.home / name / "products" / "acme.example" / "studio"

    def refused(self, machine, code, expect=4):
        """The machine activates, and says by name which link failed; it has no lease afterwards."""
        said = self.aval(machine, "activate", expect=expect)
        assert f"({code})" in said.stdout + said.stderr, said.stdout + said.stderr
        status = json.loads(self.run_status(machine))
        assert status["state"] != "licensed", status
        return said

    def run_status(self, machine):
        done = subprocess.run([self.program, "--state", self.home / machine, "status", "--json"], capture_output=True,
                              text=True, check=False, timeout=60, env=environment())
        return done.stdout

    def machine_key(self, machine, vendor="acme.example"):
        """The machine's own key: what root on it has, and nobody else."""
        return independent.MachineKey.parse((self.home / machine / "secret" / vendor).read_text())

    def host_secret(self, host):
        """The host's secret key: what a dishonest operator has, and nobody else."""
        return next((host / "signer").glob("*.key")).read_text()

    def close(self):
        for fake in self.fakes:
            fake.stop()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(timeout=30)


def field(text, key):
    """The value of a line of a document."""
    match = re.search(rf"^{re.escape(key)} (.*)$", text, re.MULTILINE)
    assert match, f"no {key} in:\n{text}"
    return match[1]


def moments(*days):
    """So many days from now, as documents write it: from one look at the clock, so that what lies between them is so many
    days and not a second more."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    return [(now + datetime.timedelta(days=each)).strftime("%Y-%m-%dT%H:%M:%SZ") for each in days]


def moment(days=0):
    """The same of one."""
    return moments(days)[0]


def lease_for(request, license_text, days=180, **changes):
    """A lease for a request note, as a host would write it; `changes` replace its own lines, with - for _."""
    issued, expires = moments(0, days)
    lines = ["aval lease v1", f"license {field(license_text, 'license')}", f"issued {issued}",
             f"expires {expires}", f"renew-after {field(license_text, 'renew')}",
             f"retry-after {field(license_text, 'retry')}"]
    lines += [line for line in license_text.splitlines() if line.startswith("feature ")]
    for key, value in changes.items():
        key = key.replace("_", "-")
        lines = [f"{key} {value}" if line.startswith(key + " ") else line for line in lines]
    return "\n".join(lines) + f"\n\n{request}"


def introduction(license_note, key, size=0, root=None):
    """How whoever has that key introduces himself: with a license, and with a ledger of that size."""
    tree = independent.Checkpoint(key.verifier.name, size, root or independent.tree_root([]))
    return independent.Introduction(0, license_note, key.sign(tree.text())).text().encode()


def code_of(body):
    """The code of a denial, or None where it is none."""
    text = body.decode() if isinstance(body, bytes) else body
    return field(text, "code") if text.startswith("aval denial v1\n") else None


class Between:
    """What is between a machine and its host, which the machine takes for the host: hands everything on and keeps it, but
    for what `forged` says about a page; changes[PAGE](body) is what becomes of a request on its way."""

    def __init__(self, world, address):
        self.forged, self.changes, self.heard, self.said = {}, {}, [], []
        self.host = address
        self.address = world.fake(self.reply).address

    def reply(self, method, path, body):
        if path in self.forged:
            return self.forged[path]
        body = self.changes.get(path, lambda same: same)(body)
        told = send(self.host, method, path, body)
        self.heard.append((path, body))
        self.said.append((path, *told))
        return told

    def last(self, path):
        """The newest request for that page that was handed on."""
        return [body for page, body in self.heard if page == path][-1]

    def answer(self, path):
        return [(status, body) for page, status, body in self.said if page == path][-1]


def make_pipe(path):
    path.unlink()
    os.mkfifo(path)


def make_device(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def send(address, method, path, body=None):
    """One question to a host: (status, body)."""
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request(method, path, body=body.encode() if isinstance(body, str) else body or None)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
