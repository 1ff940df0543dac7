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
 * renewal crowds out what another does, nor one kind of tampering another. All of this is counted in each state folder
 * by itself; a piece lies in the folder of the product that was asked for (folder.h), and is seen beside those of the
 * other.
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

/* Keeps a piece in the folder of the call, under the lowest number that is free there and, where there is one, free in
 * the system's as well; *ret_number is 0 where there are enough already. The caller holds the lock. FILE_READ,
 * FILE_WRITE, NO_MEMORY. */
RESULT evidence_keep(const aval_machine *machine, const struct ledger_evidence *evidence, unsigned *ret_number,
                     struct reason *reason);

struct evidence_piece {
    const char *folder; /* where it lies, */
    unsigned number;    /* which is the last part of that */
    struct slice text;  /* the note */
    const struct ledger_evidence *evidence;
};
/* Calls `each` with every piece, first of the system's folder, then of the user's own, ascending by number; its failure
 * ends the walk and is returned. STATE_BROKEN, after all others, where one cannot be read; FILE_READ, NO_MEMORY. */
typedef RESULT evidence_visitor(void *context, const struct evidence_piece *piece);
RESULT evidence_each(const aval_machine *machine, evidence_visitor *each, void *context, struct reason *reason);

#endif
