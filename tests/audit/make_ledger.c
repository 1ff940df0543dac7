/*
 * make-ledger LICENSE SEED LEAVES MACHINES > FILE: the export of an honest ledger of any size, to measure the audit
 * with.
 *
 * The leaves are leases of one license, given to so many machines in turn, evenly over the license's time, so that each
 * renews, and has then seen the tree after the batch of its lease before. LICENSE is the license as the vendor signed
 * it; SEED the character of which the host key's seed is made. Each machine's key is made of its number.
 */
#include "base/secret.h"
#include "core/documents/documents.h"
#include "core/tlog/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 64 };

struct forgery {
    struct license license;
    struct signing_key *host_key;
    uint64_t leaves;
    uint64_t machines;
    struct seen *seen; /* after so many batches */
};

/* Bytes that look random, from two numbers. */
static struct hash noise(uint64_t kind, uint64_t number)
{
    const uint64_t both[] = {kind, number};
    return hash_of(slice_make(both, sizeof both));
}

static RESULT read_license(const char *path, struct license *ret_license)
{
    static char bytes[NOTE_MAX];
    FILE *file = fopen(path, "rbe");
    ENSURE(file != NULL, FILE_READ);
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    struct note note;
    TRY(note_read(slice_make(bytes, size), &note));
    return license_read(note.text, ret_license);
}

static void make_request(const struct forgery *forgery, uint64_t index, const struct verifier_key *machine_key,
                         struct request *request)
{
    static const char *const KINDS[] = {"board", "disk", "mac"};
    enum { KIND_COUNT = 3 };
    const struct license *license = &forgery->license;
    const uint64_t machine = index % forgery->machines;
    const uint64_t before = index < forgery->machines ? 0 : (index - forgery->machines) / BATCH + 1;
    memset(request, 0, sizeof *request);
    memcpy(request->vendor, license->vendor, sizeof request->vendor);
    memcpy(request->product, license->product, sizeof request->product);
    memcpy(request->edition, license->edition, sizeof request->edition);
    request->machine_key = *machine_key;
    request->machine = machine_id_of(machine_key->public_key);
    request->host_key = license->host_keys[0];
    request->number = index / forgery->machines + 1;
    request->state = STATE_LICENSED;
    request->hardware.count = KIND_COUNT;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct hardware_digest *part = &request->hardware.digests[i];
        const struct hash digest = noise(i, machine);
        (void)snprintf(part->kind, sizeof part->kind, "%s", KINDS[i]);
        memcpy(part->digest, digest.bytes, DIGEST_SIZE);
    }
    request->seen = forgery->seen[before <= index / BATCH ? before : index / BATCH];
}

static void make_lease(const struct forgery *forgery, uint64_t index, struct lease *lease)
{
    const struct license *license = &forgery->license;
    const seconds span = license->not_after - license->not_before - DAY;
    memset(lease, 0, sizeof *lease);
    memcpy(lease->license, license->id, sizeof lease->license);
    lease->issued = license->not_before + (seconds)((double)span * (double)index / (double)forgery->leaves);
    lease->expires = lease->issued + license->lease;
    if (lease->expires > license->not_after)
        lease->expires = license->not_after;
    lease->renew_after = license->renew;
    if (lease->renew_after > lease->expires - lease->issued)
        lease->renew_after = lease->expires - lease->issued;
    lease->retry_after = license->retry;
    lease->features = license->features;
}

static RESULT put(struct buffer *out)
{
    TRY(buffer_status(out));
    ENSURE(fwrite(out->data, 1, out->size, stdout) == out->size, FILE_WRITE);
    buffer_clear(out);
    return RESULT_OK;
}

static RESULT sign_request(const struct forgery *forgery, uint64_t index, seconds time, struct buffer *note)
{
    enum { MACHINE = 100 };
    static struct request request;
    const struct hash seed = noise(MACHINE, index % forgery->machines);
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    CLEANUP_BUFFER struct buffer text = buffer_make(MACHINE_NOTE_MAX);
    TRY(machine_key_make(seed.bytes, &key));
    make_request(forgery, index, signing_key_verifier(key), &request);
    request.time = time;
    TRY(request_write(&request, &text));
    return machine_note_sign(buffer_slice(&text), key, note);
}

