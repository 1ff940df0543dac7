/*
 * How a host introduces itself to a machine that does not know its key: the license that it has for what the machine
 * wants, and the newest checkpoint of its ledger, which may be of size 0.
 *
 *   aval introduction v1
 *   revocations N              sequence of the newest revocations the host has for this vendor; 0: none
 *   license LENGTH             the note as the vendor signed it: its length in bytes, a newline, the note itself
 *   ...
 *   checkpoint LENGTH          the note as the host signed it, the same way
 *   ...
 *
 * The machine believes both or neither, and only then asks, naming the key. Pure; reader and writer stand side by side
 * in introduction.c.
 */
#ifndef PROTO_INTRODUCTION_H
#define PROTO_INTRODUCTION_H

#include "base/buffer.h"
#include "core/limits.h"

enum { INTRODUCTION_MAX = NOTE_MAX + CHECKPOINT_NOTE_MAX + 1024 };

struct introduction {
    uint64_t revocations;
    struct slice license; /* borrowed from what was read */
    struct slice checkpoint;
};

/* DOCUMENT_TYPE, DOCUMENT_VERSION, DOCUMENT_MISSING_KEY, DOCUMENT_VALUE, TEXT_* with the line. The notes are not looked
 * into. */
RESULT introduction_read(struct slice text, struct introduction *ret_introduction);
void introduction_write(const struct introduction *introduction, struct buffer *out);

#endif
