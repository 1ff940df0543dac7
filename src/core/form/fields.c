/* The fields that documents consist of, each read and written side by side; see form.h. */
#include "core/form/form.h"

#include "base/secret.h"

#include <string.h>

/* A text's bytes, also where its final zero is missing. */
static struct slice text_of(const char *text, size_t capacity)
{
    return slice_make(text, strnlen(text, capacity));
}

static void field_text(struct form *form, const char *key, char *text, size_t capacity,
                       RESULT (*check)(struct slice text, size_t max))
{
    struct slice value;
    if (form_writing(form)) {
        value = text_of(text, capacity);
        form_put(form, key, value, check(value, capacity - 1));
    } else if (form_take(form, key, &value)) {
        const struct result valid = check(value, capacity - 1);
        form_keep(form, is_ok(valid) ? slice_copy_text(value, text, capacity) : valid);
    }
}

void form_id(struct form *form, const char *key, char id[static NAME_SIZE])
{
    field_text(form, key, id, NAME_SIZE, name_check);
}

void form_host_name(struct form *form, const char *key, char name[static HOST_NAME_SIZE])
{
    field_text(form, key, name, HOST_NAME_SIZE, name_check);
}

void form_text(struct form *form, const char *key, char *text, size_t capacity)
{
    field_text(form, key, text, capacity, printable_check);
}

void form_number(struct form *form, const char *key, uint64_t *number, uint64_t min, uint64_t max)
{
    struct slice value;
    if (form_writing(form)) {
        struct buffer digits CLEANUP_BUFFER = buffer_make(20);
        buffer_append_decimal(&digits, *number);
        const struct result valid = *number >= min && *number <= max ? buffer_status(&digits) : FAIL(DOCUMENT_VALUE);
        form_put(form, key, buffer_slice(&digits), valid);
    } else if (form_take(form, key, &value)) {
        form_keep(form, decimal_read(value, max, number));
        form_check(form, *number >= min, FAIL(DOCUMENT_VALUE));
    }
}

void form_time(struct form *form, const char *key, seconds *time)
{
    struct slice value;
    if (form_writing(form)) {
        char text[TIME_TEXT_SIZE] = "";
        const bool valid = *time >= 0 && *time <= TIME_MAX;
        if (valid)
            time_write(*time, text);
        form_put(form, key, slice_of(text), valid ? RESULT_OK : FAIL(DOCUMENT_VALUE));
    } else if (form_take(form, key, &value)) {
        form_keep(form, time_read(value, time));
    }
}

void form_duration(struct form *form, const char *key, seconds *duration)
{
    struct slice value;
    if (form_writing(form)) {
        char text[DURATION_TEXT_SIZE] = "";
        const bool valid = *duration >= 0 && *duration <= DURATION_MAX;
        if (valid)
            duration_write(*duration, text);
        form_put(form, key, slice_of(text), valid ? RESULT_OK : FAIL(DOCUMENT_VALUE));
    } else if (form_take(form, key, &value)) {
        form_keep(form, duration_read(value, duration));
    }
}

void form_machine(struct form *form, const char *key, struct machine_id *machine)
{
    struct slice value;
    if (form_writing(form)) {
        char text[MACHINE_ID_TEXT_SIZE];
        machine_id_write(machine, text);
        form_put(form, key, slice_of(text), RESULT_OK);
    } else if (form_take(form, key, &value)) {
        form_keep(form, machine_id_read(value, machine));
    }
}

enum { BYTES_MAX = 64 }; /* longest binary value of any document */

/* Wiped on its way whether it is a secret or not. */
static void field_bytes(struct form *form, const char *key, uint8_t *bytes, size_t size,
                        void (*write)(const void *data, size_t size, char *text))
{
    struct slice value;
    if (form_writing(form)) {
        char text[BASE64_LENGTH(BYTES_MAX) + 1] = "";
        const bool valid = size <= BYTES_MAX;
        if (valid)
            write(bytes, size, text);
        form_put(form, key, slice_of(text), valid ? RESULT_OK : FAIL(INTERNAL));
        secret_wipe(text, sizeof text);
    } else if (form_take(form, key, &value)) {
        form_keep(form, base64_read_exactly(value, bytes, size));
    }
}

void form_bytes(struct form *form, const char *key, uint8_t *bytes, size_t size)
{
    field_bytes(form, key, bytes, size, base64_write);
}

void form_secret(struct form *form, const char *key, uint8_t *bytes, size_t size)
{
    form_keep_secret(form);
    field_bytes(form, key, bytes, size, base64_write_secret);
}

