/* The machine's own records: reader and writer of each side by side; see records.h. */
#include "records.h"

#include "base/cursor.h"
#include "base/secret.h"
#include "machine/sources.h"

#include <string.h>

/* A line `KEY VALUE`; the value, or an empty slice after a failure. */
static struct slice field(struct cursor *cursor, const char *key)
{
    const size_t size = strlen(key);
    const struct slice line = cursor_line(cursor);
    if (cursor_failed(cursor))
        return (struct slice){0};
    if (!slice_starts_with(line, key) || line.size < size + 2 || line.data[size] != ' ') {
        cursor_fail(cursor, FAIL(DOCUMENT_MISSING_KEY));
        return (struct slice){0};
    }
    return slice_make(line.data + size + 1, line.size - size - 1);
}

/* Keeps the failure of reading a value. */
static void take(struct cursor *cursor, struct result result)
{
    if (!is_ok(result))
        cursor_fail(cursor, result);
}

static struct cursor begin(struct slice text, const char *first_line)
{
    struct cursor cursor = cursor_make(text);
    if (text.size > RECORD_MAX)
        cursor_fail(&cursor, FAIL(TEXT_TOO_LONG));
    const struct slice line = cursor_line(&cursor);
    if (!cursor_failed(&cursor) && !slice_is(line, first_line))
        cursor_fail(&cursor, FAIL(DOCUMENT_TYPE));
    return cursor;
}

static void write_time(const char *key, seconds time, struct buffer *out)
{
    char text[TIME_TEXT_SIZE];
    time_write(time, text);
    buffer_printf(out, "%s %s\n", key, text);
}

/* `KIND BASE64` */
static RESULT digest_read(struct slice value, struct hardware_digest *ret_digest)
{
    const uint8_t *space = value.size > 0 ? memchr(value.data, ' ', value.size) : NULL;
    ENSURE(space != NULL, DOCUMENT_VALUE);
    const struct slice kind = slice_make(value.data, (size_t)(space - value.data));
    const struct slice base64 = slice_make(space + 1, value.size - kind.size - 1);
    TRY(hardware_kind_check(kind));
    TRY(slice_copy_text(kind, ret_digest->kind, sizeof ret_digest->kind));
    return base64_read_exactly(base64, ret_digest->digest, DIGEST_SIZE);
}

static void hardware_read_lines(struct cursor *cursor, struct hardware *hardware)
{
    while (!cursor_failed(cursor) && !cursor_at_end(cursor)) {
        const struct slice value = field(cursor, "hardware");
        struct hardware_digest digest = {0};
        if (hardware->count == HARDWARE_MAX)
            cursor_fail(cursor, FAIL(DOCUMENT_LIMIT));
        if (cursor_failed(cursor))
            return;
        take(cursor, digest_read(value, &digest));
        if (hardware->count > 0 && strcmp(hardware->digests[hardware->count - 1].kind, digest.kind) >= 0)
            cursor_fail(cursor, FAIL(DOCUMENT_ORDER));
        hardware->digests[hardware->count++] = digest;
    }
}

RESULT identity_read(struct slice text, struct identity *ret_identity)
{
    struct identity identity = {0};
    struct cursor cursor = begin(text, "aval machine v1");
    take(&cursor, machine_id_read(field(&cursor, "machine"), &identity.id));
    take(&cursor, base64_read_exactly(field(&cursor, "salt"), identity.salt, SALT_SIZE));
    take(&cursor, base64_read_exactly(field(&cursor, "secret"), identity.secret, ROOT_SECRET_SIZE));
    take(&cursor, time_read(field(&cursor, "created"), &identity.created));
    hardware_read_lines(&cursor, &identity.hardware);
    const struct result outcome = cursor_finish(&cursor);
    if (is_ok(outcome))
        *ret_identity = identity;
    secret_wipe(&identity, sizeof identity);
    return outcome;
}

RESULT identity_write(const struct identity *identity, struct buffer *out)
{
    char id[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&identity->id, id);
    buffer_printf(out, "aval machine v1\nmachine %s\nsalt ", id);
    buffer_append_base64(out, identity->salt, SALT_SIZE);
    buffer_append_text(out, "\nsecret ");
    buffer_append_base64(out, identity->secret, ROOT_SECRET_SIZE);
    buffer_append_text(out, "\n");
    write_time("created", identity->created, out);
    for (size_t i = 0; i < identity->hardware.count; i++) {
        buffer_printf(out, "hardware %s ", identity->hardware.digests[i].kind);
        buffer_append_base64(out, identity->hardware.digests[i].digest, DIGEST_SIZE);
        buffer_append_text(out, "\n");
    }
    return buffer_status(out);
}

