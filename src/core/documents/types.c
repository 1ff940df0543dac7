/* Which document a text is, by its first lines. */
#include "base/cursor.h"
#include "core/documents/documents.h"

#include <string.h>

static const char *const names[] = {
    [DOCUMENT_UNKNOWN] = "unknown",
    [DOCUMENT_PRODUCT] = "product",
    [DOCUMENT_HOST_REQUEST] = "host-request",
    [DOCUMENT_LICENSE] = "license",
    [DOCUMENT_REQUEST] = "request",
    [DOCUMENT_LEASE] = "lease",
    [DOCUMENT_RELEASE] = "release",
    [DOCUMENT_RELEASED] = "released",
    [DOCUMENT_RECLAIMED] = "reclaimed",
    [DOCUMENT_EPOCH] = "epoch",
    [DOCUMENT_ABOUT] = "about",
    [DOCUMENT_DENIAL] = "denial",
    [DOCUMENT_REVOCATIONS] = "revocations",
    [DOCUMENT_CHECKPOINT] = "checkpoint",
    [DOCUMENT_TLOG_PROOF] = "tlog-proof",
};

const char *document_type_name(enum document_type type)
{
    return names[type];
}

/* The lines ORIGIN, SIZE and ROOT. */
static bool is_checkpoint(struct slice text)
{
    struct cursor cursor = cursor_make(text);
    const struct slice origin = cursor_line(&cursor);
    const struct slice size = cursor_line(&cursor);
    const struct slice root = cursor_line(&cursor);
    uint64_t leaves;
    struct hash hash;
    return !cursor_failed(&cursor) && origin.size > 0 && is_ok(decimal_read(size, UINT64_MAX, &leaves)) &&
           is_ok(base64_read_exactly(root, hash.bytes, HASH_SIZE));
}

/* `aval TYPE vN`, of whatever version: what is wrong with it, its reader says. */
static enum document_type type_of_line(struct slice line)
{
    static const char opening[] = "aval ";
    const size_t skipped = sizeof opening - 1;
    if (!slice_starts_with(line, opening))
        return DOCUMENT_UNKNOWN;
    for (int type = DOCUMENT_PRODUCT; type <= DOCUMENT_REVOCATIONS; type++) {
        const size_t length = strlen(names[type]);
        if (line.size > skipped + length && line.data[skipped + length] == ' ' &&
            memcmp(line.data + skipped, names[type], length) == 0)
            return (enum document_type)type;
    }
    return DOCUMENT_UNKNOWN;
}

enum document_type document_type_of(struct slice text)
{
    const struct cursor cursor = cursor_make(text);
    const struct slice line = cursor_peek_line(&cursor);
    if (slice_is(line, "c2sp.org/tlog-proof@v1"))
        return DOCUMENT_TLOG_PROOF;
    if (is_checkpoint(text))
        return DOCUMENT_CHECKPOINT;
    return type_of_line(line);
}
