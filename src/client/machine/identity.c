/* Who this machine is; see identity.h. */
#include "identity.h"

#include "base/secret.h"
#include "state/folder.h"
#include "system/clock.h"

#include <sodium.h>
#include <stdio.h>
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

/* Several of one kind stand in the order of their digests, which tells nothing of that of their values. */
static void put_digest(struct hardware *hardware, const struct hardware_digest *digest)
{
    size_t place = hardware->count;
    for (; place > 0; place--) {
        const struct hardware_digest *const before = &hardware->digests[place - 1];
        if (strcmp(before->kind, digest->kind) != 0 || memcmp(before->digest, digest->digest, DIGEST_SIZE) < 0)
            break;
        hardware->digests[place] = *before;
    }
    hardware->digests[place] = *digest;
    hardware->count++;
}

void hardware_digest(const struct hardware_sources *sources, const uint8_t salt[static SALT_SIZE],
                     struct hardware *ret_hardware)
{
    struct hardware hardware = {0};
    for (size_t i = 0; i < sources->count; i++) {
        struct hardware_digest digest;
        digest_one(&sources->sources[i], salt, &digest);
        put_digest(&hardware, &digest);
    }
    *ret_hardware = hardware;
}

void hardware_unreadable(const struct hardware_sources *sources, struct hardware *ret_kinds)
{
    struct hardware kinds = {.count = sources->unreadable_count};
    for (size_t i = 0; i < kinds.count; i++)
        memcpy(kinds.digests[i].kind, sources->unreadable[i], sizeof kinds.digests[i].kind);
    *ret_kinds = kinds;
}

enum { FILE_NAME_SIZE = sizeof FOLDER_MACHINES + NAME_SIZE + 16 };
enum { SECRET_MAX = 2 * VERIFIER_KEY_TEXT_SIZE }; /* more than it can have, so that its reader says what is wrong */

/* FOLDER/VENDOR, of a machine that came later FOLDER/VENDOR+N: a vendor's id is no path, and has no '+'. */
static void name_file(const char *folder, const char *vendor, unsigned place, char ret_name[static FILE_NAME_SIZE])
{
    if (place == 0)
        snprintf(ret_name, FILE_NAME_SIZE, "%s/%s", folder, vendor);
    else
        snprintf(ret_name, FILE_NAME_SIZE, "%s/%s+%u", folder, vendor, place);
}

RESULT identity_load_at(const aval_machine *machine, const char *vendor, unsigned place, struct identity *ret_identity,
                        bool *ret_found, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    char file[FILE_NAME_SIZE];
    bool found = false;
    name_file(FOLDER_MACHINES, vendor, place, file);
    TRY(state_read(machine->folder, file, &text, &found, reason));
    if (found) {
        const struct result outcome = identity_read(buffer_slice(&text), ret_identity);
        if (!is_ok(outcome))
            return reason_say(reason, record_fault(outcome), "%s/%s", machine->folder, file);
        ret_identity->place = place;
    }
    *ret_found = found;
    return RESULT_OK;
}

bool identity_is_of(const struct identity *identity, const struct hardware_sources *sources)
{
    struct hardware now;
    struct hardware unreadable;
    hardware_digest(sources, identity->salt, &now);
    hardware_unreadable(sources, &unreadable);
    const struct hardware then = hardware_readable(&identity->hardware, &unreadable);
    return (then.count > 0 || identity->hardware.count == 0) && hardware_matches(&then, &now);
}

/* Of the machines that came later, this one, where it is among them. One that has lost its form is none. */
static RESULT find_beside(const aval_machine *machine, const char *vendor, const struct hardware_sources *sources,
                          struct identity *ret_identity, bool *ret_found, struct reason *reason)
{
    bool found = true;
    for (unsigned place = 1; found && place < PLACES_MAX; place++) {
        struct identity identity = {0};
        const struct result outcome = identity_load_at(machine, vendor, place, &identity, &found, reason);
        if (!is_ok(outcome) && result_code(outcome) != ERR_STATE_BROKEN)
            return outcome;
        if (!is_ok(outcome) || !found || !identity_is_of(&identity, sources))
            continue;
        *ret_identity = identity;
        *ret_found = true;
        return RESULT_OK;
    }
    return RESULT_OK;
}

RESULT identity_load(const aval_machine *machine, const char *vendor, struct identity *ret_identity, bool *ret_found,
                     struct reason *reason)
{
    struct identity identity = {0};
    struct hardware_sources sources;
    struct reason words = {.text = ""};
    bool found = false;
    const struct result outcome = identity_load_at(machine, vendor, 0, &identity, &found, reason);
    if (!is_ok(outcome) && result_code(outcome) != ERR_STATE_BROKEN)
        return outcome;
    machine_hardware(machine, &sources);
    if (!is_ok(outcome) || !found || !identity_is_of(&identity, &sources)) {
        bool beside = false;
        const struct result looked = find_beside(machine, vendor, &sources, &identity, &beside, &words);
        if (!is_ok(looked))
            return reason_say(reason, looked, "%s", words.text);
        if (!beside && !is_ok(outcome))
            return outcome;
        found = found || beside;
    }
    if (found)
        *ret_identity = identity;
    *ret_found = found;
    return RESULT_OK;
}

