/*
 * Evidence against hosts, kept in the state folder: evidence/NUMBER/ with
 *
 *   kept     the checkpoint seen earlier, as signed
 *   shown    the one shown then, as signed
 *   note     both and what was asked, in one text (core/tlog/evidence.h); written last
 *
 * Always: a piece once kept is never changed or removed by the library. Their number is bounded, and so is that of
 * pieces about one kept checkpoint, so that one host which lies at every renewal does not crowd out what another does.
 */
#ifndef CLIENT_STATE_EVIDENCE_H
#define CLIENT_STATE_EVIDENCE_H

#include "core/tlog/evidence.h"
#include "machine/handle.h"

enum {
    EVIDENCE_COUNT_MAX = 32,   /* pieces in a state folder */
    EVIDENCE_SAME_KEPT_MAX = 4 /* pieces about one kept checkpoint */
};

/* Keeps a piece under the lowest free number; *ret_number is 0 where there are enough already. The caller holds the
 * lock. FILE_READ, FILE_WRITE, NO_MEMORY. */
RESULT evidence_keep(const aval_machine *machine, const struct ledger_evidence *evidence, unsigned *ret_number,
                     struct reason *reason);

/* Calls `each` with every piece, ascending by number; its failure ends the walk and is returned. `text` is the note.
 * STATE_BROKEN, after all others, where one cannot be read; FILE_READ, NO_MEMORY. */
typedef RESULT evidence_visitor(void *context, unsigned number, struct slice text,
                                const struct ledger_evidence *evidence);
RESULT evidence_each(const aval_machine *machine, evidence_visitor *each, void *context, struct reason *reason);

#endif
