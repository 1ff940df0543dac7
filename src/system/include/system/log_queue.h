/*
 * What stands between a log and a reader that is slow, or has stopped to read: lines wait in a bounded queue for a
 * thread that does nothing but write them. Whoever logs never waits; lines for which there is no room are dropped and
 * counted.
 */
#ifndef SYSTEM_LOG_QUEUE_H
#define SYSTEM_LOG_QUEUE_H

#include "base/bytes.h"
#include "base/result.h"

enum { LOG_QUEUE_SIZE = 1024 * 1024 }; /* bytes that may wait */

struct log_queue;

/* Starts the thread that writes to the descriptor, which is borrowed. NO_MEMORY. */
RESULT log_queue_start(int descriptor, struct log_queue **ret_queue);
/* Waits up to so many milliseconds for what is queued to be written, and ends the thread; what is left then is lost.
 * Nobody may log to it any more. Takes NULL. */
void log_queue_stop(struct log_queue *queue, unsigned milliseconds);

/* Queues whole lines, or drops and counts all of them. Returns how many were dropped before them that no call has told
 * of yet: 0 where these were dropped too. Thread-safe. */
uint64_t log_queue_put(struct log_queue *queue, struct slice lines);
/* Lines that were dropped since the start. Thread-safe; takes NULL. */
uint64_t log_queue_dropped(struct log_queue *queue);

#endif
