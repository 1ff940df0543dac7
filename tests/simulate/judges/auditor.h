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

#endif
