/* Revocations: licenses, host keys and vendor's keys that are no longer good. Vendor -> host and machine, signed by the
 * vendor. Schema, reader, writer. */
#include "core/form/form.h"

#include <stdlib.h>
#include <string.h>

static void licenses_form(struct form *form, struct revocations *revocations)
{
    for (size_t i = 0; form_next(form, "license", i, &revocations->license_count, REVOKED_MAX); i++) {
        form_id(form, "license", revocations->licenses[i]);
        if (i > 0)
            form_ascending(form, revocations->licenses[i - 1], revocations->licenses[i]);
    }
}

static void vendor_keys_form(struct form *form, struct revocations *revocations)
{
    char previous[VERIFIER_KEY_TEXT_SIZE] = "";
    struct verifier_key *keys = revocations->vendor_keys;
    for (size_t i = 0; form_next(form, "vendor-key", i, &revocations->vendor_key_count, VENDOR_KEYS_MAX); i++) {
        form_verifier_key(form, "vendor-key", &keys[i]);
        if (!form_good(form))
            continue;
        form_check(form, strcmp(keys[i].name, revocations->vendor) == 0, FAIL(DOCUMENT_VALUE));
        char text[VERIFIER_KEY_TEXT_SIZE];
        verifier_key_write(&keys[i], text);
        form_ascending(form, previous, text);
        memcpy(previous, text, sizeof previous);
    }
}

static void revocations_form(struct form *form, void *document)
{
    struct revocations *revocations = document;
    form_begin(form, "revocations");
    form_id(form, "vendor", revocations->vendor);
    form_number(form, "sequence", &revocations->sequence, 1, UINT64_MAX);
    form_time(form, "issued", &revocations->issued);
    licenses_form(form, revocations);
    form_host_keys(form, revocations->host_keys, &revocations->host_key_count, REVOKED_MAX, revocations->vendor);
    vendor_keys_form(form, revocations);
    form_extensions(form, &revocations->extensions);
}

RESULT revocations_read(struct slice text, struct revocations *ret_revocations)
{
    return form_read(text, revocations_form, ret_revocations, sizeof *ret_revocations);
}

RESULT revocations_write(const struct revocations *revocations, struct buffer *out)
{
    return form_write(revocations_form, revocations, out);
}

static bool holds_key(const struct revocations *revocations, const struct verifier_key *host_key)
{
    for (size_t i = 0; i < revocations->host_key_count; i++)
        if (verifier_key_equal(&revocations->host_keys[i], host_key))
            return true;
    return false;
}

bool revocations_hold(const struct revocations *revocations, const struct license *license,
                      const struct verifier_key *host_key)
{
    if (strcmp(revocations->vendor, license->vendor) != 0)
        return false;
    for (size_t i = 0; i < revocations->license_count; i++)
        if (strcmp(revocations->licenses[i], license->id) == 0)
            return true;
    if (host_key != NULL)
        return holds_key(revocations, host_key);
    size_t held = 0;
    while (held < license->host_key_count && holds_key(revocations, &license->host_keys[held]))
        held++;
    return held == license->host_key_count;
}

unsigned vendor_key_rank(size_t i)
{
    enum { IN_USE, SPARE };
    return i == SPARE ? 0 : i == IN_USE ? 1 : (unsigned)i;
}

bool revocations_newer(const struct revocations *revocations, const struct revocations *than)
{
    return revocations->rank < than->rank ||
           (revocations->rank == than->rank && revocations->sequence > than->sequence);
}

bool revocations_hold_signer(const struct revocations *revocations, const struct verifier_key *vendor_key)
{
    for (size_t i = 0; i < revocations->vendor_key_count; i++)
        if (verifier_key_equal(&revocations->vendor_keys[i], vendor_key))
            return true;
    return false;
}

/* Whether all of the keys that it revokes stand below its signer. */
static RESULT check_ranks(const struct revocations *revocations, const struct verifier_key *keys, size_t key_count)
{
    for (size_t i = 0; i < key_count; i++)
        ENSURE(!revocations_hold_signer(revocations, &keys[i]) || revocations->rank < vendor_key_rank(i), KEY_RANK);
    return RESULT_OK;
}

/* Revocations are too large for the stack. */
RESULT revocations_open(struct slice note, const struct verifier_key *keys, size_t key_count,
                        struct revocations *ret_revocations)
{
    struct slice text;
    const struct verifier_key *signer = NULL;
    TRY(note_open(note, keys, key_count, &text, &signer));
    struct revocations *revocations = malloc(sizeof *revocations);
    ENSURE(revocations != NULL, NO_MEMORY);
    struct result outcome = revocations_read(text, revocations);
    if (is_ok(outcome) && strcmp(revocations->vendor, signer->name) != 0)
        outcome = FAIL(DOCUMENT_VALUE);
    if (is_ok(outcome)) {
        revocations->rank = vendor_key_rank((size_t)(signer - keys));
        outcome = check_ranks(revocations, keys, key_count);
    }
    if (is_ok(outcome))
        *ret_revocations = *revocations;
    free(revocations);
    return outcome;
}
