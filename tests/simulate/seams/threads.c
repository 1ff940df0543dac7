/* The engine's thread as a coroutine; see threads.h. */
#include "threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *context);
int __wrap_pthread_join(pthread_t thread, void **ret_value);
int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *lock);
int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *lock, const struct timespec *until);

enum { STACK_SIZE = 1024 * 1024, TURNS_MAX = 1000 };

static struct coroutine {
    ucontext_t own;
    ucontext_t caller;
    void *(*start)(void *);
    void *context;
    void *stack; /* kept from coroutine to coroutine */
    bool alive;
    bool inside; /* it is its turn */
    bool late;   /* the limit of its sleep has passed */
} coroutine;

static void begin(void)
{
    coroutine.start(coroutine.context);
    coroutine.alive = false;
    coroutine.inside = false;
    swapcontext(&coroutine.own, &coroutine.caller);
}

void threads_run(void)
{
    if (!coroutine.alive || coroutine.inside)
        return;
    coroutine.inside = true;
    swapcontext(&coroutine.caller, &coroutine.own);
}

void threads_pass_time(void)
{
    coroutine.late = true;
    threads_run();
    coroutine.late = false;
}

static void give_way(void)
{
    coroutine.inside = false;
    swapcontext(&coroutine.own, &coroutine.caller);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *context)
{
    (void)attributes;
    if (coroutine.alive)
        return EAGAIN; /* only an engine has one, and there is one engine at a time */
    if (coroutine.stack == NULL) {
        coroutine.stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (coroutine.stack == MAP_FAILED)
            abort();
    }
    coroutine.start = start;
    coroutine.context = context;
    coroutine.alive = true;
    coroutine.inside = false;
    getcontext(&coroutine.own);
    coroutine.own.uc_stack.ss_sp = coroutine.stack;
    coroutine.own.uc_stack.ss_size = STACK_SIZE;
    coroutine.own.uc_link = NULL;
    makecontext(&coroutine.own, begin, 0);
    *thread = pthread_self();
    return 0;
}

/* Somebody outside waits for the coroutine; if that does not help within so many turns, it never will. */
static void wait_outside(void)
{
    static unsigned turns;
    if (++turns > TURNS_MAX) {
        fprintf(stderr, "simulate: somebody waits for a thread that has nothing to do\n");
        abort();
    }
    threads_run();
    turns = 0;
}

int __wrap_pthread_join(pthread_t thread, void **ret_value)
{
    (void)thread;
    (void)ret_value;
    for (unsigned turns = 0; coroutine.alive && turns < TURNS_MAX; turns++)
        threads_run();
    if (coroutine.alive)
        abort();
    return 0;
}

int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *lock)
{
    (void)condition;
    pthread_mutex_unlock(lock);
    if (coroutine.inside)
        give_way();
    else
        wait_outside();
    pthread_mutex_lock(lock);
    return 0;
}

int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *lock, const struct timespec *until)
{
    (void)until;
    __wrap_pthread_cond_wait(condition, lock);
    return coroutine.late ? ETIMEDOUT : 0;
}
