/* A host in a test's hand: vendor key, license, and a small ledger that says whatever the test wants, well signed.
 * Every failure is the test's. */
#ifndef BENCH_PLAYED_LEDGER_H
#define BENCH_PLAYED_LEDGER_H

#include "core/documents/documents.h"
#include "core/tlog/merkle.h"

enum { PLAYED_LEAVES_MAX = 32 };

struct played_ledger {
    struct signing_key *vendor_key;
    struct signing_key *host_key;
    struct license license;
    struct buffer license_note;
    struct seen empty; /* its checkpoint before the first leaf */
    size_t count;
    struct buffer leaves[PLAYED_LEAVES_MAX];
};

void played_ledger_make(struct played_ledger *ledger, seconds now);
void played_ledger_free(struct played_ledger *ledger);
/* The newest checkpoint, signed. */
void played_ledger_checkpoint(const struct played_ledger *ledger, struct buffer *out);
/* Appends a lease, or the record of a release, that carries the note; returns its index. */
size_t played_ledger_grant(struct played_ledger *ledger, struct slice note, seconds now);
size_t played_ledger_release(struct played_ledger *ledger, struct slice note, seconds now);
/* Appends the answer with that leaf, under the newest checkpoint, to whoever has seen the tree of that size. */
void played_ledger_answer(struct played_ledger *ledger, uint64_t seen, size_t index, struct buffer *out);

#endif
