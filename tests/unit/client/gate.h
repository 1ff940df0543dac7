/* A gate on the way to the fake hosts: one request is stopped there, before or after its host has decided, until the
 * test has done what it wants to do meanwhile. Any number of threads may ask through it. */
#ifndef TEST_GATE_H
#define TEST_GATE_H

#include "world.h"

#include <pthread.h>

enum gate_place { GATE_BEFORE_HOST, GATE_AFTER_HOST };

struct gate {
    struct network *network;
    pthread_mutex_t mutex; /* of all that follows, and of the network */
    pthread_cond_t changed;
    const char *part; /* of the path of the request to stop; NULL: none */
    enum gate_place place;
    bool reached;
    bool open;
};

/* An aval_transport; context: the gate. */
int gate_ask(void *context, const char *address, const char *path, const char *body, size_t body_size,
             const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
             int *ret_http_status, char *reason, size_t reason_size);

/* A call of libaval in a thread of its own. */
typedef int errand(aval_machine *machine, struct aval_report *ret_report);
struct worker {
    aval_machine *machine;
    errand *errand;
    pthread_t thread;
    int code;
    struct aval_report report;
};
void worker_start(struct worker *worker, aval_machine *machine, errand *work);
/* Waits for its end and returns its code. */
int worker_end(struct worker *worker);

/* Starts the call and returns when its first request with that part in its path is stopped at the gate. */
void gate_stop(struct gate *gate, enum gate_place place, const char *part, struct worker *worker, aval_machine *machine,
               errand *work);
/* Lets it go on, waits for the end of the call, and returns its code. */
int gate_release(struct gate *gate, struct worker *worker);

#endif
