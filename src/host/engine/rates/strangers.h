/* Machines that the host does not know yet, against the rates. For the engine's thread. */
#ifndef HOST_ENGINE_RATES_STRANGERS_H
#define HOST_ENGINE_RATES_STRANGERS_H

#include "batch/entry.h"

#include "core/documents/documents.h"

struct engine;

/* Takes up the rates that are to be from now on. */
void strangers_begin(struct engine *engine);
/* Of a request that would leave a row if it is decided, its machines being fetched: whether it is to be decided. A
 * machine that has a row under any of the vendor's licenses is, and so is one that is the organisation's own; of the
 * others each takes a token. Otherwise *ret_denial is what it is to be answered with (TOO_MANY_NEW), and it is to leave
 * nothing. Errors of the store. */
RESULT stranger_admit(struct engine *engine, struct entry *entry, bool *ret_admitted, struct denial *ret_denial);
/* Whether the machine is neither known for the product that it asks for nor the organisation's own. Its machines are
 * fetched. */
bool is_stranger(const struct engine *engine, const struct entry *entry);
/* Of a batch that the store did not take: what was not put down is as new as before. */
void stranger_forget(struct engine *engine, const struct entry *entry);
/* Has the log say who was turned away, and of whom something was left out, where it is time. */
void strangers_tend(struct engine *engine);
/* Whether the log is to say something later. */
bool strangers_untended(struct engine *engine);

#endif
