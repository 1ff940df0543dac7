/* The roll of an audit; see roll.h. */
#include "desk/audit/roll.h"

#include <stdlib.h>
#include <string.h>

RESULT roll_make(const char *origin, struct roll *ret_roll)
{
    struct roll roll = {0};
    TRY(slice_copy_text(slice_of(origin), roll.origin, sizeof roll.origin));
    *ret_roll = roll;
    return RESULT_OK;
}

void roll_free(struct roll *roll)
{
    free(roll->licenses);
    free(roll->successions);
    roll->successions = NULL;
    roll->succession_count = 0;
    roll->licenses = NULL;
    roll->count = 0;
    roll->capacity = 0;
}

static RESULT add_key(struct roll *roll, const struct verifier_key *key)
{
    for (size_t i = 0; i < roll->key_count; i++)
        if (verifier_key_equal(&roll->keys[i], key))
            return RESULT_OK;
    ENSURE(roll->key_count < HOST_KEYS_MAX, DOCUMENT_LIMIT);
    roll->keys[roll->key_count++] = *key;
    return RESULT_OK;
}

static RESULT add_license(struct roll *roll, const struct license *license)
{
    if (roll->count == roll->capacity) {
        const size_t capacity = roll->capacity == 0 ? 16 : roll->capacity * 2;
        struct roll_license *licenses = realloc(roll->licenses, capacity * sizeof *licenses);
        ENSURE(licenses != NULL, NO_MEMORY);
        roll->licenses = licenses;
        roll->capacity = capacity;
    }
    roll->licenses[roll->count++] = (struct roll_license){.license = *license};
    return RESULT_OK;
}

static bool has_host(const struct roll *roll, const char *name)
{
    for (size_t i = 0; i < roll->host_count; i++)
        if (strcmp(roll->hosts[i], name) == 0)
            return true;
    return false;
}

static RESULT add_host(struct roll *roll, const char *name)
{
    if (has_host(roll, name))
        return RESULT_OK;
    ENSURE(roll->host_count < HOST_KEYS_MAX, DOCUMENT_LIMIT);
    return slice_copy_text(slice_of(name), roll->hosts[roll->host_count++], KEY_NAME_SIZE);
}

static bool is_known(const struct roll *roll, const struct license *license)
{
    uint64_t epoch;
    for (size_t i = 0; i < license->host_key_count; i++)
        if (has_host(roll, license->host_keys[i].name) ||
            is_ok(origin_epoch(roll->origin, license->host_keys[i].name, &epoch)))
            return true;
    return false;
}

RESULT roll_join(struct roll *roll, const struct license *license)
{
    if (!is_known(roll, license))
        return RESULT_OK;
    for (size_t i = 0; i < license->host_key_count; i++)
        TRY(add_host(roll, license->host_keys[i].name));
    return RESULT_OK;
}

bool roll_is_joined(const struct roll *roll)
{
    return roll->host_count > 1;
}

RESULT roll_add(struct roll *roll, const struct license *license)
{
    if (!is_known(roll, license))
        return RESULT_OK;
    for (size_t i = 0; i < license->host_key_count; i++)
        if (is_ok(origin_epoch(roll->origin, license->host_keys[i].name, &roll->epoch)))
            TRY(add_key(roll, &license->host_keys[i]));
    return add_license(roll, license);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int by_id(const void *a, const void *b)
{
    const struct roll_license *first = a;
    const struct roll_license *second = b;
    return strcmp(first->license.id, second->license.id);
}

void roll_sort(struct roll *roll)
{
    qsort(roll->hosts, roll->host_count, sizeof roll->hosts[0], by_name);
    if (roll->count > 1)
        qsort(roll->licenses, roll->count, sizeof *roll->licenses, by_id);
}

static int id_to_license(const void *id, const void *element)
{
    const struct roll_license *license = element;
    return strcmp(id, license->license.id);
}

const struct roll_license *roll_find(const struct roll *roll, const char *id)
{
    if (roll->count == 0)
        return NULL;
    return bsearch(id, roll->licenses, roll->count, sizeof *roll->licenses, id_to_license);
}

static void add_succession(struct roll *roll, size_t before, size_t by)
{
    const seconds issued = roll->licenses[by].license.issued;
    size_t at = roll->succession_count++;
    for (; at > 0 && roll->licenses[roll->successions[at - 1].by].license.issued < issued; at--)
        roll->successions[at] = roll->successions[at - 1];
    roll->successions[at] = (struct roll_succession){before, by};
}

RESULT roll_follow(struct roll *roll, const struct revocations *revocations)
{
    size_t most = 0;
    for (size_t i = 0; i < roll->count; i++)
        most += roll->licenses[i].license.replaces_count;
    if (most == 0)
        return RESULT_OK;
    roll->successions = calloc(most, sizeof *roll->successions);
    ENSURE(roll->successions != NULL, NO_MEMORY);
    for (size_t by = 0; by < roll->count; by++) {
        const struct license *const license = &roll->licenses[by].license;
        if (license->replaces_count == 0 || revocations_hold(revocations, license, NULL))
            continue;
        for (size_t before = 0; before < roll->count; before++)
            if (license_replaces(license, &roll->licenses[before].license))
                add_succession(roll, before, by);
    }
    return RESULT_OK;
}

const struct roll_license *roll_heir(const struct roll *roll, const struct roll_license *license, seconds now)
{
    for (size_t i = 0; i < roll->succession_count; i++) {
        const struct roll_succession *const succession = &roll->successions[i];
        if (&roll->licenses[succession->before] == license && roll->licenses[succession->by].license.not_before <= now)
            return &roll->licenses[succession->by];
    }
    return license;
}

RESULT roll_trust_only(struct roll *roll, const struct verifier_key *key)
{
    TRY(origin_epoch(roll->origin, key->name, &roll->epoch));
    TRY(add_host(roll, key->name));
    roll->keys[0] = *key;
    roll->key_count = 1;
    return RESULT_OK;
}
