/*
 * Evidence against hosts, kept in the state folder: evidence/NUMBER/ with
 *
 *   kept     the checkpoint seen earlier, as signed
 *   shown    the one shown then, as signed
 *   note     both and what was asked, in one text (core/tlog/evidence.h); written last
 *
 * Always: a piece once kept is never changed or removed by the library. Their number is bounded, with room of its own
 * for those that prove something by their signatures alone (evidence_proves): whoever can change answers on the way
 * makes as many of the others as he likes, and must not keep a proof out. Of the proofs there are a few against each
 * host key, of the others a few with one finding about one kept checkpoint, so that neither a host which lies at every
 * renewal crowds out what another does, nor one kind of tampering another.
 */
#ifndef CLIENT_STATE_EVIDENCE_H
#define CLIENT_STATE_EVIDENCE_H

#include "core/tlog/evidence.h"
#include "machine/handle.h"

enum {
    EVIDENCE_ROOM = 32,                     /* pieces of either kind in a state folder */
    EVIDENCE_COUNT_MAX = 2 * EVIDENCE_ROOM, /* pieces altogether */
    EVIDENCE_SAME_MAX = 4                   /* proofs against one host key; others of one finding and kept checkpoint */
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
