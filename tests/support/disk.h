/*
 * A disk in memory that can fail and lose power: a file system for SQLite, and the medium of a signer's state.
 *
 * For each file it keeps what the system shows (the page cache) and what is on the disk. A write is in the first at
 * once, and in the second after a sync that succeeds. Names are the same: that a file was made or removed is on the
 * disk after its folder was synced, which SQLite's system files do where a removal asks for it and at the first sync of
 * a journal or log opened with SQLITE_OPEN_CREATE. What a sync that fails should have written is never written by a
 * later one, though the cache goes on showing it: so do Linux's file systems.
 *
 * One disk for the process, and locks as between the connections of one process. Thread-safe but for disk_erase,
 * disk_power_off and disk_killed.
 */
#ifndef SUPPORT_DISK_H
#define SUPPORT_DISK_H

#include "base/buffer.h"
#include "store/sqlite.h"

/* Calls that change the disk. */
enum disk_call {
    DISK_OPEN = 1 << 0, /* of a database, journal or log */
    DISK_WRITE = 1 << 1,
    DISK_SYNC = 1 << 2,
    DISK_TRUNCATE = 1 << 3,
    DISK_DELETE = 1 << 4,
    DISK_STATE_WRITE = 1 << 5, /* of a signer */
    DISK_STATE_SYNC = 1 << 6,
    DISK_DATABASE = DISK_OPEN | DISK_WRITE | DISK_SYNC | DISK_TRUNCATE | DISK_DELETE,
    DISK_STATE = DISK_STATE_WRITE | DISK_STATE_SYNC,
    DISK_ANY = DISK_DATABASE | DISK_STATE
};

enum disk_effect {
    DISK_FAILS_ONCE,   /* that call */
    DISK_FAILS_ON,     /* that call and all that follow of the same kinds; "disk full" where a write */
    DISK_STOPS_BEFORE, /* the machine stands still: that call has no effect, and no call has any more */
    DISK_STOPS_AFTER   /* it has its effect, and then no call has any more */
};

/* Its name, for store_sqlite_options; registered by the first call. */
const char *disk_vfs(void);
/* An empty disk, and nothing planned. */
void disk_erase(void);

/* Plans what happens at the nth call (from 1) of those kinds from now on; nth 0: nothing. */
void disk_plan(unsigned calls, uint64_t nth, enum disk_effect effect);
/* Whether the planned call came. */
bool disk_happened(void);
/* Whether nothing has any effect any more. */
bool disk_stopped(void);
/* How many calls of each kind there were since the plan: those of `calls` together. */
uint64_t disk_calls(void);

enum disk_loss {
    DISK_LOSES_ALL,  /* that was not synced */
    DISK_LOSES_SOME, /* sectors of 512 or 4,096 bytes survive or not, some torn; names survive or not */
};
/* The power goes and comes back. All files must be closed. */
void disk_power_off(enum disk_loss loss, uint64_t seed);
/* The processes were killed and the system goes on: nothing is lost, and nothing synced. All files must be closed. */
void disk_killed(void);

/* The medium of a signer's state; what state_medium asks for. */
struct disk_file;
/* The file of that name, or NULL. */
struct disk_file *disk_file_find(const char *text);
/* Makes a file with that content, durably. */
struct disk_file *disk_file_make(const char *text, struct slice content);
/* What the system shows. Borrowed until the next change. */
struct slice disk_file_content(const struct disk_file *file);
RESULT disk_file_write(void *file, size_t offset, const void *data, size_t size);
RESULT disk_file_sync(void *file);

#endif
