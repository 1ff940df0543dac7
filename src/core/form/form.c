/*
 * The codec behind all documents; see form.h.
 *
 * A form runs in one of three modes: it reads, it writes, or it only collects the keys of its schema. The last serves
 * to say what is wrong with a line that was not expected: is it unknown, there twice, or in the wrong place?
 */
#include "core/form/form.h"

#include "base/secret.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum form_mode { FORM_READ, FORM_WRITE, FORM_KEYS };

enum { KEYS_MAX = 32, EXTENSION_KEY_MAX = 63, EXTENSION_VALUE_MAX = 256, DECIMAL_SIZE = 24 };

struct form {
    enum form_mode mode;
    struct cursor in;   /* reading */
    struct buffer *out; /* writing */
    size_t line;        /* of the last field, 1-based */
    unsigned version;   /* of the document */
    struct result state;
    bool secret;          /* the document has secrets in it */
    bool unexpected;      /* the error is that the next line is not the one that had to come */
    const char *expected; /* which is the one with this key; NULL: none */
    /* collecting */
    bool repeating; /* within a list */
    size_t key_count;
    struct form_key {
        const char *name;
        bool repeats;
    } keys[KEYS_MAX];
};

static void fail(struct form *form, struct result why)
{
    if (is_ok(form->state))
        form->state = result_place(why) != 0 ? why : result_at(why, form->line);
}

static void fail_unexpected(struct form *form, const char *expected)
{
    if (!is_ok(form->state))
        return;
    form->unexpected = true;
    form->expected = expected;
    form->line = form->in.line;
    fail(form, FAIL(DOCUMENT_MISSING_KEY));
}

void form_check(struct form *form, bool condition, struct result why)
{
    if (form->mode != FORM_KEYS && !condition)
        fail(form, why);
}

/* The key of a line: what stands before the first space. */
static struct slice key_of(struct slice line)
{
    const uint8_t *space = line.size == 0 ? NULL : memchr(line.data, ' ', line.size);
    return space == NULL ? line : slice_make(line.data, (size_t)(space - line.data));
}

static bool is_key(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return text.size > 0;
}

static bool next_is(const struct form *form, const char *key)
{
    return slice_is(key_of(cursor_peek_line(&form->in)), key);
}

static void collect(struct form *form, const char *key, bool repeats)
{
    for (size_t i = 0; i < form->key_count; i++)
        if (strcmp(form->keys[i].name, key) == 0) {
            form->keys[i].repeats = true;
            return;
        }
    if (form->key_count < KEYS_MAX)
        form->keys[form->key_count++] = (struct form_key){key, repeats};
}

bool form_take(struct form *form, const char *key, struct slice *ret_value)
{
    if (form->mode == FORM_KEYS)
        collect(form, key, form->repeating);
    if (form->mode != FORM_READ || !is_ok(form->state))
        return false;
    if (!next_is(form, key)) {
        fail_unexpected(form, key);
        return false;
    }
    form->line = form->in.line;
    const struct slice line = cursor_line(&form->in);
    const size_t skipped = strlen(key) + 1;
    if (line.size <= skipped) {
        fail(form, FAIL(DOCUMENT_VALUE));
        return false;
    }
    *ret_value = slice_make(line.data + skipped, line.size - skipped);
    return true;
}

void form_put(struct form *form, const char *key, struct slice value, struct result valid)
{
    form->line++;
    if (!is_ok(valid))
        fail(form, valid);
    if (!is_ok(form->state))
        return;
    buffer_append_text(form->out, key);
    buffer_append_byte(form->out, ' ');
    buffer_append_slice(form->out, value);
    buffer_append_byte(form->out, '\n');
}

void form_keep_secret(struct form *form)
{
    form->secret = true;
}

bool form_writing(const struct form *form)
{
    return form->mode == FORM_WRITE;
}

bool form_good(const struct form *form)
{
    return form->mode != FORM_KEYS && is_ok(form->state);
}

void form_keep(struct form *form, struct result outcome)
{
    if (!is_ok(outcome))
        fail(form, outcome);
}

