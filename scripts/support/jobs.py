"""Jobs for all processors at once, and the count of what they tested. Knows nothing of what is tested; see scripts/check."""

import contextlib
import os
import re
import signal
import subprocess
import threading
import time

CORES = os.cpu_count() or 2
HANDS = CORES + 3  # jobs at a time: half of the time of a job of system tests is waiting, for a time limit or the next second
JOB_SECONDS_MAX = 3000


class Tally:
    """What has been counted so far: for each step, and whatever thread counts."""

    def __init__(self, steps):
        self.lock = threading.Lock()
        self.steps = {step: {"passed": 0, "failed": 0, "skipped": 0, "work": 0.0} for step in steps}

    def count(self, step, outcome, name, detail=""):
        """Counts one test; a failure is shown at once, with the end of what it said."""
        with self.lock:
            self.steps[step][outcome] += 1
            if outcome == "failed":
                print(f"  FAILED {step}: {name}", flush=True)
                for line in detail.strip().splitlines()[-40:]:
                    print("    " + line)

    def check(self, step, ok, name, detail=""):
        self.count(step, "passed" if ok else "failed", name, "" if ok else detail)

    def sum(self, outcome):
        return sum(step[outcome] for step in self.steps.values())


class Job:
    """WORK, a function of the job, is called when all of AFTER are done, and not at all where one of them was not ok: where
    it returned False. It takes SLOTS of HANDS. Jobs that name the same thing in ALONE do not run at the same time. One
    that is LAST begins when all that are not have ended."""

    def __init__(self, logs, step, name, work, after=(), slots=1, alone=None, last=False):
        self.step, self.name, self.work, self.after = step, name, work, list(after)
        self.slots, self.alone, self.last = slots, alone, last
        self.log = logs / (re.sub(r"\W+", "-", f"{step}-{name}") + ".log")
        self.state, self.ok, self.processor, self.process, self.late = "waiting", False, 0.0, None, False

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            if self.process is not None and self.process.returncode is None:
                os.killpg(self.process.pid, signal.SIGKILL)

    def run(self, arguments, folder, environment=None, seconds=JOB_SECONDS_MAX):
        """Runs a command with its output in the job's log; returns its exit status, None where it did not end in time."""
        def too_late():
            self.late = True
            self.stop()

        arguments = [str(argument) for argument in arguments]
        with open(self.log, "a") as output:
            output.write("$ " + " ".join(arguments) + "\n")
            output.flush()
            self.process = subprocess.Popen(arguments, cwd=folder, stdout=output, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, start_new_session=True,
                                            env={**os.environ, **(environment or {})})
            timer = threading.Timer(seconds, too_late)
            timer.start()
            try:
                _, status, used = os.wait4(self.process.pid, 0)
            finally:
                timer.cancel()
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.processor += used.ru_utime + used.ru_stime
            if self.late:
                output.write(f"\n(no end after {seconds} s)\n")
        return None if self.late else self.process.returncode

    def said(self, lines=40):
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Work:
    """All jobs, whose output goes to the folder LOGS. A job may add further ones of its own step."""

    def __init__(self, tally, logs):
        self.tally, self.logs, self.jobs = tally, logs, []
        self.changed, self.free, self.busy = threading.Condition(), HANDS, set()

    def add(self, *arguments, **named):
        """Adds a job, see Job, and returns it."""
        with self.changed:
            self.jobs.append(Job(self.logs, *arguments, **named))
            self.changed.notify_all()
            return self.jobs[-1]

    def next(self):
        """The first job that may begin: None where none may, False where none is left. Called with the lock held."""
        undone = [job for job in self.jobs if job.state != "done"]
        if not undone:
            return False
        before_last = any(not job.last for job in undone)
        for job in undone:
            if job.state != "waiting" or job.alone in self.busy or (job.last and before_last):
                continue
            if all(other.state == "done" for other in job.after):
                # A job for more hands than are free is next all the same, or smaller ones would keep it waiting.
                return job if job.slots <= self.free else None
        return None

    def worker(self):
        while True:
            with self.changed:
                while (job := self.next()) is None:
                    self.changed.wait()
                if job is False:
                    self.changed.notify_all()
                    return
                job.state = "running"
                self.free -= job.slots
                self.busy |= {job.alone} - {None}
            began = time.monotonic()
            try:
                if all(other.ok for other in job.after):
                    job.ok = job.work(job) is not False
            except Exception as error:  # a fault of this script is a failed test, not a check that hangs
                self.tally.count(job.step, "failed", job.name, repr(error))
            self.finish(job, time.monotonic() - began)

    def finish(self, job, seconds):
        with self.changed:
            job.state = "done"
            self.free += job.slots
            self.busy -= {job.alone}
            self.tally.steps[job.step]["work"] += job.processor
            with open(self.logs / "times.txt", "a") as times:
                times.write(f"{job.processor:8.1f} s of work {seconds:8.1f} s  {job.step}: {job.name}\n")
            if all(other.state == "done" for other in self.jobs if other.step == job.step):
                counted = self.tally.steps[job.step]
                print("{0}: {passed} passed, {failed} failed, {skipped} skipped; {work:.0f} s of work".format(
                    job.step, **counted), flush=True)
            self.changed.notify_all()

    def run(self):
        """Does all of it; returns when nothing is left."""
        workers = [threading.Thread(target=self.worker, daemon=True) for _ in range(HANDS)]
        for worker in workers:
            worker.start()
        try:
            for worker in workers:
                worker.join()
        except KeyboardInterrupt:
            for job in self.jobs:
                job.stop()
            raise
