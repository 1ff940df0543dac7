/* Something long that a host does for its operator; see aside.h. */
#include "aside.h"

#include <pthread.h>
#include <stdlib.h>

struct aside {
    bool begun; /* there is a thread to be joined; the control's thread alone looks at this */
    pthread_t thread;
    aside_work *work;
    void *context;

    pthread_mutex_t lock; /* of what is below */
    bool ending;
    struct aside_state state;
    struct result result;
    struct reason reason;
};

RESULT aside_new(struct aside **ret_aside)
{
    struct aside *const aside = calloc(1, sizeof *aside);
    ENSURE(aside != NULL, NO_MEMORY);
    pthread_mutex_init(&aside->lock, NULL);
    *ret_aside = aside;
    return RESULT_OK;
}

static bool go_on(void *context, uint64_t done, uint64_t all)
{
    struct aside *const aside = context;
    pthread_mutex_lock(&aside->lock);
    aside->state.done = done;
    aside->state.all = all;
    const bool ending = aside->ending;
    pthread_mutex_unlock(&aside->lock);
    return !ending;
}

static void *aside_thread(void *context)
{
    struct aside *const aside = context;
    const struct store_watch watch = {go_on, aside};
    struct reason reason = {.text = ""};
    const struct result result = aside->work(aside->context, &watch, &reason);
    pthread_mutex_lock(&aside->lock);
    aside->state.running = false;
    aside->result = result;
    aside->reason = reason;
    pthread_mutex_unlock(&aside->lock);
    return NULL;
}

static void join(struct aside *aside)
{
    if (aside->begun)
        pthread_join(aside->thread, NULL);
    aside->begun = false;
}

RESULT aside_begin(struct aside *aside, aside_work *work, void *context)
{
    pthread_mutex_lock(&aside->lock);
    const bool running = aside->state.running;
    pthread_mutex_unlock(&aside->lock);
    ENSURE(!running, HOST_BUSY);
    join(aside);
    aside->work = work; /* there is no other thread now */
    aside->context = context;
    aside->state = (struct aside_state){.running = true};
    aside->result = RESULT_OK;
    aside->begun = pthread_create(&aside->thread, NULL, aside_thread, aside) == 0;
    if (!aside->begun)
        aside->state.running = false;
    return aside->begun ? RESULT_OK : FAIL(NO_MEMORY);
}

RESULT aside_look(struct aside *aside, struct aside_state *ret_state, struct reason *reason)
{
    pthread_mutex_lock(&aside->lock);
    const struct result result = aside->result;
    *ret_state = aside->state;
    if (!is_ok(result) && reason != NULL)
        *reason = aside->reason;
    pthread_mutex_unlock(&aside->lock);
    return result;
}

void aside_free(struct aside *aside)
{
    if (aside == NULL)
        return;
    pthread_mutex_lock(&aside->lock);
    aside->ending = true;
    pthread_mutex_unlock(&aside->lock);
    join(aside);
    pthread_mutex_destroy(&aside->lock);
    free(aside);
}
