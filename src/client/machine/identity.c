/* Who this machine is; see identity.h. */
#include "identity.h"

#include "base/secret.h"
#include "state/folder.h"
#include "system/clock.h"

#include <sodium.h>
#include <string.h>

/* First bytes of the keyed BLAKE2b-256 of kind, newline, value. */
static void digest_one(const struct hardware_source *source, const uint8_t *salt, struct hardware_digest *ret_digest)
{
    uint8_t full[crypto_generichash_BYTES];
    crypto_generichash_state state;
    crypto_generichash_init(&state, salt, SALT_SIZE, sizeof full);
    crypto_generichash_update(&state, (const uint8_t *)source->kind, strlen(source->kind));
    crypto_generichash_update(&state, (const uint8_t *)"\n", 1);
    crypto_generichash_update(&state, (const uint8_t *)source->value, strlen(source->value));
    crypto_generichash_final(&state, full, sizeof full);
    memcpy(ret_digest->kind, source->kind, sizeof source->kind);
    memcpy(ret_digest->digest, full, DIGEST_SIZE);
}

void hardware_digest(const struct hardware_sources *sources, const uint8_t salt[static SALT_SIZE],
                     struct hardware *ret_hardware)
{
    struct hardware hardware = {.count = sources->count};
    for (size_t i = 0; i < sources->count; i++)
        digest_one(&sources->sources[i], salt, &hardware.digests[i]);
    *ret_hardware = hardware;
}

void release_secret(const struct identity *identity, const struct nonce *nonce,
                    uint8_t ret_secret[static RELEASE_SECRET_SIZE])
{
    static const char purpose[] = "aval release v1\n";
    crypto_generichash_state state;
    crypto_generichash_init(&state, identity->secret, ROOT_SECRET_SIZE, RELEASE_SECRET_SIZE);
    crypto_generichash_update(&state, (const uint8_t *)purpose, sizeof purpose - 1);
    crypto_generichash_update(&state, nonce->bytes, NONCE_SIZE);
    crypto_generichash_final(&state, ret_secret, RELEASE_SECRET_SIZE);
    secret_wipe(&state, sizeof state);
}

static void wipe_and_free(struct buffer *buffer)
{
    if (buffer->data != NULL)
        secret_wipe(buffer->data, buffer->capacity);
    buffer_free(buffer);
}

#define CLEANUP_SECRET_BUFFER __attribute__((cleanup(wipe_and_free)))

RESULT identity_load(const aval_machine *machine, struct identity *ret_identity, bool *ret_found, struct reason *reason)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    bool found = false;
    TRY(state_read(machine->folder, FILE_MACHINE, &text, &found, reason));
    if (found) {
        const struct result outcome = identity_read(buffer_slice(&text), ret_identity);
        if (!is_ok(outcome))
            return reason_say(reason, record_fault(outcome), "%s/" FILE_MACHINE, machine->folder);
    }
    *ret_found = found;
    return RESULT_OK;
}

static void identity_make(struct identity *ret_identity, seconds now)
{
    *ret_identity = (struct identity){.created = now};
    entropy_fill(ret_identity->id.bytes, sizeof ret_identity->id.bytes);
    entropy_fill(ret_identity->salt, sizeof ret_identity->salt);
    entropy_fill(ret_identity->secret, sizeof ret_identity->secret);
}

static bool hardware_equal(const struct hardware *a, const struct hardware *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = strcmp(a->digests[i].kind, b->digests[i].kind) == 0 &&
                memcmp(a->digests[i].digest, b->digests[i].digest, DIGEST_SIZE) == 0;
    return equal;
}

/* What has lost its form cannot be used again, and a machine that cannot say who it was is a new one. */
RESULT identity_secure(const aval_machine *machine, struct identity *ret_identity, struct reason *reason)
{
    CLEANUP_IDENTITY struct identity identity = {0};
    struct hardware_sources sources;
    struct hardware hardware;
    bool found = false;
    machine_hardware(machine, &sources);
    struct reason words = {.text = ""};
    const struct result loaded = identity_load(machine, &identity, &found, &words);
    if (!is_ok(loaded) && result_code(loaded) != ERR_STATE_BROKEN)
        return reason_say(reason, loaded, "%s", words.text);

    hardware_digest(&sources, identity.salt, &hardware);
    if (!is_ok(loaded) || !found || !hardware_matches(&identity.hardware, &hardware)) {
        identity_make(&identity, machine_now(machine));
        hardware_digest(&sources, identity.salt, &hardware);
        found = false;
    }
    if (!found || !hardware_equal(&identity.hardware, &hardware)) {
        identity.hardware = hardware;
        CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(RECORD_MAX);
        TRY(identity_write(&identity, &text));
        TRY(state_write(machine->folder, FILE_MACHINE, buffer_slice(&text), MODE_SECRET, reason));
    }
    *ret_identity = identity;
    return RESULT_OK;
}

void identity_wipe(struct identity *identity)
{
    secret_wipe(identity, sizeof *identity);
}
