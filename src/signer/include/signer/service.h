/*
 * Who signs the ledgers of a data folder, as a table of functions: so that the engine does not know whether that is a
 * process of its own (signer_process()) or something else that keeps the same promises, as in tests.
 *
 * What it must keep is said in signer/client.h: no two trees of one size, no tree that does not extend the last one,
 * none whose root is not the host's too, and what was signed is remembered before the signature is given away.
 */
#ifndef SIGNER_SERVICE_H
#define SIGNER_SERVICE_H

#include "base/buffer.h"
#include "core/tlog/checkpoint.h"
#include "signer/leaf_run.h"

struct signer_service {
    const char *folder; /* the data folder whose keys it has; borrowed */
    void *context;      /* the implementor's; borrowed */

    /* Starts a signer, which knows the keys that are there by now. At most one runs at a time, and one thread at a time
     * calls what is below. Errors as signer_start(). */
    RESULT (*start)(const struct signer_service *service, void **ret_signer);
    /* Ends what `start` gave. Takes NULL. */
    void (*stop)(void *signer);
    /* As signer_append(). */
    RESULT (*append)(void *signer, const char *origin, const struct leaf_run *run, struct buffer *out);
    /* As signer_last(). */
    RESULT (*last)(void *signer, const char *origin, struct checkpoint *ret_checkpoint);
};

/* The process of signer/client.h on that data folder, which is borrowed. */
struct signer_service signer_process(const char *folder);

#endif
