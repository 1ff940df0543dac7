/*
 * The nth request for memory gets none, for every n until all get it: the function says NO_MEMORY, leaves its output as
 * it was, and holds nothing back.
 */
#include "base/secret.h"
#include "core/documents/leaf.h"
#include "core/rules/believe.h"
#include "core/tlog/export.h"
#include "document_kinds.h"
#include "failing_calls.h"
#include "proto/answer.h"
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REQUESTS_MAX = 200, OUTPUT_MAX = 64 * 1024, LEAVES = 600 };

static const char *const samples[] = {SAMPLE_PRODUCT,  SAMPLE_HOST_REQUEST, SAMPLE_LICENSE,
                                      SAMPLE_REQUEST,  SAMPLE_LEASE,        SAMPLE_RELEASE,
                                      SAMPLE_RELEASED, SAMPLE_DENIAL,       SAMPLE_REVOCATIONS};

/* What every function under test works with; made while there is memory. */
struct bench {
    struct signing_key *vendor;
    struct signing_key *host;
    struct buffer license; /* notes */
    struct buffer checkpoint;
    struct buffer product;
    struct buffer revocations;
    struct buffer request;
    struct buffer export;
    struct buffer answer;
    struct lease lease;
    struct hash leaves[LEAVES];
};

static void sign_sample(const struct signing_key *key, const char *text, struct buffer *note)
{
    *note = buffer_make(NOTE_MAX);
    assert_true(is_ok(note_sign(slice_of(text), &key, 1, note)));
}

static void make_export(struct bench *bench)
{
    struct export_header header = {.origin = "kms.uni.example/acme.example", .to = 3};
    bench->export = buffer_make(OUTPUT_MAX);
    export_header_write(&header, &bench->export);
    for (size_t i = 0; i < 3; i++)
        export_leaf_write(slice_of(SAMPLE_LEASE), &bench->export);
    export_end_write(buffer_slice(&bench->checkpoint), &bench->export);
    assert_true(is_ok(buffer_status(&bench->export)));
}

static void make_answer(struct bench *bench)
{
    static struct tlog_proof proof;
    struct buffer text CLEANUP_BUFFER = buffer_make(PROOF_MAX);
    proof.has_extra = true;
    proof.extra_size = strlen(SAMPLE_LEASE);
    memcpy(proof.extra, SAMPLE_LEASE, proof.extra_size);
    proof.checkpoint = buffer_slice(&bench->checkpoint);
    tlog_proof_write(&proof, &text);
    const struct answer answer = {.proof = buffer_slice(&text)};
    bench->answer = buffer_make(OUTPUT_MAX);
    answer_write(&answer, &bench->answer);
    assert_true(is_ok(buffer_status(&bench->answer)));
}

static int make_bench(void **state)
{
    struct bench *const bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    assert_true(is_ok(secret_start()));
    bench->vendor = sample_key("acme.example", VENDOR_SEED);
    bench->host = sample_key("kms.uni.example/acme.example", HOST_SEED);
    sign_sample(bench->vendor, SAMPLE_LICENSE, &bench->license);
    sign_sample(bench->vendor, SAMPLE_PRODUCT, &bench->product);
    sign_sample(bench->vendor, SAMPLE_REVOCATIONS, &bench->revocations);
    sign_sample(bench->host, SAMPLE_HOST_REQUEST, &bench->request);
    struct checkpoint checkpoint = {.origin = "kms.uni.example/acme.example", .size = 1};
    checkpoint.root = merkle_leaf(slice_of(SAMPLE_LEASE));
    bench->checkpoint = buffer_make(NOTE_MAX);
    assert_true(is_ok(checkpoint_sign(&checkpoint, bench->host, &bench->checkpoint)));
    bench->lease = sample_lease();
    make_export(bench);
    make_answer(bench);
    *state = bench;
    return 0;
}

static int free_bench(void **state)
{
    struct bench *const bench = *state;
    signing_key_free(bench->vendor);
    signing_key_free(bench->host);
    buffer_free(&bench->license);
    buffer_free(&bench->checkpoint);
    buffer_free(&bench->product);
    buffer_free(&bench->revocations);
    buffer_free(&bench->request);
    buffer_free(&bench->export);
    buffer_free(&bench->answer);
    free(bench);
    return 0;
}

/* Does something that needs memory, and gives back all that it took. */
typedef struct result deed(const struct bench *bench);

