/* A gate on the way to the fake hosts; see gate.h. */
#include "gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void wait_until_open(struct gate *gate)
{
    gate->reached = true;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->mutex);
}

int gate_ask(void *context, const char *address, const char *path, const char *body, size_t body_size,
             const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
             int *ret_http_status, char *reason, size_t reason_size)
{
    struct gate *gate = context;
    pthread_mutex_lock(&gate->mutex);
    const bool stopped = gate->part != NULL && strstr(path, gate->part) != NULL;
    if (stopped)
        gate->part = NULL;
    if (stopped && gate->place == GATE_BEFORE_HOST)
        wait_until_open(gate);
    gate->network->path_count = 0; /* nobody counts here, and there is room for a few only */
    const int code = network_ask(gate->network, address, path, body, body_size, authorization, timeout_ms, answer,
                                 capacity, ret_size, ret_http_status, reason, reason_size);
    if (stopped && gate->place == GATE_AFTER_HOST)
        wait_until_open(gate);
    pthread_mutex_unlock(&gate->mutex);
    return code;
}

static void *work(void *context)
{
    struct worker *worker = context;
    worker->code = worker->errand(worker->machine, &worker->report);
    return NULL;
}

void worker_start(struct worker *worker, aval_machine *machine, errand *work_to_do)
{
    *worker = (struct worker){.machine = machine, .errand = work_to_do, .report = {.size = sizeof worker->report}};
    if (pthread_create(&worker->thread, NULL, work, worker) != 0)
        abort();
}

int worker_end(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
    return worker->code;
}

void gate_stop(struct gate *gate, enum gate_place place, const char *part, struct worker *worker, aval_machine *machine,
               errand *work_to_do)
{
    pthread_mutex_lock(&gate->mutex);
    gate->place = place;
    gate->part = part;
    gate->reached = false;
    gate->open = false;
    pthread_mutex_unlock(&gate->mutex);
    worker_start(worker, machine, work_to_do);
    pthread_mutex_lock(&gate->mutex);
    while (!gate->reached)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
}

int gate_release(struct gate *gate, struct worker *worker)
{
    pthread_mutex_lock(&gate->mutex);
    gate->open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
    return worker_end(worker);
}
