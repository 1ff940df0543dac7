/*
 * Lines that wait to be written; see log_queue.h.
 *
 * One lock guards a ring of bytes. The thread copies what it is about to write out of the ring first, so that a write
 * that does not return holds up nobody; it is cancelled in it at the end.
 */
#include "system/log_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PIECE_SIZE = 16 * 1024 }; /* written at a time */

struct log_queue {
    int descriptor;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* for the thread: there is something to be written, or it is to end */
    pthread_cond_t written; /* for whoever waits for the end */

    /* Below the lock. */
    uint8_t *ring;
    size_t first;     /* where in the ring the oldest byte is */
    size_t size;      /* bytes that wait */
    bool writing;     /* a piece that was taken out is not written yet */
    bool ending;      /* once all is written */
    uint64_t dropped; /* lines */
    uint64_t told;    /* of them */

    uint8_t piece[PIECE_SIZE]; /* the thread's */
};

/* ---- the thread ---- */

/* What cannot be written is lost: there is nowhere to say so. */
static void write_all(int descriptor, struct slice bytes)
{
    while (bytes.size > 0) {
        const ssize_t put = write(descriptor, bytes.data, bytes.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return;
        bytes = slice_make(bytes.data + put, bytes.size - (size_t)put);
    }
}

/* With the lock held: moves the oldest bytes from the ring to the piece. */
static size_t take_piece(struct log_queue *queue)
{
    const size_t to_end = LOG_QUEUE_SIZE - queue->first;
    size_t size = queue->size < PIECE_SIZE ? queue->size : PIECE_SIZE;
    size = size < to_end ? size : to_end;
    memcpy(queue->piece, queue->ring + queue->first, size);
    queue->first = (queue->first + size) % LOG_QUEUE_SIZE;
    queue->size -= size;
    return size;
}

static void *queue_thread(void *context)
{
    struct log_queue *const queue = context;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    pthread_mutex_lock(&queue->lock);
    while (queue->size > 0 || !queue->ending) {
        if (queue->size == 0) {
            pthread_cond_wait(&queue->changed, &queue->lock);
            continue;
        }
        const size_t size = take_piece(queue);
        queue->writing = true;
        pthread_mutex_unlock(&queue->lock);
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL); /* in here alone, where nothing is held */
        write_all(queue->descriptor, slice_make(queue->piece, size));
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
        pthread_mutex_lock(&queue->lock);
        queue->writing = false;
        pthread_cond_signal(&queue->written);
    }
    pthread_mutex_unlock(&queue->lock);
    return NULL;
}

/* ---- start and end ---- */

static void free_queue(struct log_queue *queue)
{
    pthread_cond_destroy(&queue->written);
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    free(queue->ring);
    free(queue);
}

RESULT log_queue_start(int descriptor, struct log_queue **ret_queue)
{
    struct log_queue *const queue = calloc(1, sizeof *queue);
    ENSURE(queue != NULL, NO_MEMORY);
    queue->descriptor = descriptor;
    queue->ring = malloc(LOG_QUEUE_SIZE);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->changed, NULL);
    pthread_cond_init(&queue->written, NULL);
    if (queue->ring == NULL || pthread_create(&queue->thread, NULL, queue_thread, queue) != 0) {
        free_queue(queue);
        return FAIL(NO_MEMORY);
    }
    pthread_setname_np(queue->thread, "log");
    *ret_queue = queue;
    return RESULT_OK;
}

static struct timespec in_milliseconds(unsigned milliseconds)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += milliseconds / 1000;
    time.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_nsec -= 1000000000;
        time.tv_sec++;
    }
    return time;
}

void log_queue_stop(struct log_queue *queue, unsigned milliseconds)
{
    if (queue == NULL)
        return;
    const struct timespec until = in_milliseconds(milliseconds);
    int waited = 0;
    pthread_mutex_lock(&queue->lock);
    queue->ending = true;
    pthread_cond_signal(&queue->changed);
    while ((queue->size > 0 || queue->writing) && waited == 0)
        waited = pthread_cond_clockwait(&queue->written, &queue->lock, CLOCK_MONOTONIC, &until);
    queue->size = 0;
    pthread_mutex_unlock(&queue->lock);
    if (waited != 0)
        pthread_cancel(queue->thread);
    pthread_join(queue->thread, NULL);
    free_queue(queue);
}

/* ---- for any thread ---- */

static uint64_t count_lines(struct slice text)
{
    uint64_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += text.data[i] == '\n';
    return count;
}

/* With the lock held, and where there is room. */
static void put_bytes(struct log_queue *queue, struct slice bytes)
{
    const size_t at = (queue->first + queue->size) % LOG_QUEUE_SIZE;
    const size_t to_end = LOG_QUEUE_SIZE - at;
    const size_t before = bytes.size < to_end ? bytes.size : to_end;
    memcpy(queue->ring + at, bytes.data, before);
    memcpy(queue->ring, bytes.data + before, bytes.size - before);
    queue->size += bytes.size;
}

uint64_t log_queue_put(struct log_queue *queue, struct slice lines)
{
    uint64_t untold = 0;
    pthread_mutex_lock(&queue->lock);
    if (lines.size > LOG_QUEUE_SIZE - queue->size) {
        queue->dropped += count_lines(lines);
    } else if (lines.size > 0) {
        untold = queue->dropped - queue->told;
        queue->told = queue->dropped;
        put_bytes(queue, lines);
        pthread_cond_signal(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
    return untold;
}

uint64_t log_queue_dropped(struct log_queue *queue)
{
    if (queue == NULL)
        return 0;
    pthread_mutex_lock(&queue->lock);
    const uint64_t dropped = queue->dropped;
    pthread_mutex_unlock(&queue->lock);
    return dropped;
}