/* Only the spelling that host_address_read writes. */
static RESULT address_read_exactly(struct slice text, char ret_address[static ADDRESS_SIZE])
{
    char address[ADDRESS_SIZE];
    TRY(host_address_read(text, address));
    ENSURE(slice_is(text, address), DOCUMENT_VALUE);
    memcpy(ret_address, address, sizeof address);
    return RESULT_OK;
}

RESULT host_list_read(struct slice text, struct host_list *ret_hosts)
{
    struct host_list hosts = {0};
    struct cursor cursor = begin(text, "aval hosts v1");
    while (!cursor_failed(&cursor) && !cursor_at_end(&cursor)) {
        char address[ADDRESS_SIZE];
        take(&cursor, address_read_exactly(field(&cursor, "host"), address));
        if (cursor_failed(&cursor))
            break;
        const size_t before = hosts.count;
        take(&cursor, host_list_add(&hosts, slice_of(address)));
        if (!cursor_failed(&cursor) && hosts.count == before)
            cursor_fail(&cursor, FAIL(DOCUMENT_DUPLICATE_KEY));
    }
    TRY(cursor_finish(&cursor));
    *ret_hosts = hosts;
    return RESULT_OK;
}

RESULT host_list_write(const struct host_list *hosts, struct buffer *out)
{
    buffer_append_text(out, "aval hosts v1\n");
    for (size_t i = 0; i < hosts->count; i++)
        buffer_printf(out, "host %s\n", hosts->addresses[i]);
    return buffer_status(out);
}

RESULT first_run_read(struct slice text, seconds *ret_time)
{
    seconds time = 0;
    struct cursor cursor = begin(text, "aval first-run v1");
    take(&cursor, time_read(field(&cursor, "time"), &time));
    TRY(cursor_finish(&cursor));
    *ret_time = time;
    return RESULT_OK;
}

RESULT first_run_write(seconds time, struct buffer *out)
{
    buffer_append_text(out, "aval first-run v1\n");
    write_time("time", time, out);
    return buffer_status(out);
}

static RESULT code_read(struct slice text, enum error_code *ret_code)
{
    char name[NAME_SIZE];
    if (slice_is(text, "ok")) {
        *ret_code = OK;
        return RESULT_OK;
    }
    TRY(slice_copy_text(text, name, sizeof name));
    const struct error_info *info = error_by_name(name);
    ENSURE(info != NULL && info->code != OK, DOCUMENT_VALUE);
    *ret_code = info->code;
    return RESULT_OK;
}

/* Any one line of UTF-8: it quotes other people's words. */
static RESULT message_read(struct slice text, char ret_message[static MESSAGE_SIZE])
{
    ENSURE(text.size > 0 && utf8_valid(text), DOCUMENT_VALUE);
    for (size_t i = 0; i < text.size; i++)
        ENSURE(text.data[i] >= 0x20 && text.data[i] != 0x7f, DOCUMENT_VALUE);
    return slice_copy_text(text, ret_message, MESSAGE_SIZE);
}

RESULT last_answer_read(struct slice text, struct last_answer *ret_answer)
{
    struct last_answer answer = {0};
    struct cursor cursor = begin(text, "aval last-answer v1");
    take(&cursor, address_read_exactly(field(&cursor, "host"), answer.host));
    take(&cursor, time_read(field(&cursor, "asked"), &answer.asked));
    take(&cursor, code_read(field(&cursor, "code"), &answer.code));
    take(&cursor, duration_read(field(&cursor, "retry"), &answer.retry));
    take(&cursor, message_read(field(&cursor, "message"), answer.message));
    TRY(cursor_finish(&cursor));
    *ret_answer = answer;
    return RESULT_OK;
}

RESULT last_answer_write(const struct last_answer *answer, struct buffer *out)
{
    char retry[DURATION_TEXT_SIZE];
    duration_write(answer->retry, retry);
    buffer_printf(out, "aval last-answer v1\nhost %s\n", answer->host);
    write_time("asked", answer->asked, out);
    buffer_printf(out, "code %s\nretry %s\nmessage %s\n", answer->code == OK ? "ok" : error_info(answer->code)->name,
                  retry, answer->message);
    return buffer_status(out);
}
