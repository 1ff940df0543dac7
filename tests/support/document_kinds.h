/* All kinds of documents in one table, for tests that try the same on each of them. */
#ifndef SUPPORT_DOCUMENT_KINDS_H
#define SUPPORT_DOCUMENT_KINDS_H

#include "core/documents/documents.h"

struct document_kind {
    const char *name;
    size_t size; /* of the struct */
    struct result (*read)(struct slice text, void *ret_document);
    struct result (*write)(const void *document, struct buffer *out);
};

#define DOCUMENT_KINDS(X) \
    X(product) \
    X(host_request) \
    X(license) \
    X(request) \
    X(lease) \
    X(release) \
    X(released) \
    X(epoch) \
    X(denial) \
    X(revocations)

#define X(kind) \
    static struct result kind##_read_any(struct slice text, void *ret_document) \
    { \
        return kind##_read(text, ret_document); \
    } \
    static struct result kind##_write_any(const void *document, struct buffer *out) \
    { \
        return kind##_write(document, out); \
    }
DOCUMENT_KINDS(X)
#undef X

static const struct document_kind document_kinds[] = {
#define X(kind) {#kind, sizeof(struct kind), kind##_read_any, kind##_write_any},
    DOCUMENT_KINDS(X)
#undef X
};

enum { DOCUMENT_KIND_COUNT = sizeof document_kinds / sizeof document_kinds[0] };

#endif
