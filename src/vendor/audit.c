/* The audit of an export; see audit.h. */
#include "audit.h"

#include "audit_rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Returns `why` and keeps the words behind it. */
__attribute__((format(printf, 3, 4))) static RESULT refuse(struct audit *audit, struct result why, const char *format,
                                                           ...)
{
    va_list values;
    va_start(values, format);
    (void)vsnprintf(audit->words, sizeof audit->words, format, values);
    va_end(values);
    return why;
}

RESULT roll_open_checkpoint(const struct roll *roll, struct slice note, struct checkpoint *ret_checkpoint)
{
    struct result opened = FAIL(AUDIT_LICENSE_UNKNOWN);
    struct checkpoint checkpoint;
    for (size_t i = 0; i < roll->key_count; i++) {
        opened = checkpoint_open(note, &roll->keys[i], &checkpoint);
        if (result_code(opened) != ERR_CHECKPOINT_SIGNER)
            break;
    }
    TRY(opened);
    ENSURE(strcmp(checkpoint.origin, roll->origin) == 0, CHECKPOINT_ORIGIN);
    *ret_checkpoint = checkpoint;
    return RESULT_OK;
}

/* The tree */

static RESULT check_anchors(struct audit *audit)
{
    for (size_t i = 0; i < audit->anchor_count; i++) {
        const struct anchor *anchor = &audit->anchors[i];
        if (anchor->size != audit->frontier.size)
            continue;
        const struct hash root = frontier_root(&audit->frontier);
        if (!hash_equal(&root, &anchor->root))
            return refuse(audit, FAIL(CONSISTENCY_WRONG), "the first %" PRIu64 " leaves are not those signed before",
                          anchor->size);
    }
    return RESULT_OK;
}

static RESULT append_hashes(struct audit *audit)
{
    struct merkle_batch *batch = NULL;
    if (audit->hash_count == 0)
        return RESULT_OK;
    TRY(merkle_append(&audit->frontier, audit->hashes, audit->hash_count, &batch));
    merkle_batch_free(batch);
    audit->hash_count = 0;
    return check_anchors(audit);
}

static bool at_anchor(const struct audit *audit)
{
    for (size_t i = 0; i < audit->anchor_count; i++)
        if (audit->anchors[i].size == audit->frontier.size + audit->hash_count)
            return true;
    return false;
}

static RESULT append_leaf(struct audit *audit, struct slice leaf)
{
    audit->hashes[audit->hash_count++] = merkle_leaf(leaf);
    return audit->hash_count == AUDIT_BATCH || at_anchor(audit) ? append_hashes(audit) : RESULT_OK;
}

static RESULT add_anchor(struct audit *audit, uint64_t size, const struct hash *root)
{
    if (size > audit->to)
        return refuse(audit, FAIL(CONSISTENCY_WRONG),
                      "it has %" PRIu64 " leaves now and had %" PRIu64
                      " before: leaves were taken out, or the export is an old one",
                      audit->to, size);
    if (size >= audit->from)
        audit->anchors[audit->anchor_count++] = (struct anchor){size, *root};
    return RESULT_OK;
}

RESULT audit_begin(struct audit *audit, const struct export_header *header, struct roll *roll, struct book *book,
                   const struct checkpoint *previous, const struct book_mark *kept, seconds now)
{
    memset(audit, 0, sizeof *audit);
    audit->roll = roll;
    audit->book = book;
    audit->now = now;
    audit->from = header->from;
    audit->to = header->to;
    audit->frontier = header->frontier;
    const bool continued = header->from > 0 && kept != NULL && kept->size == header->from;
    audit->partial = header->from > 0 && !continued;
    if (audit->partial && (previous == NULL || previous->size < header->from))
        return refuse(audit, FAIL(AUDIT_GAP),
                      "the export begins at %" PRIu64 "; what was signed and audited before ends at %" PRIu64,
                      header->from,
                      previous != NULL ? previous->size
                      : kept != NULL   ? kept->size
                                       : 0);
    if (continued) {
        audit->moment = kept->moment;
        audit->first_month = time_month(kept->moment);
    }
    if (previous != NULL)
        TRY(add_anchor(audit, previous->size, &previous->root));
    if (kept != NULL)
        TRY(add_anchor(audit, kept->size, &kept->root));
    for (size_t i = 0; i < roll->count; i++)
        TRY(book_add_license(book, roll->licenses[i].license.id, &roll->licenses[i].number));
    return check_anchors(audit);
}

/* The leaves */

/* What a leaf names; either may be missing. */
struct subject {
    uint64_t index;
    const char *license;
    const struct machine_id *machine;
};

static void keep_finding(struct audit *audit, const struct subject *subject, const struct breach *breach)
{
    if (audit->finding_count++ >= FINDINGS_KEPT)
        return;
    struct finding *finding = &audit->findings[audit->finding_count - 1];
    finding->index = subject->index;
    finding->code = breach->code;
    (void)snprintf(finding->words, sizeof finding->words, "%s", breach->words);
    if (subject->license != NULL)
        (void)snprintf(finding->license, sizeof finding->license, "%s", subject->license);
    if (subject->machine != NULL)
        machine_id_write(subject->machine, finding->machine);
}

