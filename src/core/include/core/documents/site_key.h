/*
 * The site key: a secret that an organisation's hosts and machines share, by which a machine shows that it is the
 * organisation's own (proto/site_authorization.h).
 *
 *     aval site-key v1
 *     key BASE64
 *
 * The file that a host makes is the one that a machine takes. Nobody signs it: who has it is one of those it is for.
 */
#ifndef CORE_DOCUMENTS_SITE_KEY_H
#define CORE_DOCUMENTS_SITE_KEY_H

#include "base/secret.h"

enum {
    SITE_KEY_SIZE = MAC_KEY_SIZE,
    SITE_KEY_FILE_MAX = 256, /* more than it can have, so that its reader says what is wrong */
};

struct site_key {
    uint8_t bytes[SITE_KEY_SIZE];
};

/* Errors of form; on failure nothing is written. Pure, thread-safe. */
RESULT site_key_read(struct slice text, struct site_key *ret_key);
RESULT site_key_write(const struct site_key *key, struct buffer *out);

#endif
