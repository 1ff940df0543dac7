"""What a measurement needs around it: a vendor's desk, a host with known machines, avald and nginx, started and stopped.

Everything lives in one folder that is removed at the end; ports are free ones of 127.0.0.1; every process started here is
ended here, by its own handle.
"""

import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
PRODUCT = """[product]
id = studio
title = Acme Studio

[edition pro]
title = Studio Professional
features = export, render
"""
DAY = 24 * 3600
FOLDERS = {"aval-vendor": "src/programs", "avald": "src/programs", "avald-signer": "src/programs",
           "avalctl": "src/programs", "bench-load": "bench", "bench-fill": "bench", "bench-verify": "bench"}


class Failed(Exception):
    """A program of the measurement did not do what it should; the text says which and what it said."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descriptors():
    """Files that one process may have open; asks for as many as the system gives."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return min(most, 1 << 20) if most != resource.RLIM_INFINITY else 1 << 20


def end(process, patience=30):
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Stage:
    """A vendor, and hosts of it with so many machines each."""

    def __init__(self, build, folder):
        self.build = pathlib.Path(build).resolve()
        self.folder = pathlib.Path(folder).resolve()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.desk = self.folder / "desk"
        self.key = self.desk / "vendor.vkey"
        self.run("aval-vendor", "--desk", self.desk, "init", "acme.example", "--no-passphrase")
        (self.folder / "studio.ini").write_text(PRODUCT)
        self.run("aval-vendor", "--desk", self.desk, "product", self.folder / "studio.ini", "--output",
                 self.folder / "studio.product")

    def program(self, name):
        path = self.build / FOLDERS[name] / name
        if not path.exists():
            raise Failed(f"{path} is not there; build it first")
        return path

    def run(self, name, *arguments, timeout=900):
        environment = {**os.environ, "AVALD_SIGNER": str(self.program("avald-signer"))}
        done = subprocess.run([self.program(name), *map(str, arguments)], capture_output=True, text=True,
                              env=environment, timeout=timeout)
        if done.returncode != 0:
            raise Failed(f"{name} {' '.join(map(str, arguments))} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def run_binary(self, name, *arguments):
        done = subprocess.run([self.program(name), *map(str, arguments)], capture_output=True, timeout=60)
        if done.returncode != 0:
            raise Failed(f"{name} {' '.join(map(str, arguments))} ended with {done.returncode}: {done.stderr.decode()}")
        return done.stdout

    def load(self, *arguments, timeout=600):
        """What bench-load reports; while it signs it shows how far it is."""
        done = subprocess.run([self.program("bench-load"), *map(str, arguments)], stdout=subprocess.PIPE, text=True,
                              timeout=timeout)
        if done.returncode != 0:
            raise Failed(f"bench-load {' '.join(map(str, arguments))} ended with {done.returncode}")
        return json.loads(done.stdout)

    def begin_load(self, *arguments):
        """The same, begun and not waited for; end_load() does."""
        return subprocess.Popen([self.program("bench-load"), *map(str, arguments)], stdout=subprocess.PIPE, text=True)

    @staticmethod
    def end_load(process, timeout=600):
        said, _ = process.communicate(timeout=timeout)
        if process.returncode != 0:
            raise Failed(f"{' '.join(map(str, process.args))} ended with {process.returncode}")
        return json.loads(said)

    def clear(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Host:
    """avald on a data folder with `machines` known machines."""

    def __init__(self, stage, machines):
        self.stage = stage
        self.machines = machines
        self.home = stage.folder / f"host-{machines}"
        self.data = self.home / "data"
        self.home.mkdir()
        self.license = self.home / "pro.license"
        self.seen = self.home / "seen"
        self.process = None
        self.port = None
        request = self.home / "host-request"
        stage.run("avald", "init", "--name", "kms.bench.example", "--data", self.data)
        stage.run("avald", "enroll", stage.key, "--customer", "Bench", "--data", self.data, "--output", request)
        begin = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 8 * DAY))
        stage.run("aval-vendor", "--desk", stage.desk, "license", request, "--product", "studio", "--edition", "pro",
                  "--threshold", "25", "--seats", "1000000000", "--retry", "1m", "--from", begin, "--output", self.license)
        stage.run("avald", "import", self.license, "--data", self.data)
        began = time.monotonic()
        stage.run("bench-fill", "machines", machines, "--data", self.data, "--license", self.license, "--vendor-key",
                  stage.key, "--checkpoint", self.seen, timeout=3600)
        self.fill_seconds = time.monotonic() - began
        self.filled = self.disk()

    def disk(self):
        """Bytes of the database, and where SQLite can tell, of machines and of the ledger apart."""
        path = self.data / "avald.db"
        sizes = {"database": path.stat().st_size}
        try:
            import sqlite3
            # Nobody else has it open now; so no lock, and no log left behind that avald would have to recover from.
            with contextlib.closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as database:
                rows = database.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall()
            sizes["tables"] = {name: size for name, size in rows if size > 1 << 16}
        except Exception:  # no dbstat in this SQLite: the whole is known all the same
            pass
        return sizes

    def options(self, verify=1000):
        """Machines of the host, and what they know; every so many answers are verified."""
        return [*self.knowledge(), "--machines-count", self.machines, *(["--verify", verify] if verify else [])]

    def knowledge(self):
        return ["--license", self.license, "--vendor-key", self.stage.key, "--seen", self.seen]

    def start(self, connections=None):
        """Starts avald, with so many connections or as many as there can be; returns the seconds until its first answer to an
        activation."""
        self.port = free_port()
        open_files = descriptors()
        log = open(self.home / "avald.log", "ab")
        connections = str(connections or min(open_files - 1000, 200000))
        began = time.monotonic()
        self.process = subprocess.Popen(
            [self.stage.program("avald"), "serve", "--data", self.data, "--port", str(self.port), "--address",
             "127.0.0.1", "--log-level", "warning", "--connections", connections, "--connections-per-address",
             connections, "--queue", "200000"], stdout=log, stderr=log)
        log.close()
        request = self.first_request()
        while not self.ask(request):
            if self.process.poll() is not None or time.monotonic() - began > 60:
                raise Failed(f"avald did not answer: {(self.home / 'avald.log').read_text()[-2000:]}")
            time.sleep(0.002)
        return time.monotonic() - began

    def first_request(self):
        """A request by a machine that is none of those that the host knows."""
        return self.stage.run_binary("bench-load", "message", f"127.0.0.1:{self.port}", *self.options(verify=None)[:-2],
                                     "--machines-from", self.machines, "--machines-count", 1)

    def ask(self, request):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
                connection.sendall(request)
                return connection.recv(65536).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def processes(self):
        """avald and its signer."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def peak_memory(self):
        """Bytes at the peak, of avald and signer each."""
        peaks = []
        for process in self.processes():
            for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peaks.append(int(line.split()[1]) * 1024)
        return peaks

    def written(self):
        """Bytes that avald and signer have sent to the disk so far."""
        total = 0
        for process in self.processes():
            for line in pathlib.Path(f"/proc/{process}/io").read_text().splitlines():
                if line.startswith("write_bytes:"):
                    total += int(line.split()[1])
        return total

    def cpu(self):
        """CPU seconds of avald and signer so far."""
        total = 0
        for process in self.processes():
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def status(self):
        return json.loads(self.stage.run("avalctl", "status", "--json", "--data", self.data))

    def stop(self):
        end(self.process)
        self.process = None


class Nginx:
    """nginx that answers everything with an empty 200."""

    def __init__(self, stage):
        self.folder = stage.folder / "nginx"
        self.folder.mkdir()
        self.port = free_port()
        self.program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        if self.program is None:
            raise Failed("nginx is not installed")
        open_files = descriptors()
        backlog = pathlib.Path("/proc/sys/net/core/somaxconn").read_text().strip()
        text = (HERE / "nginx.conf.in").read_text()
        for name, value in {"FOLDER": self.folder, "DESCRIPTORS": open_files, "CONNECTIONS": open_files - 1000,
                            "PORT": self.port, "BACKLOG": backlog}.items():
            text = text.replace(f"@{name}@", str(value))
        configuration = self.folder / "nginx.conf"
        configuration.write_text(text)
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([self.program, "-p", self.folder, "-e", self.folder / "error.log", "-c",
                                         configuration], stdout=log, stderr=log)
        log.close()
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise Failed(f"nginx did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def version(self):
        said = subprocess.run([self.program, "-v"], capture_output=True, text=True)
        return said.stderr.strip().removeprefix("nginx version: ")

    def stop(self):
        end(self.process)
