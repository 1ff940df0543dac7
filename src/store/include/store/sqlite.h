/* A store in an SQLite database. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/store.h"

enum { STORE_SCHEMA_VERSION = 7 };

struct store_sqlite_options {
    const char *path; /* database file; made with mode 0600 where `create` says so */
    const char *vfs;  /* name of a registered SQLite VFS; NULL: the default */
    bool create;
    /* For tests; 0: what serves a host. */
    size_t journal_limit;    /* machines put that may wait for store_tend, before commits settle them */
    size_t checkpoint_pages; /* pages of the log, from which on they are moved into the database */
    bool one_thread;         /* moves them within commits, not in a thread of its own */
};
/* STORE_NEWER: made by a newer program; STORE_FOREIGN: not such a database; both leave the file untouched, byte for
 * byte. FILE_READ: absent or not readable. Yours to close. */
RESULT store_open_sqlite(const struct store_sqlite_options *options, struct store **ret_store, struct reason *reason);

#endif