/* Returns how many requests for memory the deed makes. */
static uint64_t fail_each(const struct bench *bench, deed *tried)
{
    for (uint64_t nth = 1;; nth++) {
        assert_true(nth < REQUESTS_MAX);
        failing_memory_plan(nth);
        const struct result result = tried(bench);
        failing_memory_plan(0);
        assert_int_equal(failing_memory_held(), 0);
        if (!failing_memory_happened()) {
            assert_int_equal(result_code(result), OK);
            return nth - 1;
        }
        assert_int_equal(result_code(result), ERR_NO_MEMORY);
    }
}

static void documents_without_memory_say_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < DOCUMENT_KIND_COUNT; i++) {
        const struct document_kind *const kind = &document_kinds[i];
        void *const document = calloc(1, kind->size);
        void *const untouched = calloc(1, kind->size);
        assert_true(document != NULL && untouched != NULL);
        const char *sample = NULL;
        for (size_t s = 0; s < sizeof samples / sizeof *samples; s++)
            if (is_ok(kind->read(slice_of(samples[s]), document)))
                sample = samples[s];
        if (sample == NULL) { /* a kind that has no sample here */
            free(document);
            free(untouched);
            continue;
        }
        for (uint64_t nth = 1;; nth++) {
            struct buffer out = buffer_make(DOCUMENT_MAX);
            memset(untouched, 0x5a, kind->size);
            failing_memory_plan(nth);
            const struct result read = kind->read(slice_of(sample), untouched);
            const bool read_failed = failing_memory_happened();
            const struct result written = kind->write(document, &out);
            failing_memory_plan(0);
            const bool happened = failing_memory_happened();
            assert_int_equal(result_code(read), read_failed ? ERR_NO_MEMORY : OK);
            for (size_t b = 0; read_failed && b < kind->size; b++)
                assert_int_equal(((const uint8_t *)untouched)[b], 0x5a);
            assert_int_equal(result_code(written), happened && !read_failed ? ERR_NO_MEMORY : OK);
            buffer_free(&out);
            assert_int_equal(failing_memory_held(), 0);
            if (!happened)
                break;
        }
        free(document);
        free(untouched);
    }
}

static RESULT open_license(const struct bench *bench)
{
    struct license license;
    return license_open(buffer_slice(&bench->license), signing_key_verifier(bench->vendor), 1, &license);
}

static RESULT open_product(const struct bench *bench)
{
    static struct product product;
    return product_open(buffer_slice(&bench->product), signing_key_verifier(bench->vendor), 1, &product);
}

static RESULT open_revocations(const struct bench *bench)
{
    static struct revocations revocations;
    return revocations_open(buffer_slice(&bench->revocations), signing_key_verifier(bench->vendor), 1, &revocations);
}

static RESULT open_request(const struct bench *bench)
{
    struct host_request request;
    return host_request_open(buffer_slice(&bench->request), &request);
}

static RESULT open_checkpoint(const struct bench *bench)
{
    struct checkpoint checkpoint;
    return checkpoint_open(buffer_slice(&bench->checkpoint), signing_key_verifier(bench->host), &checkpoint);
}

static RESULT open_machine_notes(const struct bench *bench)
{
    (void)bench;
    struct request request;
    struct release release;
    TRY(request_open(slice_of(SAMPLE_REQUEST_NOTE), &request));
    return release_open(slice_of(SAMPLE_RELEASE_NOTE), &release);
}

static RESULT open_own_leaf(const struct bench *bench)
{
    struct leaf leaf;
    return leaf_open_own(slice_of(SAMPLE_LEASE), &bench->lease.request.machine_key, &leaf);
}

static void notes_without_memory_say_so(void **state)
{
    deed *const deeds[] = {open_license,    open_product,       open_revocations, open_request,
                           open_checkpoint, open_machine_notes, open_own_leaf};
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        fail_each(*state, deeds[i]);
}

static RESULT sign_license(const struct bench *bench)
{
    const struct signing_key *const keys[] = {bench->vendor, bench->host};
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    return note_sign(slice_of(SAMPLE_LICENSE), keys, 2, &note);
}

static RESULT sign_checkpoint(const struct bench *bench)
{
    const struct checkpoint checkpoint = {.origin = "kms.uni.example/acme.example", .size = 7};
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    return checkpoint_sign(&checkpoint, bench->host, &note);
}

