/* A backup in a file that is open. */
#ifndef BACKUP_READING_H
#define BACKUP_READING_H

#include "backup/backup.h"

/* Reads it from where the file stands to its end, and tells what is in it. Errors of backup_read; FILE_READ. */
RESULT reading_report(int file, const char *path, struct backup_report *ret_report, struct reason *reason);
/* The same, handing its files to the visitor, whose head() is not called. */
RESULT reading_visit(int file, const char *path, const struct backup_visitor *visitor, struct reason *reason);

#endif
