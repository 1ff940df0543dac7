/* What keys.c and note.c share: the name and the id of a key, and signing with it. */
#ifndef CORE_TLOG_KEY_FORM_H
#define CORE_TLOG_KEY_FORM_H

#include "core/tlog/note.h"

enum { KEY_ID_SIZE = 4 };

/* Not empty, UTF-8, no control byte, no '+', no Unicode space. Its length is the caller's matter. */
bool key_name_valid(struct slice name);

/* Signs with a key, whose inside only keys.c knows. */
void signing_key_sign(const struct signing_key *key, struct slice text, uint8_t ret_signature[static SIGNATURE_SIZE]);

/* Ids are big-endian wherever they stand as bytes. */
static inline uint32_t key_id_read(const uint8_t bytes[static KEY_ID_SIZE])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void key_id_write(uint32_t id, uint8_t bytes[static KEY_ID_SIZE])
{
    for (unsigned i = 0; i < KEY_ID_SIZE; i++)
        bytes[i] = (uint8_t)(id >> (24 - 8 * i));
}

#endif
