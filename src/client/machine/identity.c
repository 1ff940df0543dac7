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

void hardware_unreadable(const struct hardware_sources *sources, struct hardware *ret_kinds)
{
    struct hardware kinds = {.count = sources->unreadable_count};
    for (size_t i = 0; i < kinds.count; i++)
        memcpy(kinds.digests[i].kind, sources->unreadable[i], sizeof kinds.digests[i].kind);
    *ret_kinds = kinds;
}

void release_secret(const struct machine_secret *secret, const struct nonce *nonce,
                    uint8_t ret_secret[static RELEASE_SECRET_SIZE])
{
    static const char purpose[] = "aval release v1\n";
    crypto_generichash_state state;
    crypto_generichash_init(&state, secret->secret, ROOT_SECRET_SIZE, RELEASE_SECRET_SIZE);
    crypto_generichash_update(&state, (const uint8_t *)purpose, sizeof purpose - 1);
    crypto_generichash_update(&state, nonce->bytes, NONCE_SIZE);
    crypto_generichash_final(&state, ret_secret, RELEASE_SECRET_SIZE);
    secret_wipe(&state, sizeof state);
}

RESULT identity_load(const aval_machine *machine, struct identity *ret_identity, bool *ret_found, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
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

RESULT secret_load(const aval_machine *machine, const struct machine_id *id, struct machine_secret *ret_secret,
                   struct reason *reason)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    CLEANUP_SECRET struct machine_secret secret = {0};
    bool found = false;
    TRY(state_read(machine->folder, FILE_SECRET, &text, &found, reason));
    struct result outcome = found ? machine_secret_read(buffer_slice(&text), &secret) : FAIL(STATE_BROKEN);
    if (is_ok(outcome) && memcmp(secret.id.bytes, id->bytes, MACHINE_ID_SIZE) != 0)
        outcome = FAIL(STATE_BROKEN);
    if (!is_ok(outcome))
        return reason_say(reason, record_fault(outcome), "%s/" FILE_SECRET, machine->folder);
    *ret_secret = secret;
    return RESULT_OK;
}

/* Makes another machine of this one. The secret is written first: by the identity it is told whose it is. */
static RESULT identity_renew(const aval_machine *machine, struct identity *ret_identity, struct reason *reason)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    CLEANUP_SECRET struct machine_secret secret = {0};
    char folder[PATH_SIZE];
    *ret_identity = (struct identity){.created = machine_now(machine)};
    entropy_fill(ret_identity->id.bytes, sizeof ret_identity->id.bytes);
    entropy_fill(ret_identity->salt, sizeof ret_identity->salt);
    secret.id = ret_identity->id;
    entropy_fill(secret.secret, sizeof secret.secret);
    TRY(machine_secret_write(&secret, &text));
    TRY(path_join(folder, machine->folder, FOLDER_SECRET));
    TRY(folder_make(folder, MODE_SECRET_FOLDER, reason));
    return state_write(machine->folder, FILE_SECRET, buffer_slice(&text), MODE_SECRET, reason);
}

static bool hardware_equal(const struct hardware *a, const struct hardware *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = strcmp(a->digests[i].kind, b->digests[i].kind) == 0 &&
                memcmp(a->digests[i].digest, b->digests[i].digest, DIGEST_SIZE) == 0;
    return equal;
}

/* What has lost its form cannot be used again, and a machine that cannot say who it was is a new one. *ret_found is
 * false where it is. */
static RESULT find_identity(const aval_machine *machine, const struct hardware_sources *sources,
                            struct identity *ret_identity, bool *ret_found, struct reason *reason)
{
    CLEANUP_SECRET struct machine_secret secret = {0};
    struct hardware hardware;
    struct reason words = {.text = ""};
    bool found = false;
    struct result outcome = identity_load(machine, ret_identity, &found, &words);
    if (is_ok(outcome) && found)
        outcome = secret_load(machine, &ret_identity->id, &secret, &words);
    if (!is_ok(outcome) && result_code(outcome) != ERR_STATE_BROKEN)
        return reason_say(reason, outcome, "%s", words.text);
    hardware_digest(sources, ret_identity->salt, &hardware);
    *ret_found = is_ok(outcome) && found && hardware_matches(&ret_identity->hardware, &hardware);
    return RESULT_OK;
}

RESULT identity_secure(const aval_machine *machine, struct identity *ret_identity, struct reason *reason)
{
    struct identity identity = {0};
    struct hardware_sources sources;
    struct hardware hardware;
    bool found = false;
    machine_hardware(machine, &sources);
    TRY(find_identity(machine, &sources, &identity, &found, reason));
    if (!found)
        TRY(identity_renew(machine, &identity, reason));
    hardware_digest(&sources, identity.salt, &hardware);
    if (!found || !hardware_equal(&identity.hardware, &hardware)) {
        CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
        identity.hardware = hardware;
        TRY(identity_write(&identity, &text));
        TRY(state_write(machine->folder, FILE_MACHINE, buffer_slice(&text), MODE_FILE, reason));
    }
    *ret_identity = identity;
    return RESULT_OK;
}

void machine_secret_wipe(struct machine_secret *secret)
{
    secret_wipe(secret, sizeof *secret);
}
