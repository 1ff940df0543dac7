/*
 * The values that documents are made of: ids, texts for people, machine ids, features and hardware digests.
 *
 * Always: features and hardware are kept ascending and without repetition. Pure.
 */
#include "core/documents/documents.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

static bool is_letter_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

RESULT name_check(struct slice text, size_t max)
{
    ENSURE(text.size >= 1 && text.size <= max, DOCUMENT_VALUE);
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];
        ENSURE(is_letter_or_digit(c) || c == '.' || c == '-' || c == '_', DOCUMENT_VALUE);
    }
    ENSURE(is_letter_or_digit(text.data[0]) && is_letter_or_digit(text.data[text.size - 1]), DOCUMENT_VALUE);
    return RESULT_OK;
}

RESULT id_check(struct slice text)
{
    return name_check(text, NAME_SIZE - 1);
}

RESULT host_name_check(struct slice text)
{
    return name_check(text, HOST_NAME_SIZE - 1);
}

RESULT host_key_name_read(const char *name, struct slice *ret_host, struct slice *ret_vendor)
{
    const char *const slash = strchr(name, '/');
    ENSURE(slash != NULL, DOCUMENT_VALUE);
    const struct slice host = slice_make(name, (size_t)(slash - name));
    const struct slice vendor = slice_of(slash + 1);
    TRY(host_name_check(host));
    TRY(id_check(vendor));
    *ret_host = host;
    *ret_vendor = vendor;
    return RESULT_OK;
}

_Static_assert((int)KEY_NAME_SIZE >= (int)HOST_NAME_SIZE + (int)NAME_SIZE, "every host's key has room for its name");

RESULT host_key_name_write(struct slice host, struct slice vendor, char ret_name[static KEY_NAME_SIZE])
{
    TRY(host_name_check(host));
    TRY(id_check(vendor));
    memcpy(ret_name, host.data, host.size);
    ret_name[host.size] = '/';
    memcpy(ret_name + host.size + 1, vendor.data, vendor.size);
    ret_name[host.size + 1 + vendor.size] = 0;
    return RESULT_OK;
}

RESULT hardware_kind_check(struct slice text)
{
    ENSURE(text.size >= 1 && text.size < HARDWARE_KIND_SIZE, DOCUMENT_VALUE);
    for (size_t i = 0; i < text.size; i++)
        ENSURE(text.data[i] >= 'a' && text.data[i] <= 'z', DOCUMENT_VALUE);
    return RESULT_OK;
}

/* Control characters are U+0000..U+001F and U+007F..U+009F; the latter are C2 80 to C2 9F in UTF-8. */
RESULT printable_check(struct slice text, size_t max)
{
    ENSURE(text.size >= 1 && text.size <= max && utf8_valid(text), DOCUMENT_VALUE);
    for (size_t i = 0; i < text.size; i++) {
        ENSURE(text.data[i] >= ' ' && text.data[i] != 0x7f, DOCUMENT_VALUE);
        ENSURE(text.data[i] != 0xc2 || text.data[i + 1] >= 0xa0, DOCUMENT_VALUE);
    }
    ENSURE(text.data[0] != ' ' && text.data[text.size - 1] != ' ', DOCUMENT_VALUE);
    return RESULT_OK;
}

RESULT text_check(struct slice text)
{
    return printable_check(text, TEXT_SIZE - 1);
}

struct machine_id machine_id_of(const uint8_t public_key[static PUBLIC_KEY_SIZE])
{
    struct machine_id id;
    const struct hash hash = hash_of(slice_make(public_key, PUBLIC_KEY_SIZE));
    memcpy(id.bytes, hash.bytes, MACHINE_ID_SIZE);
    return id;
}

RESULT machine_id_read(struct slice text, struct machine_id *ret_id)
{
    return hex_read_exactly(text, ret_id->bytes, MACHINE_ID_SIZE);
}

void machine_id_write(const struct machine_id *id, char text[static MACHINE_ID_TEXT_SIZE])
{
    hex_write(id->bytes, MACHINE_ID_SIZE, text);
}

const char *features_value(const struct features *features, const char *name)
{
    for (size_t i = 0; i < features->count; i++)
        if (strcmp(features->names[i], name) == 0)
            return features->values[i];
    return NULL;
}

bool features_have(const struct features *features, const char *name)
{
    return features_value(features, name) != NULL;
}

bool features_within(const struct features *inner, const struct features *outer)
{
    for (size_t i = 0; i < inner->count; i++) {
        const char *value = features_value(outer, inner->names[i]);
        if (value == NULL || strcmp(value, inner->values[i]) != 0)
            return false;
    }
    return true;
}

