/* A host that writes what ledger it likes; see ledger_forge.h. */
#include "ledger_forge.h"

#include "audit/true_up.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ORIGIN "kms.uni.example/acme.example"

char last_true_up[4096];
struct book_ledger last_first_epoch;
struct book_ledger last_second_epoch;
seconds last_final_until;

/* The machine's key, made when it is needed first. */
static const struct signing_key *key_of(unsigned n)
{
    static struct signing_key *keys[UINT8_MAX + 1];
    assert_true(n <= UINT8_MAX);
    if (keys[n] == NULL)
        keys[n] = sample_machine_key((uint8_t)n);
    return keys[n];
}

static const struct signing_key *key_for(const struct verifier_key *machine_key)
{
    unsigned n = 0;
    while (!verifier_key_equal(signing_key_verifier(key_of(n)), machine_key))
        n++;
    return key_of(n);
}

const char *forged_machine(unsigned n)
{
    return signing_key_verifier(key_of(n))->name;
}

static uint64_t number_at(seconds time)
{
    const seconds counted = time - sample_time(COUNTED_FROM);
    return counted > 0 ? (uint64_t)counted : 1;
}

void forge_free(struct forge *forge)
{
    for (size_t i = 0; i < forge->count; i++)
        buffer_free(&forge->leaves[i]);
    forge->count = 0;
}

struct license forged_license(void)
{
    struct license license = sample_license();
    license.seats = 3;
    license.overage = 1;
    return license;
}

struct license forged_edition(void)
{
    struct license license = forged_license();
    (void)snprintf(license.id, sizeof license.id, "lic-2026-edu");
    (void)snprintf(license.edition, sizeof license.edition, "edu");
    return license;
}

struct license forged_product(void)
{
    struct license license = forged_license();
    (void)snprintf(license.id, sizeof license.id, "lic-2026-paint");
    (void)snprintf(license.product, sizeof license.product, "paint");
    return license;
}

struct license forged_pair(void)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = sample_key(PAIRED_ORIGIN, PAIRED_SEED);
    struct license license = forged_license();
    (void)snprintf(license.id, sizeof license.id, "lic-2026-pair");
    assert_true(is_ok(license_add_host(&license, signing_key_verifier(key))));
    return license;
}

/* An empty ledger can be seen by anybody, before there is a leaf. */
static struct seen nothing_seen(void)
{
    static struct seen seen;
    if (seen.origin[0] == '\0')
        seen = forged_seen(&(struct forge){.count = 0}, 0);
    return seen;
}

void issue_at(struct lease *lease, seconds time)
{
    const struct license license = forged_license();
    lease->issued = time;
    lease->request.time = time - 1;
    lease->request.number = number_at(time);
    lease->expires = time + license.lease;
    if (lease->expires > license.not_after)
        lease->expires = license.not_after;
}

void issue_under(struct lease *lease, const struct license *license)
{
    (void)snprintf(lease->license, sizeof lease->license, "%s", license->id);
    (void)snprintf(lease->request.product, sizeof lease->request.product, "%s", license->product);
    (void)snprintf(lease->request.edition, sizeof lease->request.edition, "%s", license->edition);
}

static void ask_paired(struct verifier_key *host_key, struct seen *seen)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = sample_key(PAIRED_ORIGIN, PAIRED_SEED);
    *host_key = *signing_key_verifier(key);
    *seen = forged_seen(&(struct forge){.origin = PAIRED_ORIGIN}, 0);
}

struct lease paired_lease(unsigned n, const char *time, bool elsewhere)
{
    struct lease lease = honest_renewal(n, time);
    const struct license license = forged_pair();
    issue_under(&lease, &license);
    if (elsewhere)
        ask_paired(&lease.request.host_key, &lease.request.seen);
    return lease;
}

struct released paired_release(unsigned n, const char *time, bool elsewhere)
{
    struct released released = honest_release(n, time);
    (void)snprintf(released.release.license, sizeof released.release.license, "%s", forged_pair().id);
    if (elsewhere)
        ask_paired(&released.release.host_key, &released.release.seen);
    return released;
}

struct lease honest_lease(unsigned n)
{
    struct lease lease = sample_lease();
    struct request *request = &lease.request;
    request->machine_key = *signing_key_verifier(key_of(n));
    request->machine = machine_id_of(request->machine_key.public_key);
    request->seen = nothing_seen();
    for (size_t i = 0; i < request->hardware.count; i++)
        request->hardware.digests[i].digest[0] = (uint8_t)n;
    issue_at(&lease, sample_time(FIRST_ISSUED) + (seconds)n * MINUTE);
    return lease;
}

