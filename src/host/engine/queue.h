/* What waits for the engine's thread, and what the thread takes of it in one round. */
#ifndef HOST_ENGINE_QUEUE_H
#define HOST_ENGINE_QUEUE_H

#include "host/engine.h"

struct engine;

/* Work of the operator, on its caller's stack. */
struct errand {
    RESULT (*work)(void *context, struct store *store, struct reason *reason);
    void *context;
    struct reclaim *reclaim; /* instead; NULL: none */
    struct reason *reason;   /* the caller's; may be NULL */
    struct result result;
    bool finished;
    struct errand *next;
};

/* What one round has to do. */
struct round {
    struct job *jobs;
    size_t count;
    struct errand *errands;
    bool tend;
    bool end;
};

/* Whether anybody waits for the engine's thread. */
bool engine_wanted(struct engine *engine);

/* Sleeps until there is work, or where `untended` until it is time to tend; takes up to a batch of jobs and all errands
 * off the queue. For the engine's thread. */
struct round queue_next_round(struct engine *engine, bool untended);
/* Says that the engine ends, and wakes its thread. */
void queue_stop(struct engine *engine);

#endif