void form_verifier_key(struct form *form, const char *key, struct verifier_key *value)
{
    struct slice text;
    if (form_writing(form)) {
        char written[VERIFIER_KEY_TEXT_SIZE] = "";
        struct verifier_key again;
        struct result valid = FAIL(KEY_FORM);
        if (strnlen(value->name, KEY_NAME_SIZE) < KEY_NAME_SIZE) {
            verifier_key_write(value, written);
            valid = verifier_key_read(slice_of(written), &again);
        }
        form_put(form, key, slice_of(written), valid);
    } else if (form_take(form, key, &text)) {
        form_keep(form, verifier_key_read(text, value));
    }
}

void form_machine_key(struct form *form, const char *key, struct verifier_key *value, struct machine_id *machine)
{
    form_verifier_key(form, key, value);
    if (!form_good(form))
        return;
    const struct machine_id id = machine_id_of(value->public_key);
    char name[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&id, name);
    form_check(form, strcmp(name, value->name) == 0, FAIL(DOCUMENT_VALUE));
    if (form_writing(form))
        form_check(form, memcmp(id.bytes, machine->bytes, MACHINE_ID_SIZE) == 0, FAIL(DOCUMENT_VALUE));
    else
        *machine = id;
}

void form_seen(struct form *form, struct seen *seen, const struct verifier_key *host_key)
{
    uint64_t epoch;
    form_text(form, "seen-origin", seen->origin, sizeof seen->origin);
    form_check(form, !form_good(form) || is_ok(origin_epoch(seen->origin, host_key->name, &epoch)),
               FAIL(DOCUMENT_VALUE));
    form_number(form, "seen-size", &seen->size, 0, INT64_MAX);
    form_bytes(form, "seen-root", seen->root.bytes, HASH_SIZE);
    form_bytes(form, "seen-signature", seen->signature, SIGNATURE_SIZE);
}

void form_shown(struct form *form, struct seen *shown)
{
    form_text(form, "shown-origin", shown->origin, sizeof shown->origin);
    form_number(form, "shown-size", &shown->size, 0, INT64_MAX);
    form_bytes(form, "shown-root", shown->root.bytes, HASH_SIZE);
    form_bytes(form, "shown-signature", shown->signature, SIGNATURE_SIZE);
}

void form_product_key(struct form *form, const char *key, struct product_key *value)
{
    struct slice text;
    if (form_writing(form)) {
        char written[PRODUCT_KEY_TEXT_SIZE] = "";
        const bool valid = value->mode <= PRODUCT_KEY_COUNTED && value->tag <= PRODUCT_KEY_TAG_MAX &&
                           value->serial <= PRODUCT_KEY_SERIAL_MAX;
        if (valid)
            product_key_write(value, written);
        form_put(form, key, slice_of(written), valid ? RESULT_OK : FAIL(DOCUMENT_VALUE));
    } else if (form_take(form, key, &text)) {
        form_keep(form, product_key_read_exactly(text, value));
    }
}

void form_choice(struct form *form, const char *key, const char *const words[], unsigned count, unsigned *index)
{
    struct slice value;
    if (form_writing(form)) {
        const bool valid = *index < count;
        form_put(form, key, slice_of(valid ? words[*index] : ""), valid ? RESULT_OK : FAIL(DOCUMENT_VALUE));
    } else if (form_take(form, key, &value)) {
        unsigned i = 0;
        while (i < count && !slice_is(value, words[i]))
            i++;
        form_check(form, i < count, FAIL(DOCUMENT_VALUE));
        *index = i;
    }
}

static RESULT value_check(struct slice value)
{
    return value.size == 0 ? RESULT_OK : printable_check(value, FEATURE_VALUE_SIZE - 1);
}

/* ID, or ID and VALUE, apart by one space. */
static RESULT feature_read(struct slice text, char name[static NAME_SIZE], char value[static FEATURE_VALUE_SIZE])
{
    const uint8_t *space = memchr(text.data, ' ', text.size);
    const size_t length = space == NULL ? text.size : (size_t)(space - text.data);
    const struct slice id = slice_make(text.data, length);
    TRY(id_check(id));
    TRY(slice_copy_text(id, name, NAME_SIZE));
    if (space == NULL)
        return RESULT_OK;
    const struct slice rest = slice_make(space + 1, text.size - length - 1);
    TRY(printable_check(rest, FEATURE_VALUE_SIZE - 1));
    return slice_copy_text(rest, value, FEATURE_VALUE_SIZE);
}

