/* A host that writes what ledger it likes; see ledger_forge.h. */
#include "ledger_forge.h"

#include "audit/true_up.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ORIGIN "kms.uni.example/acme.example"

char last_true_up[4096];
struct book_ledger last_first_epoch;
struct book_ledger last_second_epoch;

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

struct seen forged_seen(const struct forge *forge, size_t size)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    const struct license license = forged_license();
    const struct checkpoint checkpoint = forged_checkpoint(forge, size);
    struct seen seen;
    forge_sign(&checkpoint, HOST_SEED, &note);
    assert_true(is_ok(seen_make(&checkpoint, buffer_slice(&note), &license.host_keys[0], &seen)));
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
    const struct checkpoint checkpoint = forged_checkpoint(forge, to);
    forge_sign(&checkpoint, HOST_SEED, &note);
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

static RESULT open_book(const struct trial *trial, const struct export_header *header, const struct audit_past *past,
                        struct book **ret_book)
{
    const char *path = trial->keep != NULL ? trial->keep : "";
    const struct book_mark *continued = audit_continues(header, past);
    if (continued == NULL)
        return book_new(path, ret_book, NULL);
    return book_continue(continued == past->kept ? trial->kept : trial->last_epoch, path, ret_book, NULL);
}

static RESULT run_trial(struct audit_stream *stream, const struct trial *trial, struct roll *roll, struct audit *audit)
{
    const struct license licenses[] = {forged_license(), forged_edition(), forged_product()};
    const seconds now = sample_time(trial->now != NULL ? trial->now : AUDITED_AT);
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    CLEANUP_BUFFER struct buffer csv = buffer_make(sizeof last_true_up - 1);
    CLEANUP_BOOK struct book *book = NULL;
    CLEANUP_TRUE_UP struct true_up true_up = {.count = 0};
    struct book_mark kept;
    struct book_mark last_epoch;
    struct audit_past past = {.previous = trial->previous};
    struct slice none = {0};
    enum export_part part = EXPORT_MORE;
    TRY(audit_stream_next(stream, &part, &none));
    assert_int_equal(part, EXPORT_HEADER);
    TRY(roll_make(stream->reader.header.origin, roll));
    for (size_t i = 0; i < sizeof licenses / sizeof licenses[0]; i++)
        TRY(roll_add(roll, &licenses[i]));
    roll_sort(roll);
    if (trial->key != NULL)
        roll->keys[roll->key_count++] = *trial->key;
    if (trial->kept != NULL) {
        TRY(book_mark_read(trial->kept, &kept, NULL));
        past.kept = &kept;
    }
    if (trial->last_epoch != NULL) {
        TRY(book_mark_read(trial->last_epoch, &last_epoch, NULL));
        past.last_epoch = &last_epoch;
    }
    TRY(open_book(trial, &stream->reader.header, &past, &book));
    TRY(audit_begin(audit, &stream->reader.header, roll, book, &past, now, NULL));
    TRY(audit_run(audit, stream, &note, NULL, NULL, NULL));
    TRY(true_up_add(&true_up, audit, NULL));
    TRY(true_up_csv(&true_up, &csv));
    (void)snprintf(last_true_up, sizeof last_true_up, "%s", buffer_text(&csv));
    if (book_ledger(book, 1) != NULL)
        last_first_epoch = *book_ledger(book, 1);
    if (book_ledger(book, 2) != NULL)
        last_second_epoch = *book_ledger(book, 2);
    if (trial->keep == NULL || !audit_is_to_be_kept(audit))
        return RESULT_OK;
    const struct book_mark end = audit_mark(audit);
    return book_finish(book, &end, buffer_slice(&note), NULL);
}

RESULT audit_export(struct slice export, const struct trial *trial, struct audit **ret_audit)
{
    struct audit *audit CLEANUP_AUDIT = calloc(1, sizeof *audit);
    struct audit_stream *stream = calloc(1, sizeof *stream);
    if (audit == NULL || stream == NULL)
        abort();
    CLEANUP_ROLL struct roll roll = {0};
    stream->read = read_memory;
    stream->context = &export;
    audit_stream_begin(stream);
    last_true_up[0] = '\0';
    last_first_epoch = (struct book_ledger){.epoch = 0};
    last_second_epoch = (struct book_ledger){.epoch = 0};
    const struct result result = run_trial(stream, trial, &roll, audit);
    audit_stream_free(stream);
    free(stream);
    audit->roll = NULL;
    audit->book = NULL;
    *ret_audit = audit;
    audit = NULL;
    return result;
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
