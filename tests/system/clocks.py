"""Programs whose wall clock says something else, by libfaketime. Their monotonic clock is the system's."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

LIBRARY = "libfaketimeMT.so.1"
SHARED = Path("/dev/shm")  # where the library keeps a semaphore and a page for each process that it is in


def environment(**clock):
    """What a program is started with. It is not asked for leaks: LeakSanitizer stops all threads to look for them, and
    one that is then inside the library is waited for without end. Nor may AddressSanitizer's allocator read the clock: it
    does so with a lock held, and the library, where that is the first reading, looks its functions up, for which it needs
    memory; whether that is of the class that is locked depends on how long the program's path is."""
    library = sorted(Path("/usr/lib").glob(f"*/faketime/{LIBRARY}"))[0]
    return {"LD_PRELOAD": str(library), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC",
            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0:allocator_release_to_os_interval_ms=-1",
            **clock}  # fmt: skip


def clear_left_over():
    """What programs that were killed have left, before a process that is given the same number waits for it."""
    for file in SHARED.glob("*faketime_*"):
        number = file.name.rpartition("_")[2]
        if number.isdigit() and not Path(f"/proc/{number}").exists():
            file.unlink(missing_ok=True)


def beginning_at(moment):
    """A clock that begins with `moment`."""
    clear_left_over()
    return environment(FAKETIME=f"@{moment:%Y-%m-%d %H:%M:%S}")


class Clock:
    """The wall clock of a program that is started with `prefix`; it may be changed while that runs."""

    def __init__(self, folder):
        clear_left_over()
        self.file = folder / "clock"
        self.set_days(0)
        self.environment = environment(FAKETIME_TIMESTAMP_FILE=str(self.file), FAKETIME_NO_CACHE="1")
        self.prefix = ["env", *(f"{name}={value}" for name, value in self.environment.items())]

    def set_days(self, days):
        """That far ahead of the system's."""
        replacement = self.file.with_suffix(".new")
        replacement.write_text(f"+{days}d\n")
        replacement.replace(self.file)

    @staticmethod
    def in_days(days):
        return datetime.now(timezone.utc) + timedelta(days=days)
