/* The desk's audits; see auditor.h. */
#include "auditor.h"

#include "authority/folder.h"
#include "bill.h"
#include "core/rules/clock.h"
#include "desk/audit/walk.h"
#include "ledger/export.h"
#include "must.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXPORT_SIZE_MAX = 64 * 1024 * 1024 };

struct export_text {
    struct buffer text;
    size_t read;
};

static RESULT read_text(void *context, uint8_t *bytes, size_t capacity, size_t *ret_size)
{
    struct export_text *const export = context;
    const size_t left = export->text.size - export->read;
    const size_t size = left < capacity ? left : capacity;
    memcpy(bytes, export->text.data + export->read, size);
    export->read += size;
    *ret_size = size;
    return RESULT_OK;
}

/* What the operator's export says of the ledger up to the checkpoint that the store has. False: it has none. */
static bool export_ledger(struct store *store, const struct verifier_key *key, const struct ledger_reading *ledger,
                          struct export_text *out)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(PUBLISHED_NOTE_SIZE);
    struct published published = {.ledger = ledger->number};
    struct checkpoint checkpoint;
    const struct result kept = store_checkpoint_get(store, ledger->number, &note, NULL);
    if (result_code(kept) == ERR_NOT_FOUND)
        return false;
    must(kept);
    must(checkpoint_open(buffer_slice(&note), key, &checkpoint));
    must(slice_copy_text(buffer_slice(&note), published.note, sizeof published.note));
    published.size = checkpoint.size;
    struct ledger_export export;
    must(ledger_export_begin(store, &published, ledger->origin, 0, &export, NULL));
    for (bool last = false; !last;)
        must(ledger_export_next(&export, &out->text, &last, NULL));
    return true;
}

/* ---- a host that leaves something out ---- */

/* The first entry of a machine that a later entry has seen in the tree; count where there is none. */
static size_t find_droppable(const struct ledger_reading *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        for (size_t j = i + 1; ledger->leaves[i].kind == LEAF_LEASE && j < ledger->count; j++)
            if (ledger->leaves[j].seen_size > i)
                return i;
    return ledger->count;
}

struct forgery {
    size_t drop;
    struct buffer leaves; /* as an export has them */
    struct frontier frontier;
};

static bool forge_leaf(void *context, uint64_t index, struct slice leaf)
{
    struct forgery *const forgery = context;
    const struct hash hash = merkle_leaf(leaf);
    struct merkle_batch *batch = NULL;
    if (index == forgery->drop)
        return true;
    export_leaf_write(leaf, &forgery->leaves);
    must(merkle_append(&forgery->frontier, &hash, 1, &batch));
    merkle_batch_free(batch);
    return true;
}

static void sign_forgery(const struct world *world, size_t vendor, const struct checkpoint *checkpoint,
                         struct buffer *out)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(1024);
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    char path[PATH_SIZE];
    char name[NAME_SIZE + sizeof FOLDER_SIGNER + sizeof "/.key"];
    snprintf(name, sizeof name, FOLDER_SIGNER "/%s.key", world->vendors[vendor].name);
    must(path_join(path, world->host.folder, name));
    must(file_read(path, &text, NULL));
    must(signing_key_read(key_file_text(buffer_slice(&text)), &key));
    must(checkpoint_sign(checkpoint, key, out));
}

static bool forge_export(const struct world *world, struct store *store, size_t vendor,
                         const struct ledger_reading *ledger, struct export_text *out)
{
    struct forgery forgery = {.drop = find_droppable(ledger), .leaves = buffer_make(EXPORT_SIZE_MAX)};
    CLEANUP_BUFFER struct buffer note = buffer_make(PUBLISHED_NOTE_SIZE);
    if (forgery.drop == ledger->count)
        return false;
    must(store_leaves(store, ledger->number, 0, ledger->count, forge_leaf, &forgery, NULL));
    struct export_header header = {.to = ledger->count - 1};
    memcpy(header.origin, ledger->origin, sizeof header.origin);
    struct checkpoint checkpoint = {.size = header.to, .root = frontier_root(&forgery.frontier)};
    memcpy(checkpoint.origin, ledger->origin, sizeof checkpoint.origin);
    sign_forgery(world, vendor, &checkpoint, &note);
    export_header_write(&header, &out->text);
    buffer_append_slice(&out->text, buffer_slice(&forgery.leaves));
    export_end_write(buffer_slice(&note), &out->text);
    must(buffer_status(&out->text));
    buffer_free(&forgery.leaves);
    return true;
}

