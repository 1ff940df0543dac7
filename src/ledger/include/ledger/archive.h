/*
 * Old leaves of the ledgers in files, so that the database keeps those alone that a host needs often.
 *
 * A file is a full entry bundle, as others fetch it (proto/tile_path.h): FOLDER/ORIGIN/tile/entries/N. It never
 * changes, and whoever has the folder can serve it as it is. The store knows how many bundles of each ledger are there,
 * and keeps their hashes; readers notice nothing (store/ledger.h).
 *
 * Order: a bundle is held against the ledger's hashes, written under a temporary name, brought to the disk, named, and
 * the folders above are brought there; it is read again and held against the hashes; and only then, some bundles at a
 * time, its leaves are dropped in a transaction that notes where they are. So whatever ends it, each leaf is in the
 * database or in a file, or in both, and the next run goes on. Nothing that is in a folder and says something else is
 * overwritten: it may be all that is left of another tree.
 */
#ifndef LEDGER_ARCHIVE_H
#define LEDGER_ARCHIVE_H

#include "authority/folder.h"
#include "proto/admin/archive.h"
#include "store/ledger.h"

#define ARCHIVE_KEEP ((seconds)60 * DAY) /* younger leaves stay, unless told otherwise */

/* Has the store read archived leaves from their files. `data`: the host's folder, within which a folder is that begins
 * with no '/'; borrowed until the store and its readers are closed. */
void archive_attach(struct store *store, const char *data);

struct archive_options {
    const char *data;
    const char *folder;   /* where the archive is from now on; NULL: where it is, or FOLDER_ARCHIVE */
    seconds before;       /* bundles go whose leaves are all older */
    struct store *reader; /* nobody else uses it meanwhile */
    /* Does the work in a transaction of whoever writes the store. */
    RESULT(*transact)
    (void *context, RESULT (*work)(void *work_context, struct store *store, struct reason *reason), void *work_context,
     struct reason *reason);
    void *context;
    const struct store_watch *watch; /* told of bundles; NULL: nobody is */
};
struct archive_report {
    uint64_t bundles; /* that this run archived */
    uint64_t bytes;   /* of them */
    uint64_t all;     /* bundles that are archived now */
    char folder[PATH_SIZE];
};
/* Archives what is old enough of all ledgers, but for leaves that are not signed, and for a ledger's last leaf. Where
 * `folder` is another than before, all that is archived must be there already: that is how an archive is moved.
 * ARCHIVE_OTHER: it is not, or another file has the name of one; ARCHIVE_DAMAGED: what was written reads back as
 * something else; TEXT_NOT_UTF8: the folder's name; STORE_CORRUPT: the database has other leaves than it should;
 * FILE_READ, FILE_WRITE, FILE_KIND; errors of the store; STORE_FAILED where the watch ended it. The report is of what
 * was done, also after a failure. */
RESULT archive_run(const struct archive_options *options, struct archive_report *ret_report, struct reason *reason);

/* Where the archive is, for people, and how many bundles of all ledgers are in it. Nothing is looked for. */
struct archive_state {
    uint64_t bundles;
    char folder[PATH_SIZE]; /* "": there is none */
};
RESULT archive_look(struct store *reader, const char *data, struct archive_state *ret_state, struct reason *reason);

/* Reads some more files of the archive, from where the check stands, and holds each against the hashes that the store
 * keeps; to be called until it is finished. At its begin all of `check` is zero, for all ledgers; for one, `one`,
 * `ledger` and the first `bundle` are set. A file that is missing, cannot be read or is damaged is no failure, but
 * counted, and the first is named, with ARCHIVE_MISSING or ARCHIVE_DAMAGED as its code. Errors of the store; NO_MEMORY:
 * the check stands where it can go on. */
RESULT archive_check_step(struct store *reader, struct control_archive_check *check, struct reason *reason);
/* The code of the first file that is bad; INTERNAL where there is none. */
RESULT archive_check_verdict(const struct control_archive_check *check);

#endif
