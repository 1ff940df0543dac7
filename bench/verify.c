/*
 * bench-verify: what signatures cost. Times the full verification of an answer and libaval's aval_status from the
 * stored state, which a lease costs the machine; and the verification of what a machine signed, which each lease costs
 * the host beside everything else. Each in processor time, beside the Ed25519 verifications that happened within it
 * (timed where they are called: the linker wraps crypto_sign_verify_detached).
 *
 * Always: no network. A host of a million leaves is played in this process, behind libaval's own transport hook.
 */
#include "base/secret.h"
#include "bench/load/machines.h"
#include "core/rules/believe.h"
#include "core/tlog/merkle.h"
#include "proto/answer.h"
#include "proto/api.h"
#include "proto/introduction.h"
#include "system/clock.h"
#include "system/files.h"

#include <aval/aval.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM_NAME "bench-verify"
#define VENDOR       "acme.example"
#define HOST_KEY     "kms.bench.example/" VENDOR

enum { LEAVES = 1000000, ROUNDS = 5000, WARMUP_ROUNDS = 200, FOLDERS_OPEN_MAX = 8 };

/* The host of this process. */
struct played_host {
    struct signing_key *vendor_key;
    struct signing_key *key;
    struct license license;
    struct buffer license_note;
    struct buffer product_note;
    struct frontier frontier;
    struct buffer introduction; /* with a checkpoint of the empty tree, which any tree extends */
    struct buffer answer;       /* the last one given, and the request behind it */
    struct buffer request_note;
    struct request request;
};

/* ---- Ed25519, counted and timed ---- */

static int64_t ed25519_ns;
static uint64_t ed25519_count;

/* Processor time of this thread: what else the machine does is none of it, as it is none of what a host takes. */
static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int __real_crypto_sign_verify_detached(const unsigned char *signature, const unsigned char *message,
                                       unsigned long long size, const unsigned char *key);
int __wrap_crypto_sign_verify_detached(const unsigned char *signature, const unsigned char *message,
                                       unsigned long long size, const unsigned char *key);

int __wrap_crypto_sign_verify_detached(const unsigned char *signature, const unsigned char *message,
                                       unsigned long long size, const unsigned char *key)
{
    const int64_t began = now_ns();
    const int result = __real_crypto_sign_verify_detached(signature, message, size, key);
    ed25519_ns += now_ns() - began;
    ed25519_count++;
    return result;
}

/* ---- the host ---- */

static RESULT make_key(const char *name, struct signing_key **ret_key)
{
    uint8_t seed[SEED_SIZE];
    entropy_fill(seed, sizeof seed);
    return signing_key_make(slice_of(name), seed, ret_key);
}

static RESULT sign(const struct signing_key *key, const struct buffer *text, struct buffer *note)
{
    TRY(buffer_status(text));
    return note_sign(buffer_slice(text), &key, 1, note);
}

static RESULT make_product(struct played_host *host)
{
    struct product product = {.vendor = VENDOR, .product = "studio", .title = "Acme Studio"};
    product.issued = clock_now();
    product.grace = 30 * DAY;
    product.vendor_key_count = 1;
    product.vendor_keys[0] = *signing_key_verifier(host->vendor_key);
    product.edition_count = 1;
    product.editions[0] = (struct edition){.id = "pro", .title = "Studio Professional"};
    product.editions[0].key = product_key_generic(VENDOR, "studio", "pro");
    TRY(features_add(&product.editions[0].features, slice_of("export")));
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    TRY(product_write(&product, &text));
    return sign(host->vendor_key, &text, &host->product_note);
}

static RESULT make_license(struct played_host *host)
{
    host->license = (struct license){.id = "bench",
                                     .vendor = VENDOR,
                                     .customer = "Bench",
                                     .product = "studio",
                                     .edition = "pro",
                                     .threshold = 1,
                                     .seats = 1,
                                     .lease = 180 * DAY,
                                     .renew = 7 * DAY,
                                     .retry = 2 * HOUR};
    host->license.host_key_count = 1;
    host->license.host_keys[0] = *signing_key_verifier(host->key);
    host->license.issued = clock_now();
    host->license.not_before = host->license.issued;
    host->license.not_after = host->license.issued + 365 * DAY;
    TRY(features_add(&host->license.features, slice_of("export")));
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    TRY(license_write(&host->license, &text));
    return sign(host->vendor_key, &text, &host->license_note);
}

static RESULT grow_tree(struct played_host *host)
{
    struct hash *hashes = calloc(LEAVES, sizeof *hashes);
    struct merkle_batch *batch = NULL;
    ENSURE(hashes != NULL, NO_MEMORY);
    bench_fill_bytes(BENCH_SEED, hashes, LEAVES * sizeof *hashes);
    const struct result result = merkle_append(&host->frontier, hashes, LEAVES, &batch);
    merkle_batch_free(batch);
    free(hashes);
    return result;
}

