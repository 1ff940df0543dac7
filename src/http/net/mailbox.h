/*
 * What other threads put before a loop: a list without a lock, and a descriptor that wakes the loop once for all that
 * comes while it is busy.
 */
#ifndef HTTP_NET_MAILBOX_H
#define HTTP_NET_MAILBOX_H

#include "base/result.h"

#include <stdatomic.h>

/* A member of what is put there. */
struct letter {
    struct letter *next;
};

struct mailbox {
    _Atomic(struct letter *) last; /* each leads to the one before */
    int wake;                      /* readable once something came; an eventfd, to be waited for edge-triggered */
};

/* INTERNAL where the system has no descriptor left; then, too, mailbox_close may be called. */
RESULT mailbox_open(struct mailbox *mailbox);
void mailbox_close(struct mailbox *mailbox);
/* From any thread. Neither the letter nor, unless the caller sees to that, the mailbox is there afterwards. */
void mailbox_put(struct mailbox *mailbox, struct letter *letter);
/* From any thread: wakes the loop for another reason. */
void mailbox_wake(const struct mailbox *mailbox);
/* The loop's: all that is there, in the order in which it came; NULL: nothing. */
struct letter *mailbox_empty(struct mailbox *mailbox);

#endif
