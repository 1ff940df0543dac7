/*
 * Reads product descriptions by inih; see product_file.h.
 *
 * inih does not say in which line a value stands, so the lines are counted where they are handed to it.
 */
#include "desk/product_file.h"

#include "base/sentences.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* inih cuts longer names off without a word. */
enum { SECTION_MAX = 49 };

struct reading {
    struct slice text;
    size_t position;
    unsigned line;   /* of the last one handed out */
    unsigned header; /* line of a section header behind which no key has come yet; 0: none */
    struct result state;
    struct reason complaint;
    struct product product;
    struct edition *edition; /* of the section; NULL: [product] */
    char section[NAME_SIZE];
    bool in_section;
    bool has_grace;
};

__attribute__((format(printf, 3, 4))) static void complain(struct reading *reading, struct result why,
                                                           const char *format, ...)
{
    if (!is_ok(reading->state))
        return;
    reading->state = why;
    va_list values;
    va_start(values, format);
    (void)vsnprintf(reading->complaint.text, sizeof reading->complaint.text, format, values);
    va_end(values);
}

/* inih says nothing of a section without keys, so that a misplaced one would be lost. */
static void check_header(struct reading *reading)
{
    if (reading->header != 0)
        complain(reading, FAIL_AT(DOCUMENT_MISSING_KEY, reading->header), _("the section is empty"));
}

/* inih's reader: the next line with its newline, like fgets. */
static char *next_line(char *to, int capacity, void *context)
{
    struct reading *reading = context;
    const size_t left = reading->text.size - reading->position;
    if (left == 0 || !is_ok(reading->state))
        return NULL;
    const uint8_t *from = reading->text.data + reading->position;
    const uint8_t *newline = memchr(from, '\n', left);
    const size_t size = newline == NULL ? left : (size_t)(newline - from) + 1;
    reading->line++;
    if (size + 1 > (size_t)capacity) {
        complain(reading, FAIL_AT(TEXT_TOO_LONG, reading->line), _("a line may have %d bytes"), capacity - 2);
        return NULL;
    }
    if (from[0] == '[') {
        check_header(reading);
        reading->header = reading->line;
    }
    memcpy(to, from, size);
    to[size] = '\0';
    reading->position += size;
    return to;
}

static void begin_edition(struct reading *reading, const char *id)
{
    struct product *product = &reading->product;
    if (!is_ok(id_check(slice_of(id)))) {
        complain(reading, FAIL_AT(CONFIG_BAD_VALUE, reading->line),
                 _("[edition %s]: an id has a-z, 0-9, '.', '-', '_'"), id);
        return;
    }
    if (product_edition(product, id) != NULL) {
        complain(reading, FAIL_AT(DOCUMENT_DUPLICATE_KEY, reading->line), _("[edition %s]"), id);
        return;
    }
    if (product->edition_count == EDITIONS_MAX) {
        complain(reading, FAIL_AT(DOCUMENT_LIMIT, reading->line), _("%d editions at most"), EDITIONS_MAX);
        return;
    }
    reading->edition = &product->editions[product->edition_count++];
    memcpy(reading->edition->id, id, strlen(id) + 1);
}

static void begin_section(struct reading *reading, const char *section)
{
    static const char EDITION[] = "edition ";
    if (strlen(section) >= SECTION_MAX) {
        complain(reading, FAIL_AT(TEXT_TOO_LONG, reading->line), _("a section's name may have %d bytes"),
                 SECTION_MAX - 1);
        return;
    }
    (void)snprintf(reading->section, sizeof reading->section, "%s", section);
    reading->in_section = true;
    reading->edition = NULL;
    if (strcmp(section, "product") == 0)
        return;
    if (strncmp(section, EDITION, strlen(EDITION)) == 0) {
        begin_edition(reading, section + strlen(EDITION));
        return;
    }
    complain(reading, FAIL_AT(CONFIG_UNKNOWN_KEY, reading->line), _("[%s]: sections are [product] and [edition ID]"),
             section);
}

/* Sets a text that may be set once. */
static void set_text(struct reading *reading, const char *key, const char *value, char *to, size_t capacity,
                     struct result checked)
{
    if (to[0] != '\0')
        complain(reading, FAIL_AT(DOCUMENT_DUPLICATE_KEY, reading->line), "%s", key);
    else if (!is_ok(checked) || strlen(value) >= capacity)
        complain(reading, FAIL_AT(CONFIG_BAD_VALUE, reading->line), "%s = %s", key, value);
    else
        memcpy(to, value, strlen(value) + 1);
}