static RESULT make_introduction(struct played_host *host)
{
    const struct frontier empty = {0};
    const struct checkpoint checkpoint = {.origin = HOST_KEY, .root = frontier_root(&empty)};
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(checkpoint_sign(&checkpoint, host->key, &note));
    const struct introduction introduction = {.license = buffer_slice(&host->license_note),
                                              .checkpoint = buffer_slice(&note)};
    introduction_write(&introduction, &host->introduction);
    return buffer_status(&host->introduction);
}

static RESULT make_host(struct played_host *host)
{
    host->license_note = buffer_make(NOTE_MAX);
    host->product_note = buffer_make(NOTE_MAX);
    host->introduction = buffer_make(INTRODUCTION_MAX);
    host->answer = buffer_make(ANSWER_MAX);
    host->request_note = buffer_make(MACHINE_NOTE_MAX);
    TRY(make_key(VENDOR, &host->vendor_key));
    TRY(make_key(HOST_KEY, &host->key));
    TRY(make_product(host));
    TRY(make_license(host));
    TRY(make_introduction(host));
    return grow_tree(host);
}

static void free_host(struct played_host *host)
{
    buffer_free(&host->license_note);
    buffer_free(&host->product_note);
    buffer_free(&host->introduction);
    buffer_free(&host->answer);
    buffer_free(&host->request_note);
    signing_key_free(host->vendor_key);
    signing_key_free(host->key);
}

static RESULT write_lease(const struct played_host *host, struct buffer *out)
{
    struct lease lease = {.license = "bench", .issued = clock_now()};
    lease.expires = lease.issued + host->license.lease;
    if (lease.expires > host->license.not_after)
        lease.expires = host->license.not_after;
    lease.renew_after = host->license.renew;
    lease.retry_after = host->license.retry;
    lease.features = host->license.features;
    return lease_write(&lease, buffer_slice(&host->request_note), out);
}

/* Grants host->request_note; the answer is host->answer. */
static RESULT grant(struct played_host *host)
{
    CLEANUP_BUFFER struct buffer leaf = buffer_make(LEAF_MAX);
    TRY(write_lease(host, &leaf));
    const struct hash hash = merkle_leaf(buffer_slice(&leaf));
    struct merkle_batch *batch = NULL;
    TRY(merkle_append(&host->frontier, &hash, 1, &batch));
    struct tlog_proof proof = {.has_extra = true, .extra_size = leaf.size, .index = merkle_batch_size(batch) - 1};
    memcpy(proof.extra, leaf.data, leaf.size);
    proof.path_length = merkle_batch_proof(batch, 0, proof.path);
    struct checkpoint checkpoint = {.origin = HOST_KEY, .size = merkle_batch_size(batch)};
    checkpoint.root = merkle_batch_root(batch);
    merkle_batch_free(batch);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(checkpoint_sign(&checkpoint, host->key, &note));
    proof.checkpoint = buffer_slice(&note);
    buffer_clear(&host->answer);
    const struct answer answer = {0};
    answer_write(&answer, &host->answer);
    tlog_proof_write(&proof, &host->answer);
    return buffer_status(&host->answer);
}

static RESULT take_request(struct played_host *host, struct slice note)
{
    buffer_clear(&host->request_note);
    buffer_append_slice(&host->request_note, note);
    TRY(buffer_status(&host->request_note));
    TRY(request_open(note, &host->request));
    return grant(host);
}

static int carry(void *context, const char *name, const char *path, const char *body, size_t body_size,
                 const char *authorization, unsigned timeout, char *answer, size_t capacity, size_t *ret_size,
                 int *ret_http_status, char *reason, size_t reason_size)
{
    (void)name;
    (void)authorization;
    (void)timeout;
    struct played_host *host = context;
    struct slice text = buffer_slice(&host->license_note);
    if (strncmp(path, API_INTRODUCE, strlen(API_INTRODUCE)) == 0)
        text = buffer_slice(&host->introduction);
    if (strcmp(path, API_ACTIVATE) == 0) {
        if (!is_ok(take_request(host, slice_make(body, body_size)))) {
            snprintf(reason, reason_size, "the played host failed");
            return AVAL_HOST_UNREACHABLE;
        }
        text = buffer_slice(&host->answer);
    }
    if (text.size > capacity)
        return AVAL_HOST_ANSWER;
    memcpy(answer, text.data, text.size);
    *ret_size = text.size;
    *ret_http_status = 200;
    return AVAL_OK;
}

/* ---- what is timed ---- */

struct timing {
    double us;
    double ed25519_us;
    double verifications; /* in each */
};

/* Runs `work` many times. It returns 0 where all is well. */
static RESULT time_it(int (*work)(void *context), void *context, struct timing *ret_timing)
{
    for (int i = 0; i < WARMUP_ROUNDS; i++)
        ENSURE(work(context) == 0, INTERNAL);
    ed25519_ns = 0;
    ed25519_count = 0;
    const int64_t began = now_ns();
    for (int i = 0; i < ROUNDS; i++)
        ENSURE(work(context) == 0, INTERNAL);
    const double passed = (double)(now_ns() - began);
    *ret_timing =
        (struct timing){passed / ROUNDS / 1000, (double)ed25519_ns / ROUNDS / 1000, (double)ed25519_count / ROUNDS};
    return RESULT_OK;
}