struct lease honest_renewal(unsigned n, const char *time)
{
    struct lease lease = honest_lease(n);
    issue_at(&lease, sample_time(time));
    return lease;
}

struct released honest_release(unsigned n, const char *time)
{
    const struct lease lease = honest_lease(n);
    struct released released = {.released = sample_time(time), .release = sample_release()};
    struct release *release = &released.release;
    release->machine_key = lease.request.machine_key;
    release->machine = lease.request.machine;
    release->seen = lease.request.seen;
    release->time = released.released - 1;
    release->number = number_at(released.released);
    return released;
}

static struct buffer *next_leaf(struct forge *forge)
{
    assert_true(forge->count < FORGED_LEAVES_MAX);
    forge->leaves[forge->count] = buffer_make(LEAF_MAX);
    return &forge->leaves[forge->count++];
}

static void sign(struct buffer *text, const struct verifier_key *machine_key, struct buffer *note)
{
    assert_true(is_ok(buffer_status(text)));
    assert_true(is_ok(machine_note_sign(buffer_slice(text), key_for(machine_key), note)));
}

static void write_lease(const struct lease *lease, struct buffer *leaf)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    assert_true(is_ok(request_write(&lease->request, &text)));
    sign(&text, &lease->request.machine_key, &note);
    assert_true(is_ok(lease_write(lease, buffer_slice(&note), leaf)));
}

struct reclaimed honest_reclaim(unsigned n, uint64_t index, const char *time)
{
    const struct lease lease = honest_lease(n);
    struct reclaimed reclaimed = {.lease_index = index, .reclaimed = sample_time(time)};
    memcpy(reclaimed.license, lease.license, sizeof reclaimed.license);
    memcpy(reclaimed.lease_origin, lease.request.host_key.name, sizeof reclaimed.lease_origin);
    reclaimed.machine_key = lease.request.machine_key;
    reclaimed.machine = lease.request.machine;
    return reclaimed;
}

void forge_lease(struct forge *forge, const struct lease *lease)
{
    write_lease(lease, next_leaf(forge));
}

void forge_released(struct forge *forge, const struct released *released)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    assert_true(is_ok(release_write(&released->release, &text)));
    sign(&text, &released->release.machine_key, &note);
    assert_true(is_ok(released_write(released, buffer_slice(&note), next_leaf(forge))));
}

void forge_reclaimed(struct forge *forge, const struct reclaimed *reclaimed)
{
    assert_true(is_ok(reclaimed_write(reclaimed, next_leaf(forge))));
}

void forge_epoch(struct forge *forge, const struct epoch *epoch)
{
    assert_true(is_ok(epoch_write(epoch, next_leaf(forge))));
}

void forge_text(struct forge *forge, const char *text)
{
    buffer_append_text(next_leaf(forge), text);
}

void forge_honest(struct forge *forge, unsigned first, unsigned count)
{
    for (unsigned n = first; n < first + count; n++) {
        const struct lease lease = honest_lease(n);
        forge_lease(forge, &lease);
    }
}

void forge_replace(struct forge *forge, size_t index, const struct lease *lease)
{
    buffer_clear(&forge->leaves[index]);
    write_lease(lease, &forge->leaves[index]);
}

void forge_spoil(struct forge *forge, size_t index)
{
    enum { FROM_THE_END = 40 }; /* within the signature, not within what names the key */
    struct buffer *leaf = &forge->leaves[index];
    uint8_t *letter = &leaf->data[leaf->size - FROM_THE_END];
    *letter = *letter == 'A' ? 'B' : 'A';
}

void forge_branch(const struct forge *from, size_t count, struct forge *ret_branch)
{
    ret_branch->count = 0;
    for (size_t i = 0; i < count; i++)
        buffer_append_slice(next_leaf(ret_branch), buffer_slice(&from->leaves[i]));
}

static struct frontier frontier_of(const struct forge *forge, size_t size)
{
    struct frontier frontier = {0};
    for (size_t i = 0; i < size; i++) {
        struct merkle_batch *batch = NULL;
        const struct hash leaf = merkle_leaf(buffer_slice(&forge->leaves[i]));
        assert_true(is_ok(merkle_append(&frontier, &leaf, 1, &batch)));
        merkle_batch_free(batch);
    }
    return frontier;
}

static const char *origin_of(const struct forge *forge)
{
    return forge->origin != NULL ? forge->origin : ORIGIN;
}

struct checkpoint forged_checkpoint(const struct forge *forge, size_t size)
{
    const struct frontier frontier = frontier_of(forge, size);
    struct checkpoint checkpoint = {.size = size, .root = frontier_root(&frontier)};
    (void)snprintf(checkpoint.origin, sizeof checkpoint.origin, "%s", origin_of(forge));
    return checkpoint;
}