/* What machines see of the tree. */
static RESULT keep_seen(const struct forgery *forgery, const struct frontier *frontier)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    struct checkpoint checkpoint = {.size = frontier->size, .root = frontier_root(frontier)};
    const struct verifier_key *key = signing_key_verifier(forgery->host_key);
    (void)snprintf(checkpoint.origin, sizeof checkpoint.origin, "%s", key->name);
    TRY(checkpoint_sign(&checkpoint, forgery->host_key, &note));
    return seen_make(&checkpoint, buffer_slice(&note), key, &forgery->seen[frontier->size / BATCH]);
}

static RESULT put_leaf(const struct forgery *forgery, uint64_t index, struct frontier *frontier, struct buffer *out)
{
    static struct lease lease;
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    struct merkle_batch *batch = NULL;
    if (index % BATCH == 0)
        TRY(keep_seen(forgery, frontier));
    make_lease(forgery, index, &lease);
    TRY(sign_request(forgery, index, lease.issued, &note));
    TRY(lease_write(&lease, buffer_slice(&note), &text));
    const struct hash leaf = merkle_leaf(buffer_slice(&text));
    TRY(merkle_append(frontier, &leaf, 1, &batch));
    merkle_batch_free(batch);
    export_leaf_write(buffer_slice(&text), out);
    return put(out);
}

static RESULT make(const struct forgery *forgery)
{
    CLEANUP_BUFFER struct buffer out = buffer_make(EXPORT_PIECE_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    struct export_header header = {.to = forgery->leaves};
    struct checkpoint checkpoint = {.size = forgery->leaves};
    struct frontier frontier = {0};
    const char *origin = forgery->license.host_keys[0].name;
    (void)snprintf(header.origin, sizeof header.origin, "%s", origin);
    (void)snprintf(checkpoint.origin, sizeof checkpoint.origin, "%s", origin);
    export_header_write(&header, &out);
    TRY(put(&out));
    for (uint64_t i = 0; i < forgery->leaves; i++)
        TRY(put_leaf(forgery, i, &frontier, &out));
    checkpoint.root = frontier_root(&frontier);
    TRY(checkpoint_sign(&checkpoint, forgery->host_key, &note));
    export_end_write(buffer_slice(&note), &out);
    return put(&out);
}

static RESULT prepare(char **words, struct forgery *forgery)
{
    uint8_t seed[SEED_SIZE];
    memset(seed, words[2][0], sizeof seed);
    TRY(secret_start());
    TRY(read_license(words[1], &forgery->license));
    TRY(signing_key_make(slice_of(forgery->license.host_keys[0].name), seed, &forgery->host_key));
    TRY(decimal_read(slice_of(words[3]), TREE_SIZE_MAX, &forgery->leaves));
    TRY(decimal_read(slice_of(words[4]), TREE_SIZE_MAX, &forgery->machines));
    forgery->seen = calloc(forgery->leaves / BATCH + 1, sizeof *forgery->seen);
    ENSURE(forgery->seen != NULL, NO_MEMORY);
    return RESULT_OK;
}

int main(int argc, char **argv)
{
    static struct forgery forgery;
    enum { WORDS = 5 };
    if (argc != WORDS) {
        (void)fprintf(stderr, "usage: make-ledger LICENSE SEED LEAVES MACHINES > FILE\n");
        return EXIT_USAGE;
    }
    struct result result = prepare(argv, &forgery);
    if (is_ok(result))
        result = make(&forgery);
    signing_key_free(forgery.host_key);
    free(forgery.seen);
    const struct error_info *info = error_info(result_code(result));
    if (is_ok(result))
        return EXIT_FINE;
    (void)fprintf(stderr, "make-ledger: %s\n", info->sentence);
    return info->exit_status;
}