static void keep_findings(struct audit *audit, const struct subject *subject, const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->count; i++)
        keep_finding(audit, subject, &verdict->breaches[i]);
}

/* The time of the ledger goes on with a leaf, unless its time cannot be true. */
static RESULT take_time(struct audit *audit, seconds time, struct verdict *verdict)
{
    const size_t before = verdict->count;
    rule_times(time, audit->moment, audit->now, verdict);
    if (verdict->count > before)
        return RESULT_OK;
    if (audit->moment == 0)
        audit->first_month = time_month(time);
    audit->moment = time;
    return book_advance(audit->book, time);
}

static const struct roll_license *known_license(const struct audit *audit, const char *id, struct verdict *verdict)
{
    const struct roll_license *known = roll_find(audit->roll, id);
    if (known == NULL)
        verdict_add(verdict, ERR_AUDIT_LICENSE_UNKNOWN, "license %s", id);
    return known;
}

static RESULT audit_lease(struct audit *audit, const struct lease *lease, struct verdict *verdict)
{
    struct holding before;
    struct hardware hardware;
    audit->leases++;
    TRY(take_time(audit, lease->issued, verdict));
    const struct roll_license *known = known_license(audit, lease->license, verdict);
    if (known == NULL)
        return RESULT_OK;
    rule_license(&known->license, lease, verdict);
    TRY(book_find(audit->book, known->number, &lease->machine, &before, &hardware));
    rule_machine(lease, &before, &hardware, audit->moment, verdict);
    const uint64_t held = book_held(audit->book, known->number);
    TRY(book_lease(audit->book, known->number, lease, &before));
    if (book_held(audit->book, known->number) > held)
        rule_seats(&known->license, held + 1, verdict);
    return RESULT_OK;
}

static RESULT audit_released(struct audit *audit, const struct released *released, struct verdict *verdict)
{
    struct holding before;
    struct hardware hardware;
    audit->releases++;
    TRY(take_time(audit, released->released, verdict));
    const struct roll_license *known = known_license(audit, released->license, verdict);
    if (known == NULL)
        return RESULT_OK;
    TRY(book_find(audit->book, known->number, &released->machine, &before, &hardware));
    if (audit->partial && !before.known)
        return RESULT_OK;
    const size_t breaches = verdict->count;
    rule_release(released, &before, audit->moment, verdict);
    /* A release that proves nothing frees no seat. */
    return verdict->count == breaches ? book_release(audit->book, known->number, &released->machine, &before)
                                      : RESULT_OK;
}

static void unreadable(struct audit *audit, uint64_t index, struct result why)
{
    const struct subject subject = {.index = index};
    struct verdict verdict = {0};
    verdict_add(&verdict, ERR_AUDIT_LEAF, "%s in line %u", error_info(result_code(why))->name, result_place(why));
    keep_findings(audit, &subject, &verdict);
}

RESULT audit_leaf(struct audit *audit, uint64_t index, struct slice leaf)
{
    struct verdict verdict = {0};
    TRY(append_leaf(audit, leaf));
    if (document_type_of(leaf) == DOCUMENT_RELEASED) {
        struct released released;
        const struct result read = released_read(leaf, &released);
        if (is_ok(read)) {
            TRY(audit_released(audit, &released, &verdict));
            keep_findings(audit, &(struct subject){index, released.license, &released.machine}, &verdict);
        } else {
            unreadable(audit, index, read);
        }
        return RESULT_OK;
    }
    struct lease lease;
    const struct result read = lease_read(leaf, &lease);
    if (!is_ok(read)) {
        unreadable(audit, index, read);
        return RESULT_OK;
    }
    TRY(audit_lease(audit, &lease, &verdict));
    keep_findings(audit, &(struct subject){index, lease.license, &lease.machine}, &verdict);
    return RESULT_OK;
}

/* The end */

RESULT audit_end(struct audit *audit, struct slice note)
{
    struct checkpoint checkpoint;
    TRY(append_hashes(audit));
    TRY(roll_open_checkpoint(audit->roll, note, &checkpoint));
    if (checkpoint.size != audit->to)
        return refuse(audit, FAIL(AUDIT_ROOT), "the checkpoint is of %" PRIu64 " leaves, the export of %" PRIu64,
                      checkpoint.size, audit->to);
    const struct hash root = frontier_root(&audit->frontier);
    ENSURE(hash_equal(&root, &checkpoint.root), AUDIT_ROOT);
    audit->checkpoint = checkpoint;
    return RESULT_OK;
}

RESULT audit_run(struct audit *audit, struct audit_stream *stream, struct buffer *note,
                 void (*each)(void *context, uint64_t done), void *context)
{
    for (;;) {
        enum export_part part = EXPORT_MORE;
        struct slice bytes = {0};
        TRY(audit_stream_next(stream, &part, &bytes));
        if (part == EXPORT_END) {
            buffer_append_slice(note, bytes);
            TRY(buffer_status(note));
            return audit_end(audit, bytes);
        }
        TRY(audit_leaf(audit, stream->reader.index, bytes));
        if (each != NULL)
            each(context, stream->reader.index - audit->from + 1);
    }
}

struct book_mark audit_mark(const struct audit *audit)
{
    return (struct book_mark){audit->to, audit->checkpoint.root, audit->moment};
}