/* Yours. */
static struct signing_key *key_of_host(const struct forge *forge)
{
    uint64_t epoch;
    return is_ok(origin_epoch(origin_of(forge), PAIRED_ORIGIN, &epoch)) ? sample_key(PAIRED_ORIGIN, PAIRED_SEED)
                                                                        : sample_key(ORIGIN, HOST_SEED);
}

struct seen forged_seen(const struct forge *forge, size_t size)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    CLEANUP_SIGNING_KEY struct signing_key *key = key_of_host(forge);
    const struct checkpoint checkpoint = forged_checkpoint(forge, size);
    struct seen seen;
    assert_true(is_ok(checkpoint_sign(&checkpoint, key, &note)));
    assert_true(is_ok(seen_make(&checkpoint, buffer_slice(&note), signing_key_verifier(key), &seen)));
    return seen;
}

void forge_sign(const struct checkpoint *checkpoint, uint8_t letter, struct buffer *note)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = sample_key(ORIGIN, letter);
    assert_true(is_ok(checkpoint_sign(checkpoint, key, note)));
}

void forge_export_with(const struct forge *forge, size_t from, size_t to, struct slice note, struct buffer *out)
{
    struct export_header header = {.from = from, .to = to, .frontier = frontier_of(forge, from)};
    (void)snprintf(header.origin, sizeof header.origin, "%s", origin_of(forge));
    export_header_write(&header, out);
    for (size_t i = from; i < to; i++)
        export_leaf_write(buffer_slice(&forge->leaves[i]), out);
    export_end_write(note, out);
    assert_true(is_ok(buffer_status(out)));
}

void forge_export(const struct forge *forge, size_t from, size_t to, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    CLEANUP_SIGNING_KEY struct signing_key *key = key_of_host(forge);
    const struct checkpoint checkpoint = forged_checkpoint(forge, to);
    assert_true(is_ok(checkpoint_sign(&checkpoint, key, &note)));
    forge_export_with(forge, from, to, buffer_slice(&note), out);
}

/* The audit */

static RESULT read_memory(void *context, uint8_t *bytes, size_t capacity, size_t *ret_size)
{
    struct slice *left = context;
    *ret_size = left->size < capacity ? left->size : capacity;
    if (*ret_size > 0)
        memcpy(bytes, left->data, *ret_size);
    left->data += *ret_size;
    left->size -= *ret_size;
    return RESULT_OK;
}

/* An audit that is not to go on from a book has an empty one. */
static RESULT open_book(const struct trial *trial, const struct roll *roll, uint64_t from, struct book **ret_book)
{
    const char *kept = trial->kept != NULL ? trial->kept : trial->last_epoch;
    const char *path = trial->keep != NULL ? trial->keep : "";
    CLEANUP_BOOK struct book *book = NULL;
    if (kept != NULL)
        TRY(book_continue(kept, path, &book, NULL));
    if (kept == NULL || (trial->previous != NULL && !audit_continues(book, roll, from))) {
        book_free(book);
        book = NULL;
        if (path[0] != '\0')
            (void)unlink(path);
        TRY(book_new(path, &book, NULL));
    }
    *ret_book = book;
    book = NULL;
    return RESULT_OK;
}

static RESULT make_roll(const struct trial *trial, const char *origin, struct roll *roll)
{
    const struct license licenses[] = {forged_license(), forged_edition(), forged_product(), forged_pair()};
    const size_t count = trial->paired ? 4 : 3;
    TRY(roll_make(origin, roll));
    for (size_t before = SIZE_MAX; before != roll->host_count;) {
        before = roll->host_count;
        for (size_t i = 0; i < count; i++)
            TRY(roll_join(roll, &licenses[i]));
    }
    for (size_t i = 0; i < count; i++)
        TRY(roll_add(roll, &licenses[i]));
    if (trial->more != NULL)
        TRY(roll_add(roll, trial->more));
    roll_sort(roll);
    static const struct revocations none;
    TRY(roll_follow(roll, &none));
    if (trial->key != NULL)
        roll->keys[roll->key_count++] = *trial->key;
    return RESULT_OK;
}

/* One export of a trial, from memory. */
struct played {
    struct slice left;
    struct audit_stream *stream;
    struct roll *roll;
    struct buffer note;
};

