/*
 * The check of a ledger (check.h) in stretches, with a position that is text: so it can be asked of a running
 * host, kept in a file, and taken up again by another process.
 *
 *   aval ledger-check v1
 *   origin ORIGIN
 *   stage N
 *   ...                    the fields of the position
 *   earlier N              findings in the epochs before
 *   not-signed N           findings that say that the database does not hold what was signed
 *   archive N              findings that say that a file of the archive is missing or damaged
 */
#ifndef LEDGER_VERIFICATION_H
#define LEDGER_VERIFICATION_H

#include "ledger/check.h"
#include "proto/admin/ledger.h"

struct verification {
    char origin[KEY_NAME_SIZE];
    struct ledger_check_position position;
    uint64_t earlier;    /* findings in the epochs before */
    uint64_t not_signed; /* of all findings */
    uint64_t archive;    /* the same that are about files of the archive */
};

/* At the begin of the ledger of that epoch. CHECKPOINT_ORIGIN. */
RESULT verification_begin(const struct verifier_key *key, uint64_t epoch, struct verification *ret_verification);
/* Goes on to a later epoch. CHECKPOINT_ORIGIN. */
RESULT verification_next(const struct verifier_key *key, uint64_t epoch, struct verification *verification);
/* Of all epochs so far. */
uint64_t verification_findings(const struct verification *verification);
/* DOCUMENT_VALUE for anything but what verification_write gave. */
RESULT verification_read(struct slice text, struct verification *ret_verification);
void verification_write(const struct verification *verification, struct buffer *out);

/* Looks at about `budget` more leaves, hashes or machines, with a handle that nobody else uses meanwhile, and says in
 * `verified` where it stands and what was found in this stretch; its vendor is the caller's to fill in, and the message
 * to free, also after a failure. A ledger that the store does not know has nothing to be looked at. STORE_FAILED,
 * NO_MEMORY: the verification stands where it stood, and what was found in this stretch is found again. */
RESULT verification_step(struct store *store, const struct verifier_key *key, struct verification *verification,
                         uint64_t budget, struct control_verified *verified, struct reason *reason);

#endif
