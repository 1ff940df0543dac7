/* The vendor's desk: exports of all epochs of its ledger, audited in order by the real audit. */
#ifndef SIMULATE_AUDITOR_H
#define SIMULATE_AUDITOR_H

#include "ledgers.h"

/* What the audits found first, in words; "": nothing. */
enum { VERDICT_SIZE = 512 };
struct verdict {
    char words[VERDICT_SIZE];
};

/* `drop_leaf`: the host leaves an entry out of the export of its newest epoch and signs the rest; *ret_dropped says
 * whether there was one to which a later machine testifies. */
void auditor_run(struct world *world, struct store *store, size_t vendor, const struct readings *readings,
                 bool drop_leaf, bool *ret_dropped, struct verdict *ret_verdict);

/* Goes on with the vendor's book, to which audits before have added: what they had been shown may be lost since, or be
 * shown no more. *ret_parted: the host has signed two trees by a copy of which nobody had told it, and the book proves
 * it; it is of no use any more. */
void auditor_go_on(struct world *world, struct store *store, size_t vendor, unsigned *books, bool *ret_parted,
                   struct verdict *ret_verdict);
/* That book is gone. */
void auditor_forget(struct world *world, size_t vendor, unsigned books);

#endif