static RESULT open_played(const struct trial *trial, struct slice export, struct played *played)
{
    struct slice none = {0};
    enum export_part part = EXPORT_MORE;
    *played = (struct played){.left = export, .note = buffer_make(CHECKPOINT_NOTE_MAX)};
    played->stream = calloc(1, sizeof *played->stream);
    played->roll = calloc(1, sizeof *played->roll);
    if (played->stream == NULL || played->roll == NULL)
        abort();
    played->stream->read = read_memory;
    played->stream->context = &played->left;
    audit_stream_begin(played->stream);
    TRY(audit_stream_next(played->stream, &part, &none));
    assert_int_equal(part, EXPORT_HEADER);
    return make_roll(trial, played->stream->reader.header.origin, played->roll);
}

static void free_played(struct played *played)
{
    audit_stream_free(played->stream);
    free(played->stream);
    roll_free(played->roll);
    free(played->roll);
    buffer_free(&played->note);
}

/* What the tests ask for afterwards. */
static RESULT take_notes(const struct audit_walk *walk)
{
    static const char HOST[] = ORIGIN;
    CLEANUP_BUFFER struct buffer csv = buffer_make(sizeof last_true_up - 1);
    CLEANUP_TRUE_UP struct true_up true_up = {.count = 0};
    for (size_t i = 0; i < walk->count; i++)
        TRY(true_up_add(&true_up, walk->exports[i].audit, NULL));
    TRY(true_up_csv(&true_up, &csv));
    (void)snprintf(last_true_up, sizeof last_true_up, "%s", buffer_text(&csv));
    last_final_until = true_up.final_until;
    if (book_ledger(walk->book, HOST, 1) != NULL)
        last_first_epoch = *book_ledger(walk->book, HOST, 1);
    if (book_ledger(walk->book, HOST, 2) != NULL)
        last_second_epoch = *book_ledger(walk->book, HOST, 2);
    return RESULT_OK;
}

static RESULT run_trial(struct audit_walk *walk, const struct trial *trial)
{
    CLEANUP_BOOK struct book *book = NULL;
    const struct walk_export *first = &walk->exports[0];
    bool is_kept = false;
    TRY(open_book(trial, first->roll, first->stream->reader.header.from, &book));
    walk->book = book;
    TRY(audit_walk(walk, NULL));
    TRY(take_notes(walk));
    for (size_t i = 0; i < walk->count; i++)
        is_kept = is_kept || audit_is_to_be_kept(walk->exports[i].audit);
    return trial->keep != NULL && is_kept ? audit_walk_finish(walk, NULL) : RESULT_OK;
}

RESULT audit_exports(const struct slice exports[], size_t count, const struct trial *trial, struct audit *audits[])
{
    struct played played[PLAYED_MAX];
    struct walk_export walked[PLAYED_MAX];
    struct audit_walk walk = {
        .exports = walked, .count = count, .now = sample_time(trial->now != NULL ? trial->now : AUDITED_AT)};
    struct result result = RESULT_OK;
    assert_true(count <= PLAYED_MAX);
    last_true_up[0] = '\0';
    last_first_epoch = (struct book_ledger){.epoch = 0};
    last_second_epoch = (struct book_ledger){.epoch = 0};
    for (size_t i = 0; i < count; i++) {
        audits[i] = calloc(1, sizeof *audits[i]);
        if (audits[i] == NULL)
            abort();
        const struct result opened = open_played(trial, exports[i], &played[i]);
        if (is_ok(result))
            result = opened;
        walked[i] = (struct walk_export){.audit = audits[i],
                                         .roll = played[i].roll,
                                         .stream = played[i].stream,
                                         .previous = trial->previous,
                                         .note = &played[i].note};
    }
    if (is_ok(result))
        result = run_trial(&walk, trial);
    for (size_t i = 0; i < count; i++) {
        free_played(&played[i]);
        audits[i]->roll = NULL;
        audits[i]->book = NULL;
    }
    return result;
}

RESULT audit_export(struct slice export, const struct trial *trial, struct audit **ret_audit)
{
    return audit_exports(&export, 1, trial, ret_audit);
}

void audit_cleanup(struct audit **audit)
{
    free(*audit);
}

struct audit *audit_forged(const struct forge *forge)
{
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    struct audit *audit = NULL;
    forge_export(forge, 0, forge->count, &file);
    const struct result result = audit_export(buffer_slice(&file), &(struct trial){0}, &audit);
    if (!is_ok(result))
        fail_msg("%s", error_info(result_code(result))->name);
    return audit;
}

void assert_one_finding(const struct audit *audit, uint64_t index, enum error_code code)
{
    if (audit->finding_count != 1 || audit->findings[0].index != index || audit->findings[0].code != code)
        fail_msg("%llu findings; the first at %llu: %s: %s", (unsigned long long)audit->finding_count,
                 (unsigned long long)audit->findings[0].index, error_info(audit->findings[0].code)->name,
                 audit->findings[0].words);
}
