/*
 * What a machine has seen of this host, against the host's own trees.
 *
 * The signature inside is verified only where the trees differ: a host that has the tree has signed it. For the
 * engine's thread.
 */
#ifndef HOST_ENGINE_BATCH_SIGHT_H
#define HOST_ENGINE_BATCH_SIGHT_H

#include "catalog.h"

struct engine;

enum sight {
    SIGHT_KNOWN,     /* a tree that this host has */
    SIGHT_TESTIMONY, /* it signed it in an epoch that has ended, and does not have it any more; that stops nobody */
    SIGHT_RESTORED,  /* it signed it in this epoch or a later one, and does not have it: it was restored, or copied */
    SIGHT_FALSE      /* it never signed it */
};

/* Also of which epoch it is. Errors of the store; STORE_CORRUPT where it does not hold the tree that it should. */
RESULT sight_judge(struct engine *engine, const struct catalog_vendor *vendor, const struct seen *seen,
                   uint64_t *ret_epoch, enum sight *ret_sight);

#endif