/* ID or ID=VALUE; no id has a '='. */
static RESULT feature_split(struct slice text, char ret_name[static NAME_SIZE],
                            char ret_value[static FEATURE_VALUE_SIZE])
{
    const uint8_t *sign = text.size == 0 ? NULL : memchr(text.data, '=', text.size);
    const size_t length = sign == NULL ? text.size : (size_t)(sign - text.data);
    const struct slice name = slice_make(text.data, length);
    TRY(id_check(name));
    TRY(slice_copy_text(name, ret_name, NAME_SIZE));
    ret_value[0] = 0;
    if (sign == NULL)
        return RESULT_OK;
    const struct slice value = slice_make(sign + 1, text.size - length - 1);
    TRY(printable_check(value, FEATURE_VALUE_SIZE - 1));
    return slice_copy_text(value, ret_value, FEATURE_VALUE_SIZE);
}

RESULT features_add(struct features *features, struct slice text)
{
    char name[NAME_SIZE] = "";
    char value[FEATURE_VALUE_SIZE] = "";
    TRY(feature_split(text, name, value));
    ENSURE(!features_have(features, name), DOCUMENT_DUPLICATE_KEY);
    ENSURE(features->count < FEATURES_MAX, DOCUMENT_LIMIT);
    size_t place = features->count;
    for (; place > 0 && strcmp(features->names[place - 1], name) > 0; place--) {
        memcpy(features->names[place], features->names[place - 1], NAME_SIZE);
        memcpy(features->values[place], features->values[place - 1], FEATURE_VALUE_SIZE);
    }
    memcpy(features->names[place], name, NAME_SIZE);
    memcpy(features->values[place], value, FEATURE_VALUE_SIZE);
    features->count++;
    return RESULT_OK;
}

void features_write(const struct features *features, size_t i, char text[static FEATURE_TEXT_SIZE])
{
    const char *value = features->values[i];
    (void)snprintf(text, FEATURE_TEXT_SIZE, "%s%s%s", features->names[i], value[0] != 0 ? "=" : "", value);
}

static bool has_digest(const struct hardware *hardware, const struct hardware_digest *digest)
{
    for (size_t i = 0; i < hardware->count; i++)
        if (strcmp(hardware->digests[i].kind, digest->kind) == 0 &&
            memcmp(hardware->digests[i].digest, digest->digest, DIGEST_SIZE) == 0)
            return true;
    return false;
}

/* Whether no digest before it is of its kind: they stand together. */
static bool is_first_of_kind(const struct hardware *hardware, size_t i)
{
    return i == 0 || strcmp(hardware->digests[i - 1].kind, hardware->digests[i].kind) != 0;
}

size_t hardware_kind_count(const struct hardware *hardware)
{
    size_t kinds = 0;
    for (size_t i = 0; i < hardware->count; i++)
        kinds += is_first_of_kind(hardware, i) ? 1 : 0;
    return kinds;
}

size_t hardware_equal_count(const struct hardware *then, const struct hardware *now)
{
    size_t equal = 0;
    bool counted = false; /* a digest of this kind was equal already */
    for (size_t i = 0; i < then->count; i++) {
        counted = counted && !is_first_of_kind(then, i);
        if (!counted && has_digest(now, &then->digests[i])) {
            counted = true;
            equal++;
        }
    }
    return equal;
}

size_t hardware_equal_least(const struct hardware *then)
{
    const size_t kinds = hardware_kind_count(then);
    return kinds < 3 ? kinds : 2;
}

bool hardware_matches(const struct hardware *then, const struct hardware *now)
{
    return hardware_equal_count(then, now) >= hardware_equal_least(then);
}

static bool has_kind(const struct hardware *hardware, const char *kind)
{
    for (size_t i = 0; i < hardware->count; i++)
        if (strcmp(hardware->digests[i].kind, kind) == 0)
            return true;
    return false;
}

struct hardware hardware_readable(const struct hardware *described, const struct hardware *unreadable)
{
    struct hardware part = {0};
    for (size_t i = 0; i < described->count; i++)
        if (unreadable == NULL || !has_kind(unreadable, described->digests[i].kind))
            part.digests[part.count++] = described->digests[i];
    return part;
}

struct hardware_mark hardware_mark(const struct hardware *hardware)
{
    struct slice parts[2 * HARDWARE_MAX];
    struct hardware_mark mark;
    for (size_t i = 0; i < hardware->count; i++) {
        const struct hardware_digest *const digest = &hardware->digests[i];
        parts[2 * i] = slice_make(digest->kind, strlen(digest->kind) + 1);
        parts[2 * i + 1] = slice_make(digest->digest, DIGEST_SIZE);
    }
    const struct hash hash = hash_of_parts(parts, 2 * hardware->count);
    memcpy(mark.bytes, hash.bytes, sizeof mark.bytes);
    return mark;
}

bool hardware_mark_equal(const struct hardware_mark *one, const struct hardware_mark *other)
{
    return memcmp(one->bytes, other->bytes, sizeof one->bytes) == 0;
}

bool hardware_suffices(const struct hardware *hardware)
{
    return has_kind(hardware, HARDWARE_IDENTITY) || hardware_kind_count(hardware) >= 2;
}
