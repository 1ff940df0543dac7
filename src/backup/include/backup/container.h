/*
 * The file of a backup: a host's files, one behind the other, with a chain of checksums.
 *
 *     aval backup v1
 *     host NAME
 *     made TIME
 *     keys yes                 or no: whether secret host keys and site keys are among the files
 *     check BASE64
 *     file NAME SIZE
 *     the first BACKUP_BLOCK bytes of the file, or all of them, and without a newline behind them
 *     check BASE64
 *     the next ones, and so on
 *     check BASE64
 *     end COUNT                of files
 *     check BASE64
 *
 * Each line `check` is of what stands between the one before it and itself, hashed behind that one's digest (behind 32
 * zeros where there is none before): SHA-256(before || bytes). So nothing can be changed, moved, left out or cut off
 * without being noticed, and nothing is handed on that was not checked. It protects against accidents alone: who can
 * write the file can make new checksums.
 *
 * Always: names are those of a host's folder (authority/folder.h), ascending, a '/' before all other characters; a
 * reader hands out nothing else. Pure: bytes come and go through the caller's functions.
 */
#ifndef BACKUP_CONTAINER_H
#define BACKUP_CONTAINER_H

#include "backup/names.h"
#include "base/hash.h"
#include "core/documents/documents.h"

enum {
    BACKUP_BLOCK = 256 * 1024,
    BACKUP_LINE_MAX = BACKUP_NAME_SIZE + 64,
    BACKUP_FILES_MAX = 100000,
    BACKUP_SMALL_MAX = 1024 * 1024, /* any file but the database */
};
#define BACKUP_DATABASE_MAX ((uint64_t)1 << 43)

struct backup_head {
    char host[HOST_NAME_SIZE];
    seconds made;
    bool keys;
};

/* ---- writing ---- */

struct backup_writer {
    RESULT (*put)(void *context, struct slice bytes); /* what is written goes there */
    void *context;
    struct hash check;
    struct buffer section; /* since the last check */
    char last[BACKUP_NAME_SIZE];
    uint64_t left; /* bytes of the file under way */
    size_t block;  /* those of them that are in the section */
    uint64_t files;
};
/* In this order: begin; file and its bytes, in as many calls as you like, for each; end. DOCUMENT_VALUE for a name or a
 * size that is not to be, or out of order, or other than as many bytes; NO_MEMORY; errors of `put`. */
RESULT backup_write_begin(struct backup_writer *writer, const struct backup_head *head);
RESULT backup_write_file(struct backup_writer *writer, const char *name, uint64_t size);
RESULT backup_write_bytes(struct backup_writer *writer, struct slice bytes);
RESULT backup_write_end(struct backup_writer *writer);
void backup_writer_free(struct backup_writer *writer);
#define CLEANUP_BACKUP_WRITER __attribute__((cleanup(backup_writer_free)))

/* ---- reading ---- */

/* Where bytes come from: at most `size` of them, 0 at the end. */
struct backup_source {
    RESULT (*get)(void *context, uint8_t *bytes, size_t size, size_t *ret_size);
    void *context;
};
/* Who wants to know what is in there; any may be NULL. A failure ends the reading and is its result. */
struct backup_visitor {
    RESULT (*head)(void *context, const struct backup_head *head);
    RESULT (*file)(void *context, const char *name, uint64_t size); /* one begins */
    RESULT (*bytes)(void *context, struct slice bytes);             /* of it, checked; not called for an empty one */
    RESULT (*end)(void *context);                                   /* of it */
    void *context;
};
/* Reads it to its end, behind which there must be nothing. DOCUMENT_TYPE: it is no backup; DOCUMENT_VERSION: a later
 * one; BACKUP_DAMAGED: anything else that is not as it was written; NO_MEMORY; errors of source and visitor. */
RESULT backup_read(const struct backup_source *source, const struct backup_visitor *visitor);

#endif