static void set_grace(struct reading *reading, const char *value)
{
    if (reading->has_grace)
        complain(reading, FAIL_AT(DOCUMENT_DUPLICATE_KEY, reading->line), "%s", "grace");
    else if (!is_ok(duration_read_loose(slice_of(value), &reading->product.grace)))
        complain(reading, FAIL_AT(CONFIG_BAD_VALUE, reading->line), _("grace = %s: write 30d, 12h or 0s"), value);
    reading->has_grace = true;
}

/* Adds the names of a list that is separated by commas or spaces. */
static void add_features(struct reading *reading, const char *list)
{
    static const char BETWEEN[] = ", \t";
    for (const char *at = list + strspn(list, BETWEEN); *at != '\0'; at += strspn(at, BETWEEN)) {
        const size_t length = strcspn(at, BETWEEN);
        const struct result added = features_add(&reading->edition->features, slice_make(at, length));
        if (!is_ok(added)) {
            const struct result why = result_code(added) == ERR_DOCUMENT_VALUE ? FAIL(CONFIG_BAD_VALUE) : added;
            complain(reading, result_at(why, reading->line), _("features: %.*s"), (int)length, at);
            return;
        }
        at += length;
    }
}

/* inih's handler; the failure is kept in the reading, so that it is told once. */
static int take_value(void *context, const char *section, const char *key, const char *value)
{
    struct reading *reading = context;
    struct product *product = &reading->product;
    if (!is_ok(reading->state))
        return 1;
    reading->header = 0;
    if (!reading->in_section || strcmp(section, reading->section) != 0)
        begin_section(reading, section);
    if (!is_ok(reading->state))
        return 1;
    struct edition *edition = reading->edition;
    if (edition == NULL && strcmp(key, "id") == 0)
        set_text(reading, key, value, product->product, sizeof product->product, id_check(slice_of(value)));
    else if (edition == NULL && strcmp(key, "title") == 0)
        set_text(reading, key, value, product->title, sizeof product->title, text_check(slice_of(value)));
    else if (edition == NULL && strcmp(key, "grace") == 0)
        set_grace(reading, value);
    else if (edition != NULL && strcmp(key, "title") == 0)
        set_text(reading, key, value, edition->title, sizeof edition->title, text_check(slice_of(value)));
    else if (edition != NULL && strcmp(key, "features") == 0)
        add_features(reading, value);
    else
        complain(reading, FAIL_AT(CONFIG_UNKNOWN_KEY, reading->line), _("%s in [%s]"), key, section);
    return 1;
}

/* What must be there and is not. */
static void check_whole(struct reading *reading)
{
    const struct product *product = &reading->product;
    if (product->product[0] == '\0')
        complain(reading, FAIL(DOCUMENT_MISSING_KEY), _("id in [product]"));
    if (product->title[0] == '\0')
        complain(reading, FAIL(DOCUMENT_MISSING_KEY), _("title in [product]"));
    if (product->edition_count == 0)
        complain(reading, FAIL(DOCUMENT_MISSING_KEY), _("at least one [edition ID]"));
    for (size_t i = 0; i < product->edition_count; i++)
        if (product->editions[i].title[0] == '\0')
            complain(reading, FAIL(DOCUMENT_MISSING_KEY), _("title in [edition %s]"), product->editions[i].id);
}

static void parse(struct reading *reading)
{
    if (reading->text.size == 0)
        complain(reading, FAIL(TEXT_EMPTY), "%s", "");
    else if (!utf8_valid(reading->text) || memchr(reading->text.data, 0, reading->text.size) != NULL)
        complain(reading, FAIL(TEXT_NOT_UTF8), "%s", "");
    const int bad_line = ini_parse_stream(next_line, reading, take_value, reading);
    if (bad_line > 0)
        complain(reading, FAIL_AT(CONFIG_SYNTAX, (size_t)bad_line), "%s", "");
    else if (bad_line < 0)
        complain(reading, FAIL(NO_MEMORY), "%s", "");
    check_header(reading);
    check_whole(reading);
}

static int compare_editions(const void *a, const void *b)
{
    return strcmp(((const struct edition *)a)->id, ((const struct edition *)b)->id);
}

RESULT product_file_read(struct slice text, const char *vendor, struct product *ret_product, struct reason *reason)
{
    struct reading reading = {.text = text};
    struct product *product = &reading.product;
    product->grace = GRACE_DEFAULT;
    parse(&reading);
    if (!is_ok(reading.state))
        return reason_say(reason, reading.state, "%s", reading.complaint.text);
    TRY(slice_copy_text(slice_of(vendor), product->vendor, sizeof product->vendor));
    for (size_t i = 0; i < product->edition_count; i++) {
        struct edition *edition = &product->editions[i];
        edition->key = product_key_generic(product->vendor, product->product, edition->id);
    }
    qsort(product->editions, product->edition_count, sizeof product->editions[0], compare_editions);
    *ret_product = *product;
    return RESULT_OK;
}
