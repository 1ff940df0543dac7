/* Bodies of answers. For the engine's thread. */
#ifndef HOST_ENGINE_BATCH_ANSWERS_H
#define HOST_ENGINE_BATCH_ANSWERS_H

#include "batch/entry.h"

struct engine;

enum {
    RETRY_TROUBLE = MINUTE, /* in denials that are about the host's own state */
    RETRY_NO_LICENSE = 2 * HOUR,
    RETRY_REFUSED = HOUR,
};

/* Gives the job that answer, instead of any that it has. */
void answer_text(struct job *job, int http_status, struct slice body);
/* The same with the plain denial of that code. */
void answer_denial(struct job *job, enum error_code code, seconds retry_after);
/* The proof of the entry's leaf, and what goes with it. Errors of the store. */
RESULT answer_leaf(struct engine *engine, const struct entry *entry);

#endif