static RESULT sign_request(const struct bench *bench)
{
    static const uint8_t seed[SEED_SIZE] = {MACHINE_SEED};
    (void)bench;
    struct signing_key *key CLEANUP_SIGNING_KEY = NULL;
    TRY(machine_key_make(seed, &key));
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    return machine_note_sign(slice_of(SAMPLE_REQUEST), key, &note);
}

static RESULT verify_seen(const struct bench *bench)
{
    return seen_verify(&bench->lease.request.seen, &bench->lease.request.host_key);
}

static void signing_without_memory_says_so(void **state)
{
    assert_int_not_equal(fail_each(*state, sign_request), 0);
    assert_int_not_equal(fail_each(*state, verify_seen), 0);
    assert_int_not_equal(fail_each(*state, sign_license), 0);
    assert_int_not_equal(fail_each(*state, sign_checkpoint), 0);
}

static RESULT append_leaves(const struct bench *bench)
{
    struct frontier frontier = {0};
    const struct frontier before = frontier;
    struct merkle_batch *batch = NULL;
    const struct result result = merkle_append(&frontier, bench->leaves, LEAVES, &batch);
    if (!is_ok(result)) {
        assert_memory_equal(&frontier, &before, sizeof frontier);
        assert_null(batch);
    }
    merkle_batch_free(batch);
    return result;
}

static void appending_without_memory_leaves_the_tree_as_it_was(void **state)
{
    assert_int_not_equal(fail_each(*state, append_leaves), 0);
}

static RESULT read_parts(struct export_reader *reader, enum export_part *part)
{
    struct slice bytes;
    do
        TRY(export_reader_next(reader, part, &bytes));
    while (*part == EXPORT_HEADER || *part == EXPORT_LEAF);
    return RESULT_OK;
}

/* In pieces, so that the reader keeps something between them. */
static RESULT read_pieces(struct export_reader *reader, struct slice file)
{
    enum export_part part = EXPORT_MORE;
    for (size_t at = 0; at < file.size; at += 100) {
        TRY(export_reader_add(reader, slice_make(file.data + at, file.size - at < 100 ? file.size - at : 100)));
        TRY(read_parts(reader, &part));
    }
    return export_reader_finish(reader);
}

static RESULT read_export(const struct bench *bench)
{
    struct export_reader reader;
    export_reader_begin(&reader);
    const struct result result = read_pieces(&reader, buffer_slice(&bench->export));
    export_reader_free(&reader);
    return result;
}

static RESULT write_export(const struct bench *bench)
{
    CLEANUP_BUFFER struct buffer out = buffer_make(OUTPUT_MAX);
    const struct export_header header = {.origin = "kms.uni.example/acme.example", .to = 1};
    export_header_write(&header, &out);
    for (size_t i = 0; i < 20; i++)
        export_leaf_write(slice_of(SAMPLE_LEASE), &out);
    export_end_write(buffer_slice(&bench->checkpoint), &out);
    return buffer_status(&out);
}

static void an_export_without_memory_says_so(void **state)
{
    assert_int_not_equal(fail_each(*state, read_export), 0);
    assert_int_not_equal(fail_each(*state, write_export), 0);
}

static RESULT believe_answer(const struct bench *bench)
{
    const struct request *const request = &bench->lease.request;
    const struct belief belief = {.vendor_keys = signing_key_verifier(bench->vendor),
                                  .vendor_key_count = 1,
                                  .vendor = request->vendor,
                                  .product = request->product,
                                  .edition = request->edition,
                                  .machine_key = &request->machine_key,
                                  .awaited = slice_of(SAMPLE_REQUEST_NOTE),
                                  .number = request->number,
                                  .asked = &request->host_key,
                                  .hardware = &request->hardware,
                                  .now = bench->lease.issued,
                                  .fresh = true};
    static struct believed believed;
    struct answer answer;
    TRY(answer_read(buffer_slice(&bench->answer), &answer));
    return believe(&belief, buffer_slice(&bench->license), answer.proof, &believed);
}

static void believing_without_memory_says_so(void **state)
{
    fail_each(*state, believe_answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_without_memory_say_so),
        cmocka_unit_test(notes_without_memory_say_so),
        cmocka_unit_test(signing_without_memory_says_so),
        cmocka_unit_test(appending_without_memory_leaves_the_tree_as_it_was),
        cmocka_unit_test(an_export_without_memory_says_so),
        cmocka_unit_test(believing_without_memory_says_so),
    };
    return cmocka_run_group_tests(tests, make_bench, free_bench);
}
