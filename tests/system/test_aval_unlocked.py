"""Several processes on one state folder while a host is slow: nobody waits, and what was asked for must still stand."""

import http.client
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hosting import environment

PATIENCE = 30


class SlowHost:
    """Hands everything on to a real host; the first request to `path` not before `gone_on` is set."""

    def __init__(self, host, path):
        slow, self.asked, self.gone_on = self, threading.Event(), threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path == path and not slow.asked.is_set():
                    slow.asked.set()
                    slow.gone_on.wait(PATIENCE)
                connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=PATIENCE)
                connection.request(self.command, self.path, body=body or None)
                told = connection.getresponse()
                text = told.read()
                self.send_response(told.status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                connection.close()

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.gone_on.set()
        self.server.shutdown()
        self.server.server_close()


class Machine:
    """A state folder with product, key and host; every command is a process of its own."""

    def __init__(self, build, run, folder, desk):
        self.program, self.run, self.state = build / "src" / "programs" / "aval", run, folder / "state"
        self.key = json.loads(desk.run("key", "--json").stdout)["keys"][0]["key"]
        self.aval("product", "install", desk.product, "--vendor-key", desk.key)
        self.aval("key", "install", self.key)

    def aval(self, *args, expect=0):
        return self.run(self.program, "--state", self.state, *args, expect=expect, timeout=PATIENCE).stdout

    def status(self, expect=0):
        return json.loads(self.aval("status", "--json", expect=expect))

    def begin(self, slow, command):
        """Starts a command and returns when the slow host has its request."""
        process = subprocess.Popen([self.program, "--state", self.state, "--timeout", f"{PATIENCE}s", command, "--json"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
        assert slow.asked.wait(PATIENCE)
        assert process.poll() is None
        return process


def end(slow, process, expect):
    slow.gone_on.set()
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == expect, out + err
    return json.loads(out)


@pytest.fixture
def machine(build, run, tmp_path, licensed, desk):
    return Machine(build, run, tmp_path, desk)


@pytest.fixture
def slow(machine, licensed):
    made = SlowHost(licensed, "/v1/activate")
    machine.aval("host", "set", made.address)
    yield made
    made.stop()


def test_while_a_host_is_asked_other_processes_read_and_write(machine, slow):
    process = machine.begin(slow, "activate")
    machine.aval("host", "set", slow.address, "kms2.uni.example")
    machine.aval("key", "install", machine.key)
    assert machine.status()["state"] == "grace"
    assert process.poll() is None
    end(slow, process, 0)
    assert machine.status()["state"] == "licensed"


def test_a_lease_for_a_key_that_another_process_removed_is_not_stored(machine, slow):
    process = machine.begin(slow, "activate")
    machine.aval("key", "remove", machine.key[-5:])
    assert end(slow, process, 6)["attempts"][0]["code"] == "state-changed"
    assert machine.status()["code"] == "no-product-key"
    assert not list(machine.state.rglob("lease.*")) and not list(machine.state.rglob("next.*"))


def test_two_processes_that_activate_at_once_end_with_one_lease(machine, slow):
    process = machine.begin(slow, "activate")
    machine.aval("activate")
    end(slow, process, 0)
    assert machine.status()["state"] == "licensed"
    assert not list(machine.state.glob("evidence/*"))
    machine.aval("release")  # which the host grants to whoever holds the lease that it gave last
    assert machine.status()["code"] == "no-lease"


def test_a_process_killed_while_it_asks_leaves_nothing_locked(machine, slow):
    process = machine.begin(slow, "activate")
    process.kill()
    process.communicate(timeout=PATIENCE)
    slow.gone_on.set()
    machine.aval("activate")
    assert machine.status()["state"] == "licensed"
