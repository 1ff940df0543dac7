/* See revoked.h. */
#include "revoked.h"

#include <string.h>

static bool holds_license(const struct revocations *revocations, const char *id)
{
    for (size_t i = 0; i < revocations->license_count; i++)
        if (strcmp(revocations->licenses[i], id) == 0)
            return true;
    return false;
}

static bool holds_host_key(const struct revocations *revocations, const struct verifier_key *key)
{
    for (size_t i = 0; i < revocations->host_key_count; i++)
        if (verifier_key_equal(&revocations->host_keys[i], key))
            return true;
    return false;
}

bool revoked_holds_all(const struct revocations *revocations, const struct revocations *other)
{
    bool all = true;
    for (size_t i = 0; i < other->license_count; i++)
        all = all && holds_license(revocations, other->licenses[i]);
    for (size_t i = 0; i < other->host_key_count; i++)
        all = all && holds_host_key(revocations, &other->host_keys[i]);
    for (size_t i = 0; i < other->vendor_key_count; i++)
        all = all && revocations_hold_signer(revocations, &other->vendor_keys[i]);
    return all;
}

static RESULT join_keys(struct revocations *revocations, const struct revocations *other)
{
    for (size_t i = 0; i < other->host_key_count; i++) {
        if (holds_host_key(revocations, &other->host_keys[i]))
            continue;
        ENSURE(revocations->host_key_count < REVOKED_MAX, DOCUMENT_LIMIT);
        revocations->host_keys[revocations->host_key_count++] = other->host_keys[i];
    }
    for (size_t i = 0; i < other->vendor_key_count; i++) {
        if (revocations_hold_signer(revocations, &other->vendor_keys[i]))
            continue;
        ENSURE(revocations->vendor_key_count < VENDOR_KEYS_MAX, DOCUMENT_LIMIT);
        revocations->vendor_keys[revocations->vendor_key_count++] = other->vendor_keys[i];
    }
    return RESULT_OK;
}

RESULT revoked_join(struct revocations *revocations, const struct revocations *other)
{
    for (size_t i = 0; i < other->license_count; i++) {
        if (holds_license(revocations, other->licenses[i]))
            continue;
        ENSURE(revocations->license_count < REVOKED_MAX, DOCUMENT_LIMIT);
        memcpy(revocations->licenses[revocations->license_count++], other->licenses[i],
               sizeof revocations->licenses[0]);
    }
    return join_keys(revocations, other);
}