/* ---- the audits ---- */

struct desk_audits {
    struct world *world;
    size_t vendor;
    seconds now;
    unsigned books; /* audits before */
    bool goes_on;   /* with a book of its own, from one visit to the next */
    bool parted;
    const struct readings *readings;
    size_t ledger;              /* that is audited */
    uint64_t shown[EPOCHS_MAX]; /* how many leaves of each the desk has been shown */
};

static void book_path(const struct desk_audits *desk, unsigned number, char ret_path[static PATH_SIZE])
{
    if (desk->goes_on)
        snprintf(ret_path, PATH_SIZE, "%s/book-%zu-%u", desk->world->root, desk->vendor, number);
    else
        snprintf(ret_path, PATH_SIZE, "%s/book-%u", desk->world->root, number);
}

static void make_roll(const struct vendor *vendor, const char *origin, struct roll *roll)
{
    static const struct revocations nothing; /* of a license that replaces another none is revoked */
    must(roll_make(origin, roll));
    for (size_t i = 0; i < vendor->license_count; i++)
        must(roll_join(roll, &vendor->licenses[i]));
    for (size_t i = 0; i < vendor->license_count; i++)
        must(roll_add(roll, &vendor->licenses[i]));
    roll_sort(roll);
    must(roll_follow(roll, &nothing));
}

static void say_verdict(const struct desk_audits *desk, const struct ledger_reading *ledger, struct result outcome,
                        const struct audit *audit, const struct reason *reason, struct verdict *verdict)
{
    const struct finding *const finding =
        audit->finding_count == 0 || desk->world->dishonesty == HONEST ? NULL : &audit->findings[0];
    if (verdict->words[0] != 0)
        return;
    if (!is_ok(outcome))
        snprintf(verdict->words, sizeof verdict->words, "%.100s: %s %.200s", ledger->origin,
                 error_info(result_code(outcome))->name, reason->text);
    else if (finding != NULL)
        snprintf(verdict->words, sizeof verdict->words, "%.100s: leaf %llu: %s: %.250s", ledger->origin,
                 (unsigned long long)finding->index, error_info(finding->code)->name, finding->words);
}

/* Of an honest host the audit may find one thing alone: where it served from an old copy of its folder, of which nobody
 * had told it, and machines testify to the other tree, that its key has signed two, by mistake or on purpose. And that
 * must be found for each testimony. */
static bool is_known_copy(const struct desk_audits *desk, const struct finding *finding)
{
    return finding->code == ERR_AUDIT_COPY && strstr(finding->words, "which proves it") != NULL &&
           strstr(finding->words, "by mistake or on purpose") != NULL && desk->world->host.copied &&
           readings_other_trees(desk->readings, desk->shown, desk->ledger, (size_t)finding->index) > 0;
}

static void check_findings(const struct desk_audits *desk, const struct audit *audit, struct verdict *verdict)
{
    const struct ledger_reading *const ledger = &desk->readings->ledgers[desk->ledger];
    uint64_t expected = 0;
    for (size_t i = (size_t)audit->from; i < audit->to; i++)
        expected += readings_other_trees(desk->readings, desk->shown, desk->ledger, i);
    for (size_t i = 0; i < audit->finding_count && i < FINDINGS_KEPT && verdict->words[0] == 0; i++)
        if (!is_known_copy(desk, &audit->findings[i]))
            snprintf(verdict->words, sizeof verdict->words, "%.100s: leaf %llu: %s: %.250s", ledger->origin,
                     (unsigned long long)audit->findings[i].index, error_info(audit->findings[i].code)->name,
                     audit->findings[i].words);
    if (verdict->words[0] == 0 && audit->finding_count != expected)
        snprintf(verdict->words, sizeof verdict->words, "%.100s: %llu testimonies to another tree, %llu findings",
                 ledger->origin, (unsigned long long)expected, (unsigned long long)audit->finding_count);
}

