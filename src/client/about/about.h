/*
 * What this machine tells the operator of its host of itself, beside a request and in no ledger.
 *
 * Who allows it is whoever owns the folder (aval_set_telling); what is told of a product, besides the machine's name,
 * the product says (aval_set_about). Always: without a word of either no about is sent; what cannot be read or
 * signed is not told, and no lease is lost for it. Once something was said, an about goes with each request, if an
 * empty one, so that the host forgets what is not told any more.
 */
#ifndef CLIENT_ABOUT_ABOUT_H
#define CLIENT_ABOUT_ABOUT_H

#include "state/installation.h"
#include "state/records.h"

/* Keeps what may be told, for all products of the folder of the call. Takes its lock; writes nothing where it is so
 * already. DOCUMENT_VALUE for a name that cannot be said; LOCKED, FILE_WRITE, STATE_OF_SYSTEM. */
RESULT telling_store(const aval_machine *machine, const struct telling *telling, struct reason *reason);
/* Keeps what a product says, in its folder, the same way. DOCUMENT_*. */
RESULT attached_store(const aval_machine *machine, const struct installation *installation,
                      const struct about_says *says, struct reason *reason);

struct about_told {
    struct telling telling;
    struct about_says says; /* as much of it as may be told */
    bool anything;          /* whether an about is sent */
};
/* What the next request for the product tells. FILE_READ, STATE_BROKEN, NO_MEMORY. */
RESULT about_gather(const aval_machine *machine, const struct installation *installation, struct about_told *ret_told,
                    struct reason *reason);
/* Appends the about that goes beside the request of that note, signed; nothing where there is none, or it cannot be
 * made. */
void about_append(const aval_machine *machine, const struct installation *installation, struct slice request_note,
                  const struct signing_key *machine_key, struct buffer *out);

#endif
