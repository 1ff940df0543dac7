"""Hosts behind a real nginx that speaks TLS, and behind proxies."""

import contextlib
import json
import socket
import socketserver
import subprocess
import threading
import time

import pytest
from hosting import Machine
from names import free_port, program, wait_for_port

NAME = "kms.uni.example"


def certify(folder):
    """A throw-away authority, and a certificate of it for NAME and localhost."""
    def openssl(*args):
        subprocess.run(["openssl", *map(str, args)], cwd=folder, check=True, capture_output=True)

    for who in "authority", "stranger":
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 30, "-subj", f"/CN={who}",
                "-keyout", f"{who}.key", "-out", f"{who}.pem")  # fmt: skip
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={NAME}", "-keyout", "host.key", "-out", "host.csr")
    (folder / "names").write_text(f"subjectAltName=DNS:{NAME},DNS:localhost\n")
    openssl("x509", "-req", "-in", "host.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-days", 30,
            "-extfile", "names", "-out", "host.pem")  # fmt: skip


@pytest.fixture
def nginx(licensed, tmp_path):
    """The port at which nginx answers for the host, with TLS."""
    folder = tmp_path / "nginx"
    folder.mkdir()
    certify(folder)
    port = free_port()
    (folder / "nginx.conf").write_text(f"""\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate host.pem;
        ssl_certificate_key host.key;
        location / {{ proxy_pass http://127.0.0.1:{licensed.port}; }}
    }}
}}
""")
    process = subprocess.Popen([program("nginx"), "-p", f"{folder}/", "-c", f"{folder}/nginx.conf", "-e", "stderr"],
                               stderr=subprocess.DEVNULL)
    wait_for_port(port, process)
    yield port
    process.terminate()
    process.wait()


@pytest.fixture
def machine(build, run, tmp_path, desk, licensed):
    return Machine(build, run, tmp_path / "state", desk, licensed)


def asked(done):
    return [(attempt["host"], attempt["code"]) for attempt in json.loads(done.stdout)["attempts"]]


def test_a_host_with_tls_is_asked_where_its_authority_is_named(machine, nginx, tmp_path):
    host = f"https://localhost:{nginx}"
    machine.aval("host", "set", host)
    refused = machine.aval("activate", "--json", expect=17)
    assert asked(refused) == [(host, "host-certificate")]
    refused = machine.aval("activate", "--json", expect=17, env={"AVAL_CA": tmp_path / "nginx" / "stranger.pem"})
    assert asked(refused) == [(host, "host-certificate")]
    refused = machine.aval("activate", "--json", expect=17, env={"AVAL_CA": tmp_path / "missing.pem"})
    assert asked(refused) == [(host, "host-certificate")]
    assert asked(machine.aval("activate", "--json", env={"AVAL_CA": tmp_path / "nginx" / "authority.pem"})) == [(host, "ok")]


def test_a_certificate_for_another_name_is_not_believed(machine, nginx, tmp_path):
    host = f"https://127.0.0.1:{nginx}"
    machine.aval("host", "set", host)
    refused = machine.aval("activate", "--json", expect=17, env={"AVAL_CA": tmp_path / "nginx" / "authority.pem"})
    assert asked(refused) == [(host, "host-certificate")]


class Proxy:
    """A proxy as companies have them: it tunnels by CONNECT, hands on whole URLs, and looks names up itself."""

    def __init__(self, port):
        proxy, self.asked = self, []

        class Handler(socketserver.StreamRequestHandler):
            rbufsize = 0  # the body is the relay's

            def handle(self):
                first = self.rfile.readline().decode().split()
                proxy.asked.append(first[:2])
                head = list(iter(self.rfile.readline, b"\r\n"))
                with socket.create_connection(("127.0.0.1", port), timeout=20) as inside:
                    if first[0] == "CONNECT":
                        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    else:
                        path = "/" + first[1].split("/", 3)[3]
                        inside.sendall(f"{first[0]} {path} HTTP/1.0\r\n".encode() + b"".join(head) + b"\r\n")
                    self.relay(inside)

            def relay(self, inside):
                there = threading.Thread(target=self.copy, args=(self.connection, inside), daemon=True)
                there.start()
                self.copy(inside, self.connection)

            def copy(self, source, target):
                with contextlib.suppress(OSError):
                    while data := source.recv(65536):
                        target.sendall(data)
                    target.shutdown(socket.SHUT_WR)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def proxy():
    with contextlib.ExitStack() as stack:
        def start(port):
            made = Proxy(port)
            stack.callback(made.stop)
            return made

        yield start


def test_a_proxy_is_used_where_it_is_named_for_aval(machine, licensed, proxy):
    through = proxy(licensed.port)
    machine.aval("host", "set", "kms.inside.example")  # which this machine cannot find
    machine.aval("activate", env={"AVAL_PROXY": through.address, "no_proxy": "*"})
    assert {url.startswith("http://kms.inside.example:8216/v1/") for _, url in through.asked} == {True}


def test_the_name_of_a_proxy_is_looked_up_within_the_time_limit(machine, licensed, proxy):
    through = proxy(licensed.port)
    port = through.address.rsplit(":", 1)[1]
    machine.aval("host", "set", "kms.inside.example")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        dns = {"AVAL_DNS": f"127.0.0.1:{silent.getsockname()[1]}"}
        began = time.monotonic()
        refused = machine.aval("--timeout", "1s", "activate", "--json", expect=17,
                               env={"AVAL_PROXY": f"http://proxy.uni.example:{port}", **dns})
        assert time.monotonic() - began < 9
        machine.aval("activate", env={"AVAL_PROXY": f"http://localhost:{port}", **dns})
    assert asked(refused) == [("kms.inside.example:8216", "name-servers")]
    assert through.asked


def test_the_name_of_a_proxy_is_one_of_the_name_servers(machine, licensed, proxy, dnsmasq):
    through = proxy(licensed.port)
    name_server = dnsmasq("host-record=proxy.uni.example,127.0.0.1").address
    machine.aval("host", "set", "kms.inside.example")
    port = through.address.rsplit(":", 1)[1]
    machine.aval("activate", env={"AVAL_PROXY": f"http://proxy.uni.example:{port}", "AVAL_DNS": name_server})
    assert through.asked


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://127.0.0.1", "http://", "://"])
def test_what_is_no_proxy_is_refused(machine, proxy):
    machine.aval("host", "set", "127.0.0.1:1")
    refused = machine.aval("activate", "--json", expect=2, env={"AVAL_PROXY": proxy})
    assert "AVAL_PROXY" in json.loads(refused.stdout)["attempts"][0]["message"]


def test_a_host_with_tls_is_reached_through_a_proxy(machine, nginx, proxy, tmp_path):
    through = proxy(nginx)
    machine.aval("host", "set", f"https://{NAME}")
    machine.aval("activate", env={"AVAL_PROXY": through.address, "AVAL_CA": tmp_path / "nginx" / "authority.pem"})
    assert through.asked and all(each == ["CONNECT", f"{NAME}:443"] for each in through.asked)


def test_no_other_proxy_of_the_environment_is_used(machine, licensed):
    nobody = "http://127.0.0.1:1"
    machine.aval("host", "set", f"127.0.0.1:{licensed.port}")
    machine.aval("activate", env={"http_proxy": nobody, "https_proxy": nobody, "ALL_PROXY": nobody, "all_proxy": nobody})