/* What was audited before may not be there any more, so which testimonies are to another tree is not known here. */
static void check_going_on(struct desk_audits *desk, const struct ledger_reading *ledger, struct result outcome,
                           const struct audit *audit, const struct reason *reason, struct verdict *verdict)
{
    const bool copied = desk->world->host.copied;
    desk->parted = result_code(outcome) == ERR_CONSISTENCY_WRONG && copied;
    if (!is_ok(outcome) && !desk->parted)
        snprintf(verdict->words, sizeof verdict->words, "going on with %.100s: %s %.200s", ledger->origin,
                 error_info(result_code(outcome))->name, reason->text);
    for (size_t i = 0; i < audit->finding_count && i < FINDINGS_KEPT && verdict->words[0] == 0; i++)
        if (audit->findings[i].code != ERR_AUDIT_COPY || !copied)
            snprintf(verdict->words, sizeof verdict->words, "going on with %.100s: leaf %llu: %s: %.250s",
                     ledger->origin, (unsigned long long)audit->findings[i].index,
                     error_info(audit->findings[i].code)->name, audit->findings[i].words);
}

/* Leaves that are dated ahead of the desk's clock are to be told, and nobody is accused by them. */
static void check_ahead(const struct desk_audits *desk, const struct ledger_reading *ledger, const struct audit *audit,
                        struct verdict *verdict)
{
    struct dated_ahead ahead = {0};
    for (size_t i = (size_t)audit->from; i < ledger->count && i < audit->to; i++) {
        const seconds time = ledger->leaves[i].time;
        if (!clock_is_behind(desk->now, time))
            continue;
        if (ahead.count++ == 0)
            ahead.first = i;
        ahead.last = i;
        ahead.until = time; /* times never run backwards */
        ahead.from = ahead.count == 1 ? time : ahead.from;
    }
    if (verdict->words[0] == 0 &&
        (audit->ahead.count != ahead.count || audit->ahead.first != ahead.first || audit->ahead.last != ahead.last ||
         audit->ahead.from != ahead.from || audit->ahead.until != ahead.until))
        snprintf(verdict->words, sizeof verdict->words, "%.100s: %llu leaves are dated ahead, the audit tells of %llu",
                 ledger->origin, (unsigned long long)ahead.count, (unsigned long long)audit->ahead.count);
}

static RESULT run_audit(struct desk_audits *desk, struct audit *audit, struct audit_stream *stream, struct roll *roll,
                        struct book **book, struct reason *reason)
{
    enum export_part part;
    struct slice none;
    char kept[PATH_SIZE];
    char working[PATH_SIZE];
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    struct walk_export walked = {.audit = audit, .roll = roll, .stream = stream, .note = &note};
    struct audit_walk walk = {.exports = &walked, .count = 1, .now = desk->now};
    const bool follows = desk->books > 0;
    TRY(audit_stream_next(stream, &part, &none));
    book_path(desk, desk->books, kept);
    book_path(desk, ++desk->books, working);
    unlink(working);
    TRY(follows ? book_continue(kept, working, book, reason) : book_new(working, book, reason));
    walk.book = *book;
    TRY(audit_walk(&walk, reason));
    return audit_walk_finish(&walk, reason);
}