bool form_next(struct form *form, const char *key, size_t i, size_t *count, size_t max)
{
    if (form->mode == FORM_KEYS) {
        form->repeating = i == 0;
        return i == 0;
    }
    if (!is_ok(form->state) || (form->mode == FORM_READ ? !next_is(form, key) : i >= *count))
        return false;
    if (i >= max) {
        form->line++;
        fail(form, FAIL(DOCUMENT_LIMIT));
        return false;
    }
    if (form->mode == FORM_READ)
        *count = i + 1;
    return true;
}

void form_some(struct form *form, const char *key, size_t count)
{
    if (form->mode == FORM_READ && count == 0)
        fail_unexpected(form, key);
    form_check(form, count > 0, FAIL(DOCUMENT_MISSING_KEY));
}

bool form_optional(struct form *form, const char *key, bool *present)
{
    if (form->mode == FORM_READ)
        *present = next_is(form, key);
    return form->mode == FORM_KEYS || *present;
}

void form_ascending(struct form *form, const char *first, const char *second)
{
    if (!form_good(form))
        return;
    const int order = strcmp(first, second);
    form_check(form, order != 0, FAIL(DOCUMENT_DUPLICATE_KEY));
    form_check(form, order < 0, FAIL(DOCUMENT_ORDER));
}

static bool is_whole_lines(struct slice text)
{
    return text.size > 0 && text.data[text.size - 1] == '\n';
}

static void take_part(struct form *form, struct slice length, struct slice *ret_part, size_t max)
{
    struct cursor *const in = &form->in;
    uint64_t size = 0;
    form_keep(form, decimal_read(length, max, &size));
    form_check(form, size <= in->text.size - in->position, FAIL(TEXT_TRUNCATED));
    if (!is_ok(form->state))
        return;
    const struct slice part = slice_make(in->text.data + in->position, (size_t)size);
    form_check(form, is_whole_lines(part), FAIL(DOCUMENT_VALUE));
    for (size_t end = in->position + part.size; in->position < end;)
        cursor_line(in);
    *ret_part = part;
}

void form_part(struct form *form, const char *key, struct slice *part, size_t max)
{
    struct slice length;
    if (form_writing(form)) {
        char written[DECIMAL_SIZE];
        const int digits = snprintf(written, sizeof written, "%zu", part->size);
        const bool valid = is_whole_lines(*part) && part->size <= max;
        form_put(form, key, slice_make(written, (size_t)digits), valid ? RESULT_OK : FAIL(DOCUMENT_VALUE));
        if (is_ok(form->state))
            buffer_append_slice(form->out, *part);
    } else if (form_take(form, key, &length)) {
        take_part(form, length, part, max);
    }
}

static bool is_extension(struct slice line)
{
    return slice_starts_with(line, "x-");
}

/* One line `x-KEY VALUE` behind the one with the key `previous`. */
static RESULT extension_check(struct slice line, struct slice previous)
{
    const struct slice key = key_of(line);
    ENSURE(is_key(key) && key.size > 2 && key.size <= EXTENSION_KEY_MAX && key.size < line.size, DOCUMENT_VALUE);
    TRY(printable_check(slice_make(line.data + key.size + 1, line.size - key.size - 1), EXTENSION_VALUE_MAX));
    ENSURE(!slice_equal(key, previous), DOCUMENT_DUPLICATE_KEY);
    const size_t shorter = key.size < previous.size ? key.size : previous.size;
    const int order = shorter == 0 ? 0 : memcmp(previous.data, key.data, shorter);
    ENSURE(order < 0 || (order == 0 && previous.size < key.size), DOCUMENT_ORDER);
    return RESULT_OK;
}

/* The lines come from the document when it is read, and from the extensions when they are written. */
void form_extensions(struct form *form, struct extensions *extensions)
{
    if (form->mode == FORM_KEYS)
        return;
    struct cursor written = cursor_make(slice_make(extensions->lines, strnlen(extensions->lines, EXTENSIONS_SIZE)));
    struct cursor *lines = form->mode == FORM_READ ? &form->in : &written;
    struct buffer kept CLEANUP_BUFFER = buffer_make(EXTENSIONS_SIZE - 1);
    struct slice previous = {NULL, 0};
    while (is_ok(form->state) && !cursor_at_end(lines) &&
           (form->mode == FORM_WRITE || is_extension(cursor_peek_line(lines)))) {
        form->line++;
        const struct slice line = cursor_line(lines);
        form_check(form, is_extension(line), FAIL(DOCUMENT_UNKNOWN_KEY));
        form_keep(form, extension_check(line, previous));
        previous = key_of(line);
        buffer_append_slice(&kept, line);
        buffer_append_byte(&kept, '\n');
        form_check(form, is_ok(buffer_status(&kept)), FAIL(DOCUMENT_LIMIT));
    }
    if (!is_ok(form->state))
        return;
    if (form->mode == FORM_WRITE)
        buffer_append_slice(form->out, buffer_slice(&kept));
    else
        form_keep(form, slice_copy_text(buffer_slice(&kept), extensions->lines, EXTENSIONS_SIZE));
}

