/*
 * make-ledger LICENSE SEED LEAVES MACHINES > FILE: the export of an honest ledger of any size, to measure the audit
 * with.
 *
 * The leaves are leases of one license, given to so many machines in turn, evenly over the license's time, so that each
 * renews. LICENSE is the license as the vendor signed it; SEED the character of which the host key's seed is made.
 */
#include "base/secret.h"
#include "core/documents/documents.h"
#include "core/tlog/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct forgery {
    struct license license;
    struct signing_key *host_key;
    uint64_t leaves;
    uint64_t machines;
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

static void make_lease(const struct forgery *forgery, uint64_t index, struct lease *lease)
{
    static const char *const KINDS[] = {"board", "disk", "mac"};
    enum { KIND_COUNT = 3, MACHINE = 100, NONCE = 101, LOCK = 102 };
    const struct license *license = &forgery->license;
    const seconds span = license->not_after - license->not_before - DAY;
    const uint64_t machine = index % forgery->machines;
    const struct hash id = noise(MACHINE, machine);
    const struct hash nonce = noise(NONCE, index);
    memset(lease, 0, sizeof *lease);
    memcpy(lease->license, license->id, sizeof lease->license);
    memcpy(lease->vendor, license->vendor, sizeof lease->vendor);
    memcpy(lease->product, license->product, sizeof lease->product);
    memcpy(lease->edition, license->edition, sizeof lease->edition);
    memcpy(lease->machine.bytes, id.bytes, MACHINE_ID_SIZE);
    memcpy(lease->nonce.bytes, nonce.bytes, NONCE_SIZE);
    lease->hardware.count = KIND_COUNT;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        const struct hash digest = noise(i, machine);
        (void)snprintf(lease->hardware.digests[i].kind, sizeof lease->hardware.digests[i].kind, "%s", KINDS[i]);
        memcpy(lease->hardware.digests[i].digest, digest.bytes, DIGEST_SIZE);
    }
    lease->lock = noise(LOCK, machine);
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

static RESULT put_leaf(const struct forgery *forgery, uint64_t index, struct frontier *frontier, struct buffer *out)
{
    static struct lease lease;
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    struct merkle_batch *batch = NULL;
    make_lease(forgery, index, &lease);
    TRY(lease_write(&lease, &text));
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
    const char *origin = forgery->license.host_key.name;
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
    TRY(signing_key_make(slice_of(forgery->license.host_key.name), seed, &forgery->host_key));
    TRY(decimal_read(slice_of(words[3]), TREE_SIZE_MAX, &forgery->leaves));
    return decimal_read(slice_of(words[4]), TREE_SIZE_MAX, &forgery->machines);
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
    const struct error_info *info = error_info(result_code(result));
    if (is_ok(result))
        return EXIT_FINE;
    (void)fprintf(stderr, "make-ledger: %s\n", info->sentence);
    return info->exit_status;
}