static void audit_export(struct desk_audits *desk, const struct ledger_reading *ledger, struct export_text *export,
                         struct verdict *verdict)
{
    CLEANUP_ROLL struct roll roll;
    CLEANUP_BOOK struct book *book = NULL;
    struct reason reason = {.text = ""};
    struct audit *const audit = calloc(1, sizeof *audit);
    struct audit_stream *const stream = calloc(1, sizeof *stream);
    if (audit == NULL || stream == NULL)
        abort();
    make_roll(&desk->world->vendors[desk->vendor], ledger->origin, &roll);
    stream->read = read_text;
    stream->context = export;
    audit_stream_begin(stream);
    const struct result outcome = run_audit(desk, audit, stream, &roll, &book, &reason);
    if (desk->goes_on)
        check_going_on(desk, ledger, outcome, audit, &reason, verdict);
    else
        say_verdict(desk, ledger, outcome, audit, &reason, verdict);
    if (!desk->goes_on && is_ok(outcome) && desk->world->dishonesty == HONEST) {
        check_findings(desk, audit, verdict);
        check_ahead(desk, ledger, audit, verdict);
        desk->shown[desk->ledger] = audit->to;
        if (desk->world->bill != NULL)
            bill_add(desk->world->bill, audit);
    }
    if (desk->goes_on && is_ok(outcome) && desk->world->visited_bill != NULL)
        bill_add(desk->world->visited_bill, audit);
    audit_stream_free(stream);
    free(stream);
    free(audit);
}

void auditor_run(struct world *world, struct store *store, size_t vendor, const struct readings *readings,
                 bool drop_leaf, bool *ret_dropped, struct verdict *ret_verdict)
{
    struct desk_audits desk = {.world = world, .vendor = vendor, .now = world->now, .readings = readings};
    *ret_verdict = (struct verdict){.words = ""};
    *ret_dropped = false;
    for (size_t i = 0; i < readings->count; i++) {
        const struct ledger_reading *const ledger = &readings->ledgers[i];
        desk.ledger = i;
        struct export_text export = {.text = buffer_make(EXPORT_SIZE_MAX)};
        bool there = false;
        if (drop_leaf && i + 1 == readings->count)
            there = *ret_dropped = forge_export(world, store, vendor, ledger, &export);
        if (there || export_ledger(store, &world->vendors[vendor].host_key, ledger, &export))
            audit_export(&desk, ledger, &export, ret_verdict);
        buffer_free(&export.text);
    }
    for (unsigned i = 0; i <= desk.books; i++) {
        char path[PATH_SIZE];
        book_path(&desk, i, path);
        unlink(path);
    }
}

/* ---- a desk that goes on ---- */

static void forget_books(const struct desk_audits *desk, unsigned from, unsigned until)
{
    for (unsigned i = from; i < until; i++) {
        char path[PATH_SIZE];
        book_path(desk, i, path);
        unlink(path);
    }
}

void auditor_go_on(struct world *world, struct store *store, size_t vendor, unsigned *books, bool *ret_parted,
                   struct verdict *ret_verdict)
{
    struct readings readings;
    struct desk_audits desk = {.world = world, .vendor = vendor, .now = world->now, .books = *books, .goes_on = true};
    *ret_verdict = (struct verdict){.words = ""};
    readings_make(store, &world->vendors[vendor].host_key, &readings);
    for (size_t i = 0; i < readings.count && !desk.parted && ret_verdict->words[0] == 0; i++) {
        struct export_text export = {.text = buffer_make(EXPORT_SIZE_MAX)};
        if (export_ledger(store, &world->vendors[vendor].host_key, &readings.ledgers[i], &export))
            audit_export(&desk, &readings.ledgers[i], &export, ret_verdict);
        buffer_free(&export.text);
    }
    readings_free(&readings);
    forget_books(&desk, *books, desk.books);
    *books = desk.books;
    *ret_parted = desk.parted;
}

void auditor_forget(struct world *world, size_t vendor, unsigned books)
{
    const struct desk_audits desk = {.world = world, .vendor = vendor, .goes_on = true};
    forget_books(&desk, books, books + 1);
}
