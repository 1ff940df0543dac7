"""Strangers who hold connections: ten thousand of them, and those who send a byte a second. A real avald throughout."""

import contextlib
import http.client
import os
import resource
import selectors
import signal
import socket
import time
from pathlib import Path

import pytest
from hosting import machine_id

HELD = 10000  # also the default of connections-per-address
KIB_EACH = 32  # what one may cost the host
LOOK_AGAIN = 0.3  # seconds; to count ten thousand descriptors is work for the machine
SLOW = os.environ.get("AVAL_STEP") in ("asan", "tsan")


@pytest.fixture
def descriptors():
    """Lets this process, and the hosts it starts, open as many files as the test needs."""
    needed = 2 * HELD + 512  # avald wants 20,000 connections and some
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < HELD + 512:
        pytest.skip(f"{hard} descriptors at most here")
    wanted = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connect(host, source="127.0.0.1"):
    client = socket.socket()
    client.settimeout(20)
    client.bind((source, 0))
    client.connect(("127.0.0.1", host.port))
    return client


def is_open(client):
    """Whether the host has not closed it."""
    client.setblocking(False)
    try:
        return client.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def open_sockets(host):
    """How many sockets avald has."""
    count = 0
    for descriptor in Path(f"/proc/{host.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            count += str(descriptor.readlink()).startswith("socket:")
    return count


def resident_kib(host):
    status = Path(f"/proc/{host.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def activate_from(host, source, machine):
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=10, source_address=(source, 0))
    try:
        connection.request("POST", "/v1/activate", body=host.request(machine).encode())
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def hold(host, count, begun=b""):
    """Opens that many connections and waits until the host has taken them."""
    before = open_sockets(host)
    clients = []
    for _ in range(count):
        client = connect(host)
        if begun:
            client.sendall(begun)
        clients.append(client)
    host.wait_for(lambda: open_sockets(host) >= before + count, pause=LOOK_AGAIN)
    return clients


def test_ten_thousand_held_connections_keep_no_machine_out_and_are_cut_when_idle(licensed, descriptors):
    if SLOW:  # taking them all must not take longer than the timeout
        licensed.stop()
        licensed.start("--idle-timeout", "40s", "--request-timeout", "40s")
    before = resident_kib(licensed)
    began = time.monotonic()
    clients = hold(licensed, HELD // 2) + hold(licensed, HELD // 2, b"POST /v1/activate HTTP/1.1\r\nHost: h\r\n")
    try:
        status, body = activate_from(licensed, "127.0.0.2", machine_id(1))
        assert status == 200, body
        assert licensed.json("status")["granted"] == 1
        # Their own address has had its share: the next one from there is closed without an answer.
        with connect(licensed) as late, contextlib.suppress(ConnectionError):
            late.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
            assert late.recv(1) == b""
        assert open_sockets(licensed) >= HELD
        grown = resident_kib(licensed) - before
        assert SLOW or grown < KIB_EACH * HELD, f"{grown} KiB for {HELD} connections"
        licensed.wait_for(lambda: open_sockets(licensed) < 100, 80, LOOK_AGAIN)
        assert time.monotonic() - began > 8
        assert not any(is_open(client) for client in clients)
        assert licensed.activate(machine_id(2))[0] == 200
    finally:
        for client in clients:
            client.close()


def test_five_addresses_that_hold_all_connections_keep_no_machine_out(licensed):
    licensed.stop()
    licensed.start("--connections", 50, "--idle-timeout", "1h", "--request-timeout", "1h")
    held = [connect(licensed, f"127.0.0.{number % 5 + 10}") for number in range(60)]
    try:
        for client in held[::2]:
            client.sendall(b"POST /v1/activate HTTP/1.1\r\nHost: h\r\n")
        for number in range(1, 5):
            assert activate_from(licensed, "127.0.0.2", machine_id(number))[0] == 200
        assert sum(is_open(client) for client in held) <= 50, "some have given way"
    finally:
        for client in held:
            client.close()


def test_a_host_that_may_open_few_files_takes_as_few_connections(licensed):
    licensed.stop()
    licensed.start("--idle-timeout", "1h", "--request-timeout", "1h", prefix=["prlimit", "--nofile=400:400"])
    said = [line for line in licensed.log().splitlines() if "event=few-descriptors" in line]
    if not said:
        pytest.skip("whoever runs this may open as many files as it likes")
    assert "limit=400 connections=200" in said[-1]
    assert licensed.json("reload")["waiting"] == [], "a restart would change nothing of it"
    held = [connect(licensed, "127.0.0.10") for _ in range(500)]
    try:
        assert activate_from(licensed, "127.0.0.2", machine_id(1))[0] == 200
        assert licensed.json("status")["granted"] == 1
    finally:
        for client in held:
            client.close()


def test_clients_that_send_a_byte_a_second_are_cut_off_and_others_served(licensed):
    licensed.stop()
    licensed.start("--idle-timeout", "10s", "--request-timeout", "3s")
    with connect(licensed) as in_headers, connect(licensed) as in_body:
        in_headers.sendall(b"POST /v1/activate HTTP/1.1\r\nX-Slow: ")
        in_body.sendall(b"POST /v1/activate HTTP/1.1\r\nHost: h\r\nContent-Length: 400\r\n\r\n")
        began = time.monotonic()
        slow = [in_headers, in_body]
        while slow := [client for client in slow if is_open(client)]:
            assert time.monotonic() - began < 8
            assert activate_from(licensed, "127.0.0.1", machine_id(1))[0] == 200
            for client in slow:
                with contextlib.suppress(OSError):
                    client.sendall(b"a")
            time.sleep(1)
        assert time.monotonic() - began >= 2


def connect_at_once(host, count, seconds):
    """Begins that many connections together; returns those that the system has let through by then, and the rest."""
    waiting = selectors.DefaultSelector()
    clients = []
    for number in range(count):
        client = socket.socket()
        client.setblocking(False)
        client.bind((f"127.0.0.{2 + number % 200}", 0))
        client.connect_ex(("127.0.0.1", host.port))
        waiting.register(client, selectors.EVENT_WRITE)
        clients.append(client)
    through, end = [], time.monotonic() + seconds
    while len(through) < count and time.monotonic() < end:
        for key, _ in waiting.select(0.1):
            waiting.unregister(key.fileobj)
            through.append(key.fileobj)
    return through, [client for client in clients if client not in set(through)]


def test_machines_that_come_together_queue_instead_of_being_turned_away(licensed, descriptors):
    """More than one socket's queue holds, before the host has looked at any: no machine has to try again."""
    at_once = int(Path("/proc/sys/net/core/somaxconn").read_text()) * 3 // 2
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if at_once > soft - 512:
        pytest.skip(f"{soft} descriptors at most here, and one queue alone holds more")
    os.kill(licensed.process.pid, signal.SIGSTOP)
    try:
        through, turned_away = connect_at_once(licensed, at_once, 20)
    finally:
        os.kill(licensed.process.pid, signal.SIGCONT)
    try:
        assert len(turned_away) == 0, f"{len(turned_away)} of {at_once} were turned away"
        for client in through:
            client.setblocking(True)
            client.settimeout(20)
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        assert all(client.recv(12) == b"HTTP/1.1 200" for client in through)
    finally:
        for client in through + turned_away:
            client.close()
