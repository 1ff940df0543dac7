/* The audit of several exports together; see walk.h. */
#include "desk/audit/walk.h"

#include "core/documents/leaf.h"

#include <stdlib.h>
#include <string.h>

/* The exports of one host. */
struct lane {
    size_t at;
    size_t end;        /* none is left at that one */
    bool begun;        /* that one has begun, */
    struct slice leaf; /* and this is its next leaf, */
    seconds due;       /* which takes its place there */
};

struct lanes {
    struct audit_walk *walk;
    struct lane *lanes;
    size_t count;
    uint64_t done; /* leaves */
};

static const char *host_of(const struct walk_export *export)
{
    return export->roll->keys[0].name;
}

bool audit_walk_has(const struct audit_walk *walk, const char *host)
{
    for (size_t i = 0; i < walk->count; i++)
        if (strcmp(host_of(&walk->exports[i]), host) == 0)
            return true;
    return book_ledger_before(walk->book, host, UINT64_MAX) != NULL;
}

static RESULT make_lanes(struct lanes *lanes)
{
    const struct audit_walk *walk = lanes->walk;
    lanes->lanes = calloc(walk->count, sizeof *lanes->lanes);
    ENSURE(lanes->lanes != NULL, NO_MEMORY);
    for (size_t i = 0; i < walk->count; i++) {
        const bool is_next = i > 0 && strcmp(host_of(&walk->exports[i]), host_of(&walk->exports[i - 1])) == 0;
        if (!is_next)
            lanes->lanes[lanes->count++].at = i;
        lanes->lanes[lanes->count - 1].end = i + 1;
    }
    return RESULT_OK;
}

/* When the leaf is to be taken. One that cannot be read comes with the one before it; one that was audited before at
 * once. */
static RESULT find_due(struct lane *lane, const struct walk_export *export)
{
    struct leaf leaf;
    const bool is_known = export->stream->reader.index - export->audit->from < export->audit->audited_before;
    if (!roll_is_joined(export->roll) || is_known)
        return RESULT_OK;
    const struct result read = leaf_read(lane->leaf, &leaf);
    if (result_code(read) == ERR_NO_MEMORY)
        return read;
    if (is_ok(read))
        lane->due = audit_due(export->roll, leaf_time(&leaf), leaf_frees_seat(&leaf));
    return RESULT_OK;
}

/* To the next leaf of the host. */
static RESULT fetch(struct lanes *lanes, struct lane *lane, struct reason *reason)
{
    struct audit_walk *walk = lanes->walk;
    while (lane->at < lane->end) {
        struct walk_export *export = &walk->exports[lane->at];
        enum export_part part = EXPORT_MORE;
        walk->at = lane->at;
        if (!lane->begun)
            TRY(audit_begin(export->audit, &export->stream->reader.header, export->roll, walk->book, export->previous,
                            walk->now, reason));
        lane->begun = true;
        TRY(audit_stream_next(export->stream, &part, &lane->leaf));
        if (part != EXPORT_END)
            return find_due(lane, export);
        buffer_append_slice(export->note, lane->leaf);
        TRY(buffer_status(export->note));
        TRY(audit_end(export->audit, lane->leaf, reason));
        export->done = true;
        lane->begun = false;
        lane->at++;
    }
    return RESULT_OK;
}

static struct lane *earliest(const struct lanes *lanes)
{
    struct lane *found = NULL;
    for (size_t i = 0; i < lanes->count; i++) {
        struct lane *lane = &lanes->lanes[i];
        if (lane->at < lane->end && (found == NULL || lane->due < found->due))
            found = lane;
    }
    return found;
}

static bool has_more(const struct lanes *lanes, const char *host)
{
    for (size_t i = 0; i < lanes->count; i++) {
        const struct lane *lane = &lanes->lanes[i];
        if (lane->at < lane->end && strcmp(host_of(&lanes->walk->exports[lane->at]), host) == 0)
            return true;
    }
    return false;
}

/* Whether a host may have more to say than is known: one that has a leaf, or of which nothing is known. */
static bool may_say_more(const struct lanes *lanes, const char *host)
{
    const struct book_ledger *ledger = book_ledger_before(lanes->walk->book, host, UINT64_MAX);
    if (has_more(lanes, host))
        return false;
    if (ledger != NULL && ledger->moment > 0)
        return true;
    for (size_t i = 0; i < lanes->walk->count; i++) {
        const struct walk_export *export = &lanes->walk->exports[i];
        if (strcmp(host_of(export), host) == 0)
            return export->audit->moment > 0;
    }
    return ledger == NULL;
}

/* What comes from here on is not final where some host may have something to add to it. */
static RESULT settle(const struct lanes *lanes, struct reason *reason)
{
    const struct audit_walk *walk = lanes->walk;
    const struct roll *roll = walk->exports[0].roll;
    for (size_t i = 0; roll_is_joined(roll) && i < roll->host_count; i++)
        if (!book_is_settled(walk->book) && may_say_more(lanes, roll->hosts[i]))
            TRY(book_settle(walk->book, reason));
    return RESULT_OK;
}

static RESULT walk_lanes(struct lanes *lanes, struct reason *reason)
{
    struct audit_walk *walk = lanes->walk;
    TRY(make_lanes(lanes));
    for (size_t i = 0; i < lanes->count; i++)
        TRY(fetch(lanes, &lanes->lanes[i], reason));
    TRY(settle(lanes, reason));
    for (struct lane *lane = earliest(lanes); lane != NULL; lane = earliest(lanes)) {
        const size_t at = lane->at;
        walk->at = at;
        TRY(audit_leaf(walk->exports[at].audit, walk->exports[at].stream->reader.index, lane->leaf, reason));
        lanes->done++;
        if (walk->each != NULL)
            walk->each(walk->context, lanes->done);
        TRY(fetch(lanes, lane, reason));
        if (lane->at == lane->end)
            TRY(settle(lanes, reason));
    }
    return RESULT_OK;
}

RESULT audit_walk(struct audit_walk *walk, struct reason *reason)
{
    struct lanes lanes = {.walk = walk};
    const struct result result = walk_lanes(&lanes, reason);
    free(lanes.lanes);
    return result;
}

RESULT audit_walk_finish(const struct audit_walk *walk, struct reason *reason)
{
    TRY(book_return(walk->book, reason));
    for (size_t i = 0; i < walk->count; i++)
        TRY(audit_sign(walk->exports[i].audit));
    return book_finish(walk->book, walk->now, reason);
}
