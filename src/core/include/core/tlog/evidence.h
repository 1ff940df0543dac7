/*
 * Evidence against a host: two checkpoints that its key signed, the second of which was not shown to extend the first.
 *
 *   aval ledger-evidence v1
 *   time TIME                  when it was seen, by the machine's clock
 *   asked ADDRESS              the address that was asked
 *   host-key KEY               the key of both checkpoints
 *   finding WORD               two-trees, earlier-epoch, smaller, no-proof or wrong-proof
 *   consistency BASE64         zero or more: the proof that came along, as it came
 *   (empty line)
 *   kept LENGTH                the checkpoint seen earlier: its length in bytes, a newline, the signed note itself
 *   ...
 *   shown LENGTH               the checkpoint shown then, the same way
 *   ...
 *   request LENGTH             what had been asked, the same way; not signed
 *   ...
 *
 * Several pieces may follow each other in one file. On failure an output argument is untouched, but for ret_finding of
 * evidence_compare(). What the two signatures prove without believing the machine differs
 * by finding; evidence_meaning() says it. Pure, thread-safe; everything read borrows from the text.
 */
#ifndef CORE_TLOG_EVIDENCE_H
#define CORE_TLOG_EVIDENCE_H

#include "base/hash.h"
#include "base/time.h"
#include "core/tlog/checkpoint.h"

enum {
    EVIDENCE_ADDRESS_MAX = 279,                                           /* bytes of `asked` */
    EVIDENCE_TEXT_MAX = 2 * CHECKPOINT_NOTE_MAX + REQUEST_MAX + 8 * 1024, /* one piece of evidence */
    EVIDENCE_FILE_MAX = 32 * 1024 * 1024, /* a file of several pieces, one behind the other */
};

enum evidence_finding {
    EVIDENCE_TWO_TREES,     /* the same size, another root */
    EVIDENCE_EARLIER_EPOCH, /* shown is of an epoch of the ledger that had ended before */
    EVIDENCE_SMALLER,       /* shown is smaller than kept */
    EVIDENCE_NO_PROOF,      /* shown is larger, and no proof came along */
    EVIDENCE_WRONG_PROOF    /* one came along that does not tie them */
};

struct ledger_evidence {
    seconds time;
    struct slice asked; /* printable ASCII */
    struct verifier_key host_key;
    enum evidence_finding finding;
    size_t consistency_length;
    struct hash consistency[CONSISTENCY_PATH_MAX];
    struct slice kept;
    struct slice shown;
    struct slice request;
};

/* Reads the piece that the text begins with; *ret_size is its length, behind which the next may begin. Looks at no
 * signature. DOCUMENT_TYPE, DOCUMENT_VERSION, DOCUMENT_MISSING_KEY, DOCUMENT_VALUE, DOCUMENT_LIMIT, BASE64, KEY_FORM,
 * TEXT_TRUNCATED, TEXT_TOO_LONG: with the line. */
RESULT evidence_read(struct slice text, struct ledger_evidence *ret_evidence, size_t *ret_size);
/* Appends it. DOCUMENT_VALUE, TEXT_TOO_LONG, NO_MEMORY. */
RESULT evidence_write(const struct ledger_evidence *evidence, struct buffer *out);
/* Whether a text begins as evidence, of whatever version. */
bool evidence_begins(struct slice text);

/* Whether what was shown extends what was kept: the same epoch and a proof that holds, where any tree extends the empty
 * one, or a later epoch, which the host began openly (checkpoint.h). CONSISTENCY_WRONG where it does not; then
 * *ret_finding says in what way. Both must be checkpoints of that key (CHECKPOINT_ORIGIN). */
RESULT evidence_compare(const struct checkpoint *kept, const struct checkpoint *shown, const struct verifier_key *key,
                        const struct hash *consistency, size_t consistency_length, enum evidence_finding *ret_finding);
/* That its key signed both checkpoints, that nothing shows the second to extend the first, and that the finding is the
 * one written there. CHECKPOINT_SIGNER, CHECKPOINT_ORIGIN, those of form; DOCUMENT_VALUE where the checkpoints agree or
 * the finding is another. */
RESULT evidence_check(const struct ledger_evidence *evidence, struct checkpoint *ret_kept,
                      struct checkpoint *ret_shown);

/* Whether the two signatures of such a finding contradict each other, whatever came along or was taken out on the way:
 * nobody but the host can make such a piece. */
bool evidence_proves(enum evidence_finding finding);
/* "two-trees" */
const char *evidence_finding_name(enum evidence_finding finding);
/* One sentence: what the two signed checkpoints of such a finding prove to somebody else, and what they do not. */
const char *evidence_meaning(enum evidence_finding finding);

#endif