/* Each line must be UTF-8 without control characters, and the last one must have its end. */
static RESULT lines_check(struct slice text)
{
    ENSURE(text.size > 0, TEXT_EMPTY);
    ENSURE(text.size <= DOCUMENT_MAX, TEXT_TOO_LONG);
    struct cursor cursor = cursor_make(text);
    while (!cursor_at_end(&cursor)) {
        const unsigned number = cursor.line;
        const struct slice line = cursor_peek_line(&cursor);
        const size_t plain = ascii_length(line);
        if (plain < line.size && !utf8_valid(line))
            return FAIL_AT(TEXT_NOT_UTF8, number);
        for (size_t i = plain; i < line.size; i++)
            if (line.data[i] < ' ')
                return FAIL_AT(DOCUMENT_VALUE, number);
        cursor_line(&cursor);
        TRY(cursor.state);
    }
    return RESULT_OK;
}

/* Whether the line is `PREFIXN`, N being a number, and which. */
static bool version_read(struct slice line, const char *prefix, uint64_t *ret_version)
{
    const size_t skipped = strlen(prefix);
    return slice_starts_with(line, prefix) &&
           is_ok(decimal_read(slice_make(line.data + skipped, line.size - skipped), UINT64_MAX, ret_version));
}

static bool is_beginning(struct slice line, const char *whole)
{
    const struct slice text = slice_of(whole);
    return line.size <= text.size && slice_equal(line, slice_make(text.data, line.size));
}

static void begin_reading(struct form *form, const char *prefix, unsigned newest)
{
    const struct result lines = lines_check(form->in.text);
    const bool cut_off = result_code(lines) == ERR_TEXT_TRUNCATED;
    const struct slice line = cursor_peek_line(&form->in);
    uint64_t version = 0;
    const bool versioned = version_read(line, prefix, &version);
    const bool known = versioned && version >= 1 && version <= newest;
    form_check(form, is_ok(lines) || (cut_off && !known && !is_beginning(line, prefix)), lines);
    form_check(form, known || !versioned, FAIL(DOCUMENT_VERSION));
    form_check(form, versioned, FAIL(DOCUMENT_TYPE));
    form_keep(form, lines);
    cursor_line(&form->in);
    form->version = known ? (unsigned)version : 0;
}

enum { PREFIX_SIZE = 64 };

/* `aval TYPE v`; without printf, since every document begins with it. */
static void prefix_write(const char *type, char prefix[static PREFIX_SIZE])
{
    const char *const parts[] = {"aval ", type, " v"};
    size_t length = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const char *c = parts[i]; *c != 0; c++) {
            assert(length < PREFIX_SIZE - 1);
            prefix[length++] = *c;
        }
    prefix[length] = 0;
}

void form_begin_versions(struct form *form, const char *type, unsigned newest, unsigned *version)
{
    if (form->mode == FORM_KEYS)
        return;
    form->line = 1;
    char prefix[PREFIX_SIZE];
    prefix_write(type, prefix);
    if (form->mode == FORM_READ) {
        begin_reading(form, prefix, newest);
        *version = form->version;
        return;
    }
    form->version = *version;
    form_check(form, *version >= 1 && *version <= newest, FAIL(DOCUMENT_VERSION));
    buffer_append_text(form->out, prefix);
    buffer_append_decimal(form->out, *version);
    buffer_append_byte(form->out, '\n');
}

void form_begin(struct form *form, const char *type)
{
    unsigned first = 1;
    form_begin_versions(form, type, first, &first);
}

bool form_since(const struct form *form, unsigned version)
{
    return form->version >= version;
}

