/*
 * What avald and its signer say to each other over a socket pair. Same machine, same build: fixed native structs.
 *
 * At start the signer sends one answer for each of its ledgers (its last checkpoint), then an empty one; or one that
 * says why it cannot start. After that, one request, one answer, in turn.
 */
#ifndef SIGNER_PROTOCOL_H
#define SIGNER_PROTOCOL_H

#include "base/buffer.h"
#include "core/limits.h"
#include "signer/leaf_run.h"

enum {
    SIGNER_LEDGERS_MAX = 1024,
    SIGNER_TEXTS_MAX = SIGNER_LEAVES_MAX * ((int)sizeof(uint32_t) + LEAF_MAX), /* behind a request */
};

/* avald -> signer: append that run. `size` bytes follow, the leaves: of each its size, a uint32_t, and its bytes. */
struct signer_request {
    char origin[KEY_NAME_SIZE];
    uint64_t first;
    struct hash root;
    uint32_t count; /* at most SIGNER_LEAVES_MAX */
    uint32_t size;  /* at most SIGNER_TEXTS_MAX */
};

/* signer -> avald: the note of `size` bytes follows. */
struct signer_answer {
    uint32_t result; /* bits of a struct result */
    uint32_t size;   /* at most SIGNED_NOTE_MAX */
};

/* Appends the request with its leaves. TEXT_TOO_LONG: beyond the limits above. */
RESULT signer_request_write(const char *origin, const struct leaf_run *run, struct buffer *out);
/* Whether the request keeps the limits, so that what follows it may be read. */
bool signer_request_sound(const struct signer_request *request);
/* Finds the leaves of a sound request in the bytes behind it; `leaves` has room for SIGNER_LEAVES_MAX, and the run
 * borrows both. TEXT_TRUNCATED, TEXT_TRAILING, TEXT_TOO_LONG. */
RESULT signer_request_run(const struct signer_request *request, const uint8_t *texts,
                          struct slice leaves[static SIGNER_LEAVES_MAX], struct leaf_run *ret_run);

/* Reads or writes all of it. False at the end of the stream, on an error, or where `timeout_ms` (-1: none) passes. */
bool wire_read(int socket, void *data, size_t size, int timeout_ms);
bool wire_write(int socket, const void *data, size_t size, int timeout_ms);

#endif