static void form_feature(struct form *form, char name[static NAME_SIZE], char value[static FEATURE_VALUE_SIZE])
{
    struct slice text;
    if (form_writing(form)) {
        const struct slice id = text_of(name, NAME_SIZE);
        const struct slice says = text_of(value, FEATURE_VALUE_SIZE);
        struct buffer written CLEANUP_BUFFER = buffer_make(FEATURE_TEXT_SIZE);
        buffer_append_slice(&written, id);
        if (says.size > 0)
            buffer_append_byte(&written, ' ');
        buffer_append_slice(&written, says);
        struct result valid = id_check(id);
        if (is_ok(valid))
            valid = value_check(says);
        if (is_ok(valid))
            valid = buffer_status(&written);
        form_put(form, "feature", buffer_slice(&written), valid);
    } else if (form_take(form, "feature", &text)) {
        form_keep(form, feature_read(text, name, value));
    }
}

void form_features(struct form *form, struct features *features)
{
    for (size_t i = 0; form_next(form, "feature", i, &features->count, FEATURES_MAX); i++) {
        form_feature(form, features->names[i], features->values[i]);
        if (i > 0)
            form_ascending(form, features->names[i - 1], features->names[i]);
    }
}

/* KIND and BASE64, apart by one space. */
static RESULT digest_read(struct slice text, struct hardware_digest *ret_digest)
{
    const uint8_t *space = memchr(text.data, ' ', text.size);
    ENSURE(space != NULL, DOCUMENT_VALUE);
    const size_t length = (size_t)(space - text.data);
    const struct slice kind = slice_make(text.data, length);
    TRY(hardware_kind_check(kind));
    TRY(base64_read_exactly(slice_make(space + 1, text.size - length - 1), ret_digest->digest, DIGEST_SIZE));
    return slice_copy_text(kind, ret_digest->kind, sizeof ret_digest->kind);
}

static void form_digest(struct form *form, struct hardware_digest *digest)
{
    struct slice value;
    if (form_writing(form)) {
        const struct slice kind = text_of(digest->kind, sizeof digest->kind);
        char text[64] = ""; /* KIND of at most 15 bytes, a space, 24 of base64 */
        memcpy(text, kind.data, kind.size);
        text[kind.size] = ' ';
        base64_write(digest->digest, DIGEST_SIZE, text + kind.size + 1);
        form_put(form, "hardware", slice_of(text), hardware_kind_check(kind));
    } else if (form_take(form, "hardware", &value)) {
        form_keep(form, digest_read(value, digest));
    }
}

/* Several of one kind, such as a machine's disks, by their digests. */
static void form_digests_ascend(struct form *form, const struct hardware_digest *first,
                                const struct hardware_digest *second)
{
    if (!form_good(form))
        return;
    if (strcmp(first->kind, second->kind) != 0) {
        form_ascending(form, first->kind, second->kind);
        return;
    }
    const int order = memcmp(first->digest, second->digest, DIGEST_SIZE);
    form_check(form, order != 0, FAIL(DOCUMENT_DUPLICATE_KEY));
    form_check(form, order < 0, FAIL(DOCUMENT_ORDER));
}

void form_hardware(struct form *form, struct hardware *hardware)
{
    for (size_t i = 0; form_next(form, "hardware", i, &hardware->count, HARDWARE_MAX); i++) {
        form_digest(form, &hardware->digests[i]);
        if (i > 0)
            form_digests_ascend(form, &hardware->digests[i - 1], &hardware->digests[i]);
    }
}

void form_host_key_name(struct form *form, const struct verifier_key *key, const char *host, const char *vendor)
{
    if (!form_good(form))
        return;
    struct slice of_host;
    struct slice of_vendor;
    const bool valid = is_ok(host_key_name_read(key->name, &of_host, &of_vendor)) && slice_is(of_vendor, vendor) &&
                       (host == NULL || slice_is(of_host, host));
    form_check(form, valid, FAIL(DOCUMENT_VALUE));
}

void form_host_keys(struct form *form, struct verifier_key *keys, size_t *count, size_t max, const char *vendor)
{
    char previous[VERIFIER_KEY_TEXT_SIZE] = "";
    for (size_t i = 0; form_next(form, "host-key", i, count, max); i++) {
        form_verifier_key(form, "host-key", &keys[i]);
        form_host_key_name(form, &keys[i], NULL, vendor);
        if (!form_good(form))
            continue;
        char text[VERIFIER_KEY_TEXT_SIZE];
        verifier_key_write(&keys[i], text);
        form_ascending(form, previous, text);
        memcpy(previous, text, sizeof previous);
    }
}
