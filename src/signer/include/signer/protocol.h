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
#include "core/tlog/merkle.h"

enum { SIGNER_LEDGERS_MAX = 1024 };

/* avald -> signer: append `count` leaf hashes, which follow, behind leaf `first`. */
struct signer_request {
    char origin[KEY_NAME_SIZE];
    uint64_t first;
    uint32_t count; /* at most SIGNER_LEAVES_MAX */
    uint32_t reserved;
};

/* signer -> avald: the note of `size` bytes follows. */
struct signer_answer {
    uint32_t result; /* bits of a struct result */
    uint32_t size;   /* at most SIGNED_NOTE_MAX */
};

/* Reads or writes all of it. False at the end of the stream, on an error, or where `timeout_ms` (-1: none) passes. */
bool wire_read(int socket, void *data, size_t size, int timeout_ms);
bool wire_write(int socket, const void *data, size_t size, int timeout_ms);

#endif
