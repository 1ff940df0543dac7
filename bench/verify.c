/*
 * bench-verify: what a lease costs the machine. Times the full verification of an answer, and libaval's aval_status
 * from the stored state, each beside the Ed25519 verifications that happened within it (timed where they are called:
 * the linker wraps crypto_sign_verify_detached).
 *
 * Always: no network. A host of a million leaves is played in this process, behind libaval's own transport hook.
 */
#include "base/secret.h"
#include "bench/load/machines.h"
#include "core/rules/believe.h"
#include "core/tlog/merkle.h"
#include "proto/answer.h"
#include "proto/api.h"
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
    struct buffer answer; /* the last one given, and the request behind it */
    struct request request;
};

/* ---- Ed25519, counted and timed ---- */

static int64_t ed25519_ns;
static uint64_t ed25519_count;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
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
    host->license.host_key = *signing_key_verifier(host->key);
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

static RESULT make_host(struct played_host *host)
{
    host->license_note = buffer_make(NOTE_MAX);
    host->product_note = buffer_make(NOTE_MAX);
    host->answer = buffer_make(ANSWER_MAX);
    TRY(make_key(VENDOR, &host->vendor_key));
    TRY(make_key(HOST_KEY, &host->key));
    TRY(make_product(host));
    TRY(make_license(host));
    return grow_tree(host);
}

static void free_host(struct played_host *host)
{
    buffer_free(&host->license_note);
    buffer_free(&host->product_note);
    buffer_free(&host->answer);
    signing_key_free(host->vendor_key);
    signing_key_free(host->key);
}

static RESULT write_lease(const struct played_host *host, struct buffer *out)
{
    const struct request *request = &host->request;
    struct lease lease = {.license = "bench", .vendor = VENDOR, .product = "studio", .edition = "pro"};
    lease.machine = request->machine;
    lease.hardware = request->hardware;
    lease.nonce = request->nonce;
    lease.lock = request->lock;
    lease.issued = clock_now();
    lease.expires = lease.issued + host->license.lease;
    if (lease.expires > host->license.not_after)
        lease.expires = host->license.not_after;
    lease.renew_after = host->license.renew;
    lease.retry_after = host->license.retry;
    lease.features = host->license.features;
    return lease_write(&lease, out);
}

/* Grants host->request; the answer is host->answer. */
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

static int carry(void *context, const char *name, const char *path, const char *body, size_t body_size,
                 unsigned timeout, char *answer, size_t capacity, size_t *ret_size, int *ret_http_status, char *reason,
                 size_t reason_size)
{
    (void)name;
    (void)timeout;
    struct played_host *host = context;
    struct slice text = buffer_slice(&host->license_note);
    if (strcmp(path, API_ACTIVATE) == 0) {
        if (!is_ok(request_read(slice_make(body, body_size), &host->request)) || !is_ok(grant(host))) {
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
        .machine = host->request.machine,
        .nonce = host->request.nonce,
        .hardware = &host->request.hardware,
        .now = clock_now(),
        .fresh = true,
    };
    return is_ok(believe(&belief, buffer_slice(&host->license_note), answer.proof, &believed)) ? 0 : -1;
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

static int measure(struct played_host *host, const char *folder, struct timing *ret_answer, struct timing *ret_status)
{
    struct aval_options options = {
        .size = sizeof options, .state_folder = folder, .transport = carry, .transport_context = host};
    aval_machine *machine = NULL;
    int code = aval_open(&options, &machine);
    if (code == AVAL_OK)
        code = activate(machine, host);
    if (code == AVAL_OK && !is_ok(time_it(verify_answer, host, ret_answer)))
        code = AVAL_INTERNAL;
    if (code == AVAL_OK && !is_ok(time_it(ask_status, machine, ret_status)))
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

static RESULT run(struct played_host *host, struct timing *ret_answer, struct timing *ret_status)
{
    char folder[] = "/tmp/bench-verify.XXXXXX";
    TRY(make_host(host));
    ENSURE(mkdtemp(folder) != NULL, FILE_WRITE);
    const int code = measure(host, folder, ret_answer, ret_status);
    ENSURE(nftw(folder, remove_one, FOLDERS_OPEN_MAX, FTW_DEPTH | FTW_PHYS) == 0, FILE_WRITE);
    ENSURE(code == AVAL_OK, INTERNAL);
    return RESULT_OK;
}

int main(void)
{
    struct timing answer = {0};
    struct timing status = {0};
    struct played_host *host = calloc(1, sizeof *host);
    if (host == NULL)
        return EXIT_BUG;
    struct result result = secret_start();
    if (is_ok(result))
        result = run(host, &answer, &status);
    free_host(host);
    free(host);
    if (!is_ok(result)) {
        fprintf(stderr, PROGRAM_NAME ": %s\n", error_info(result_code(result))->name);
        return error_info(result_code(result))->exit_status;
    }
    putchar('{');
    print_timing("answer", &answer);
    fputs(", ", stdout);
    print_timing("status", &status);
    puts("}");
    return EXIT_FINE;
}