static int verify_answer(void *context)
{
    const struct played_host *host = context;
    struct answer answer;
    struct believed believed;
    if (!is_ok(answer_read(buffer_slice(&host->answer), &answer)))
        return -1;
    const struct belief belief = {
        .vendor_keys = signing_key_verifier(host->vendor_key),
        .vendor_key_count = 1,
        .vendor = VENDOR,
        .product = "studio",
        .edition = "pro",
        .machine_key = &host->request.machine_key,
        .awaited = buffer_slice(&host->request_note),
        .number = host->request.number,
        .asked = &host->request.host_key,
        .hardware = &host->request.hardware,
        .now = clock_now(),
        .fresh = true,
    };
    return is_ok(believe(&belief, buffer_slice(&host->license_note), answer.proof, &believed)) ? 0 : -1;
}

/* As the host does it for each request. */
static int verify_request(void *context)
{
    const struct played_host *host = context;
    struct request request;
    return is_ok(request_open(buffer_slice(&host->request_note), &request)) ? 0 : -1;
}

static int ask_status(void *context)
{
    struct aval_status status = {.size = sizeof status};
    return aval_status(context, NULL, &status) == AVAL_OK && status.state == AVAL_LICENSED ? 0 : -1;
}

static int activate(aval_machine *machine, struct played_host *host)
{
    char vendor_key[VERIFIER_KEY_TEXT_SIZE];
    char product_key[PRODUCT_KEY_TEXT_SIZE];
    const struct product_key key = product_key_generic(VENDOR, "studio", "pro");
    const char *hosts[] = {"played"};
    verifier_key_write(signing_key_verifier(host->vendor_key), vendor_key);
    product_key_write(&key, product_key);
    int code = aval_product_install(machine, buffer_text(&host->product_note), host->product_note.size, vendor_key);
    if (code == AVAL_OK)
        code = aval_key_install(machine, product_key);
    if (code == AVAL_OK)
        code = aval_hosts_set(machine, hosts, 1);
    if (code == AVAL_OK)
        code = aval_activate(machine, NULL, NULL);
    return code;
}

struct timings {
    struct timing request;
    struct timing answer;
    struct timing status;
};

static RESULT time_all(struct played_host *host, aval_machine *machine, struct timings *timings)
{
    TRY(time_it(verify_request, host, &timings->request));
    TRY(time_it(verify_answer, host, &timings->answer));
    return time_it(ask_status, machine, &timings->status);
}

static int measure(struct played_host *host, const char *folder, struct timings *timings)
{
    struct aval_options options = {
        .size = sizeof options, .state_folder = folder, .transport = carry, .transport_context = host};
    aval_machine *machine = NULL;
    int code = aval_open(&options, &machine);
    if (code == AVAL_OK)
        code = activate(machine, host);
    if (code == AVAL_OK && !is_ok(time_all(host, machine, timings)))
        code = AVAL_INTERNAL;
    if (code != AVAL_OK)
        fprintf(stderr, PROGRAM_NAME ": %s: %s\n", aval_code_name(code),
                machine == NULL ? "" : aval_last_message(machine));
    aval_close(machine);
    return code;
}

static void print_timing(const char *name, const struct timing *timing)
{
    printf("\"%s\": {\"us\": %.1f, \"ed25519_us\": %.1f, \"verifications\": %.1f}", name, timing->us,
           timing->ed25519_us, timing->verifications);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

static RESULT run(struct played_host *host, struct timings *timings)
{
    char folder[] = "/tmp/bench-verify.XXXXXX";
    TRY(make_host(host));
    ENSURE(mkdtemp(folder) != NULL, FILE_WRITE);
    const int code = measure(host, folder, timings);
    ENSURE(nftw(folder, remove_one, FOLDERS_OPEN_MAX, FTW_DEPTH | FTW_PHYS) == 0, FILE_WRITE);
    ENSURE(code == AVAL_OK, INTERNAL);
    return RESULT_OK;
}

int main(void)
{
    struct timings timings = {0};
    struct played_host *host = calloc(1, sizeof *host);
    if (host == NULL)
        return EXIT_BUG;
    struct result result = secret_start();
    if (is_ok(result))
        result = run(host, &timings);
    free_host(host);
    free(host);
    if (!is_ok(result)) {
        fprintf(stderr, PROGRAM_NAME ": %s\n", error_info(result_code(result))->name);
        return error_info(result_code(result))->exit_status;
    }
    putchar('{');
    print_timing("request", &timings.request);
    fputs(", ", stdout);
    print_timing("answer", &timings.answer);
    fputs(", ", stdout);
    print_timing("status", &timings.status);
    puts("}");
    return EXIT_FINE;
}
