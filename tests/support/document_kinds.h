/* All kinds of documents in one table, for tests that try the same on each of them. A leaf that carries what a machine
 * signed is a document with that note, which is borrowed from what was read. */
#ifndef SUPPORT_DOCUMENT_KINDS_H
#define SUPPORT_DOCUMENT_KINDS_H

#include "core/documents/documents.h"

struct document_kind {
    const char *name;
    size_t size; /* of the struct */
    struct result (*read)(struct slice text, void *ret_document);
    struct result (*write)(const void *document, struct buffer *out);
};

/* In the order of enum document_type. */
#define DOCUMENT_KINDS(PLAIN, CARRYING) \
    PLAIN(product) \
    PLAIN(host_request) \
    PLAIN(license) \
    PLAIN(request) \
    CARRYING(lease) \
    PLAIN(release) \
    CARRYING(released) \
    PLAIN(reclaimed) \
    PLAIN(epoch) \
    PLAIN(about) \
    PLAIN(denial) \
    PLAIN(revocations)

#define PLAIN(kind) \
    static struct result kind##_read_any(struct slice text, void *ret_document) \
    { \
        return kind##_read(text, ret_document); \
    } \
    static struct result kind##_write_any(const void *document, struct buffer *out) \
    { \
        return kind##_write(document, out); \
    }
#define CARRYING(kind) \
    struct kind##_carrying { \
        struct kind document; \
        struct slice note; \
    }; \
    static struct result kind##_read_any(struct slice text, void *ret_document) \
    { \
        struct kind##_carrying *whole = ret_document; \
        return kind##_read(text, &whole->document, &whole->note); \
    } \
    static struct result kind##_write_any(const void *document, struct buffer *out) \
    { \
        const struct kind##_carrying *whole = document; \
        return kind##_write(&whole->document, whole->note, out); \
    }
DOCUMENT_KINDS(PLAIN, CARRYING)
#undef PLAIN
#undef CARRYING

static const struct document_kind document_kinds[] = {
#define PLAIN(kind)    {#kind, sizeof(struct kind), kind##_read_any, kind##_write_any},
#define CARRYING(kind) {#kind, sizeof(struct kind##_carrying), kind##_read_any, kind##_write_any},
    DOCUMENT_KINDS(PLAIN, CARRYING)
#undef PLAIN
#undef CARRYING
};

enum { DOCUMENT_KIND_COUNT = sizeof document_kinds / sizeof document_kinds[0] };

#endif
