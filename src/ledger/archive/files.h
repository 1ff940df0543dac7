/* The files of an archive; see ledger/archive.h. */
#ifndef LEDGER_ARCHIVE_FILES_H
#define LEDGER_ARCHIVE_FILES_H

#include "ledger/archive.h"

/* An archive in a folder, and what of it was brought to the disk in this run. */
struct archive_files {
    const char *data;
    const char *folder; /* as the store has it */
    char synced[PATH_SIZE];
};

/* TEXT_TOO_LONG; STORE_CORRUPT for an origin that is no path below a folder. */
RESULT archive_folder_path(const char *data, const char *folder, char ret_path[static PATH_SIZE]);
RESULT archive_file_path(const char *data, const char *folder, const char *origin, uint64_t bundle,
                         char ret_path[static PATH_SIZE]);
/* Writes the bundle, unless a file with other bytes is there: ARCHIVE_OTHER. FILE_WRITE, FILE_READ, FILE_KIND. */
RESULT archive_file_put(struct archive_files *files, const char *path, struct slice bytes, struct reason *reason);

#endif