/* Whether a line with that key stands in the lines [first, end) of the text. */
static bool has_line(struct slice text, struct slice key, size_t first, size_t end)
{
    struct cursor cursor = cursor_make(text);
    while (!cursor_at_end(&cursor) && !cursor_failed(&cursor) && cursor.line < end) {
        const size_t number = cursor.line;
        if (slice_equal(key_of(cursor_line(&cursor)), key) && number >= first)
            return true;
    }
    return false;
}

/* What is wrong with the next line, which is not the expected one. */
static RESULT explain_unexpected(const struct form *form, form_schema *schema, void *document)
{
    if (cursor_at_end(&form->in))
        return FAIL(DOCUMENT_MISSING_KEY);
    const struct slice text = form->in.text;
    const struct slice line = cursor_peek_line(&form->in);
    const struct slice key = key_of(line);
    if (!is_extension(line)) {
        struct form collected = {.mode = FORM_KEYS, .version = form->version};
        schema(&collected, document);
        const struct form_key *known = NULL;
        for (size_t i = 0; i < collected.key_count; i++)
            if (slice_is(key, collected.keys[i].name))
                known = &collected.keys[i];
        if (known == NULL && form->expected == NULL && !is_key(key))
            return FAIL(TEXT_TRAILING);
        ENSURE(known != NULL, DOCUMENT_UNKNOWN_KEY);
        ENSURE(known->repeats || !has_line(text, key, 1, form->in.line), DOCUMENT_DUPLICATE_KEY);
        ENSURE(form->expected != NULL, DOCUMENT_ORDER);
    }
    const bool later = form->expected != NULL && has_line(text, slice_of(form->expected), form->in.line, SIZE_MAX);
    return later ? FAIL(DOCUMENT_ORDER) : FAIL(DOCUMENT_MISSING_KEY);
}

static RESULT read_all(struct form *form, form_schema *schema, void *document)
{
    schema(form, document);
    if (is_ok(form->state) && !cursor_at_end(&form->in))
        fail_unexpected(form, NULL);
    if (!is_ok(form->state) && form->unexpected)
        form->state = result_at(explain_unexpected(form, schema, document), form->line);
    return form->state;
}

static void drop(const struct form *form, void *document, size_t size)
{
    if (form->secret)
        secret_wipe(document, size);
    free(document);
}

/* *ret_form says whether it has secrets in it. */
static RESULT read_new(struct slice text, form_schema *schema, size_t size, struct form *ret_form, void **ret_document)
{
    *ret_form = (struct form){.mode = FORM_READ, .in = cursor_make(text)};
    ENSURE(text.size > 0, TEXT_EMPTY);
    ENSURE(text.size <= DOCUMENT_MAX, TEXT_TOO_LONG);
    void *const document = calloc(1, size);
    ENSURE(document != NULL, NO_MEMORY);
    const struct result outcome = read_all(ret_form, schema, document);
    if (is_ok(outcome))
        *ret_document = document;
    else
        drop(ret_form, document, size);
    return outcome;
}

RESULT form_read_new(struct slice text, form_schema *schema, size_t size, void **ret_document)
{
    struct form form;
    return read_new(text, schema, size, &form, ret_document);
}

RESULT form_read(struct slice text, form_schema *schema, void *ret_document, size_t size)
{
    struct form form;
    void *document = NULL;
    TRY(read_new(text, schema, size, &form, &document));
    memcpy(ret_document, document, size);
    drop(&form, document, size);
    return RESULT_OK;
}

/* Schemas serve both directions, so their document is not const; a writing form does not change it. */
static void *without_const(const void *document)
{
    void *same;
    memcpy(&same, &document, sizeof same);
    return same;
}

RESULT form_write(form_schema *schema, const void *document, struct buffer *out)
{
    TRY(buffer_status(out));
    const size_t start = out->size;
    struct form form = {.mode = FORM_WRITE, .out = out};
    schema(&form, without_const(document));
    if (is_ok(form.state) && out->size - start > DOCUMENT_MAX)
        form.state = FAIL(TEXT_TOO_LONG);
    if (is_ok(form.state))
        form.state = buffer_status(out);
    if (!is_ok(form.state)) {
        out->size = start;
        out->state = form.state;
    }
    return form.state;
}
