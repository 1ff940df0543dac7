/*
 * Moves the log into the database beside the writer, so that no commit waits for it.
 *
 * A thread with a connection of its own moves nearly all; the writer moves the little that was added meanwhile, because
 * a log begins anew only when all of it has been moved. So the log stays bounded however long the load lasts.
 *
 * Always: what a checkpoint fails at is tried again later, and is no failure of a commit.
 */
#ifndef STORE_SQLITE_CHECKPOINTER_H
#define STORE_SQLITE_CHECKPOINTER_H

#include "sqlite/database.h"

struct checkpointer;

struct checkpointer_options {
    const char *path;
    const char *vfs; /* NULL: the default */
    const struct database *writer;
    size_t pages; /* of the log, from which on it is moved; 0: CHECKPOINT_PAGES */
    bool alone;   /* without a thread: within commits */
};

/* Watches the writer's log from now on; starts no thread yet. NO_MEMORY. Yours to free, before the writer closes. */
RESULT checkpointer_new(const struct checkpointer_options *options, struct checkpointer **ret_checkpointer);
/* Waits for the thread. Takes NULL. */
void checkpointer_free(struct checkpointer *checkpointer);
/* To be called by the writer after each commit. */
void checkpointer_tend(struct checkpointer *checkpointer);

#endif
