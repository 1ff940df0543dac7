/*
 * Reads files that hold a secret: their text ends up in locked memory and nowhere else.
 *
 * Always: the buffer through which the text passes is locked, has its full size from the start (so that no growing
 * leaves a copy behind) and is wiped. Thread-safe.
 */
#ifndef DESK_SECRET_FILE_H
#define DESK_SECRET_FILE_H

#include "base/bytes.h"
#include "base/reason.h"

/* The whole file, zero-terminated, of at most `limit` bytes. FILE_READ, FILE_TOO_LARGE, NO_MEMORY; TEXT_NOT_UTF8 where
 * it holds a zero byte. *ret_text is yours, by secret_free. */
RESULT secret_file_read(const char *path, size_t limit, char **ret_text, struct reason *reason);
/* The first line of such a file, without its newline; TEXT_EMPTY where there is nothing in it. */
RESULT passphrase_file_read(const char *path, char **ret_passphrase, struct reason *reason);

#endif
