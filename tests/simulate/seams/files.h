/*
 * The files of all parties in memory: system/files.h over a table of paths. A write is there whole or not at all, as
 * the real ones promise (tests/unit/system holds them to it).
 *
 * Files whose names end in ".state" are a signer's and lie on the disk of tests/support/disk.h, beside the database, so
 * that they lose with it what was not synced.
 */
#ifndef SIMULATE_FILES_H
#define SIMULATE_FILES_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

/* All of them are gone. */
void files_clear(void);
/* What lies below a folder is gone. */
void files_remove_below(const char *folder);
/* What lies below the second becomes a copy of what lies below the first. */
void files_copy(const char *from, const char *to);
/* Below that folder the nth write (from 1) and all that follow fail; NULL: nowhere. */
void files_plan(const char *folder, uint64_t nth);
/* Whether one of them came. */
bool files_failed(void);
/* The content, NULL where there is no such file; borrowed until it changes. */
struct slice files_content(const char *path);
/* Puts a file there, whatever is planned. */
void files_put(const char *path, struct slice content);

#endif
