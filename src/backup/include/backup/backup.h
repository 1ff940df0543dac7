/*
 * Backups of a host: one file with all that its folder holds, and the folder made of it again.
 *
 * Order: the copy of the database is made first, and by whoever has it open (store_copy); what the signer has signed is
 * read after that. So a backup never has a database ahead of the signer's state; behind it it may be, by what was
 * signed in between. Whatever it is, the folder that is made of it begins an epoch before it serves, since nobody can
 * say what was signed after the backup.
 *
 * A backup with keys is worth what the folder is worth: who has it can be the host.
 */
#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

#include "backup/container.h"
#include "system/files.h"

struct backup_options {
    const char *folder;
    const char *database; /* the copy */
    const char *config;   /* the configuration's file; NULL: there is none */
    bool keys;
    seconds now;
};
struct backup_report {
    struct backup_head head;
    uint64_t files;
    uint64_t bytes; /* of them */
};

/* Writes the backup (0600), reads it again and holds it against the files' checksums, and only then gives it its name,
 * in place of what has that. NOT_SET_UP where the folder is no host's; STORE_CORRUPT where the signer's state cannot be
 * read whole; BACKUP_DAMAGED where what was written reads back as something else; FILE_READ, FILE_WRITE,
 * FILE_TOO_LARGE; DOCUMENT_LIMIT. */
RESULT backup_make(const struct backup_options *options, const char *path, struct backup_report *ret_report,
                   struct reason *reason);

/* Reads a backup to its end and tells what is in it. Errors of backup_read; FILE_READ. */
RESULT backup_check(const char *path, struct backup_report *ret_report, struct reason *reason);
/* Makes the folder of it, which must be empty or absent, but for an archive: FILE_EXISTS. Nothing is written where the
 * backup does not hold. The host's name comes last, so that what is not whole is no host's folder. What is written
 * belongs to the folder's owner where root does it. Also FILE_WRITE. */
RESULT backup_unpack(const char *path, const char *folder, struct backup_report *ret_report, struct reason *reason);

#endif
