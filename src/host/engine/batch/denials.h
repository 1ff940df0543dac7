/* Denials of the engine: kept for the operator, and answered. For the engine's thread. */
#ifndef HOST_ENGINE_BATCH_DENIALS_H
#define HOST_ENGINE_BATCH_DENIALS_H

#include "batch/candidates.h"

struct engine;

/* Whether this very note was denied a while ago, since the start and among the last DENIED_SLOTS or so. */
bool denied_before(const struct engine *engine, const struct hash *note);
/* Takes it that the note was not: the transaction that was to keep its denial has failed. */
void denied_forget(struct engine *engine, const struct hash *note);
/* Keeps the denial for the operator, where this note is denied for the first time, and answers with it. Errors of the
 * store. */
RESULT deny(struct engine *engine, struct entry *entry, const struct denial *denial);
/* The same with the sentence of the code and nothing else. */
RESULT deny_plainly(struct engine *engine, struct entry *entry, enum error_code code, seconds retry_after);
/* The same with the machine's last leaf behind it, which it believes by its own signature; alone where it has none or
 * the leaf cannot be read. Where it is in a file of the archive that is missing: HOST_STORAGE. */
RESULT deny_used(struct engine *engine, struct entry *entry, const struct denial *denial, const struct last_leaf *last);
/* Says in the log that a leaf which an answer needs cannot be read, with the engine's reason. */
void log_unread(const struct engine *engine, uint64_t leaf, struct result why);
/* Answers with it, and keeps nothing, not even a line of log: anybody can send such things. */
RESULT deny_unkept(struct engine *engine, struct entry *entry, const struct denial *denial);
/* The same with the fault of what was asked. */
RESULT deny_refused(struct engine *engine, struct entry *entry, struct result fault);
/* Without its signer a ledger takes nothing: what is not decided now need not be undone. */
void deny_signer(struct entry *entry);

#endif