RESULT identity_key(const aval_machine *machine, const char *vendor, const struct identity *identity,
                    struct signing_key **ret_key, struct reason *reason)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(SECRET_MAX);
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    char file[FILE_NAME_SIZE];
    bool found = false;
    name_file(FOLDER_SECRET, vendor, identity->place, file);
    TRY(state_read(machine->folder, file, &text, &found, reason));
    struct result outcome = found ? signing_key_read(key_file_text(buffer_slice(&text)), &key) : FAIL(STATE_BROKEN);
    if (is_ok(outcome) && !verifier_key_equal(signing_key_verifier(key), &identity->key))
        outcome = FAIL(STATE_BROKEN);
    if (!is_ok(outcome))
        return reason_say(reason, record_fault(outcome), "%s/%s", machine->folder, file);
    *ret_key = key;
    key = NULL;
    return RESULT_OK;
}

static RESULT make_key(struct signing_key **ret_key)
{
    uint8_t *seed = secret_new(SEED_SIZE);
    ENSURE(seed != NULL, NO_MEMORY);
    entropy_fill(seed, SEED_SIZE);
    const struct result made = machine_key_make(seed, ret_key);
    secret_free(seed);
    return made;
}

/* Makes another machine of this one. The secret half is written first: by the identity it is told whose it is. */
static RESULT identity_renew(const aval_machine *machine, const char *vendor, unsigned place,
                             struct identity *ret_identity, struct reason *reason)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(SECRET_MAX);
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    char folder[PATH_SIZE];
    char file[FILE_NAME_SIZE];
    TRY(make_key(&key));
    *ret_identity =
        (struct identity){.key = *signing_key_verifier(key), .created = machine_now(machine), .place = place};
    ret_identity->id = machine_id_of(ret_identity->key.public_key);
    entropy_fill(ret_identity->salt, sizeof ret_identity->salt);
    signing_key_write(key, &text);
    buffer_append_byte(&text, '\n');
    TRY(buffer_status(&text));
    TRY(path_join(folder, machine->folder, FOLDER_SECRET));
    TRY(kept_make(folder, MODE_SECRET_FOLDER, reason));
    name_file(FOLDER_SECRET, vendor, place, file);
    return state_write(machine->folder, file, buffer_slice(&text), MODE_SECRET, reason);
}

static RESULT identity_store(const aval_machine *machine, const char *vendor, const struct identity *identity,
                             struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    char folder[PATH_SIZE];
    char file[FILE_NAME_SIZE];
    TRY(identity_write(identity, &text));
    TRY(path_join(folder, machine->folder, FOLDER_MACHINES));
    TRY(kept_make(folder, MODE_FOLDER, reason));
    name_file(FOLDER_MACHINES, vendor, identity->place, file);
    return state_write(machine->folder, file, buffer_slice(&text), MODE_FILE, reason);
}

static bool hardware_equal(const struct hardware *a, const struct hardware *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = strcmp(a->digests[i].kind, b->digests[i].kind) == 0 &&
                memcmp(a->digests[i].digest, b->digests[i].digest, DIGEST_SIZE) == 0;
    return equal;
}

/* What is at a place, and whether it can be used: what has lost its form, or its secret half, cannot be again. */
static RESULT look_at(const aval_machine *machine, const char *vendor, unsigned place, struct identity *ret_identity,
                      bool *ret_there, bool *ret_good, struct reason *reason)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    struct reason words = {.text = ""};
    bool found = false;
    struct result outcome = identity_load_at(machine, vendor, place, ret_identity, &found, &words);
    if (is_ok(outcome) && found)
        outcome = identity_key(machine, vendor, ret_identity, &key, &words);
    if (!is_ok(outcome) && result_code(outcome) != ERR_STATE_BROKEN)
        return reason_say(reason, outcome, "%s", words.text);
    *ret_there = found || !is_ok(outcome);
    *ret_good = is_ok(outcome) && found;
    return RESULT_OK;
}

/* This machine among those of the folder. Where it is none of them, *ret_place is for it: the first at which there is
 * no machine that could come back, or that of the oldest. */
static RESULT find_identity(const aval_machine *machine, const char *vendor, const struct hardware_sources *sources,
                            struct identity *ret_identity, bool *ret_found, unsigned *ret_place, struct reason *reason)
{
    unsigned empty = PLACES_MAX;
    unsigned oldest = 0;
    seconds created = TIME_MAX;
    bool there = true;
    for (unsigned place = 0; place < PLACES_MAX && (there || place == 1); place++) {
        struct identity identity = {0};
        bool good = false;
        TRY(look_at(machine, vendor, place, &identity, &there, &good, reason));
        if (good && identity_is_of(&identity, sources)) {
            *ret_identity = identity;
            *ret_found = true;
            return RESULT_OK;
        }
        if (!good && empty == PLACES_MAX)
            empty = place;
        if (good && identity.created < created) {
            oldest = place;
            created = identity.created;
        }
    }
    *ret_place = empty < PLACES_MAX ? empty : oldest;
    return RESULT_OK;
}

RESULT identity_secure(const aval_machine *machine, const char *vendor, struct identity *ret_identity,
                       struct reason *reason)
{
    struct identity identity = {0};
    struct hardware_sources sources;
    unsigned place = 0;
    bool found = false;
    machine_hardware(machine, &sources);
    TRY(find_identity(machine, vendor, &sources, &identity, &found, &place, reason));
    if (!found) {
        TRY(identity_renew(machine, vendor, place, &identity, reason));
        hardware_digest(&sources, identity.salt, &identity.hardware);
        TRY(identity_store(machine, vendor, &identity, reason));
    }
    *ret_identity = identity;
    return RESULT_OK;
}

RESULT identity_settle(const aval_machine *machine, const char *vendor, const struct identity *identity,
                       const struct hardware *hardware, struct reason *reason)
{
    struct identity settled = *identity;
    if (hardware_equal(&identity->hardware, hardware))
        return RESULT_OK;
    settled.hardware = *hardware;
    return identity_store(machine, vendor, &settled, reason);
}
