/* The machine's own records, each as one schema of core's form; see records.h. */
#include "records.h"

#include "core/form/form.h"

#include <string.h>

RESULT record_fault(struct result why)
{
    const bool form = error_info(result_code(why))->category == CATEGORY_INPUT;
    return form ? result_at(FAIL(STATE_BROKEN), result_place(why)) : why;
}

/* Only the spelling that host_address_read writes. */
static RESULT address_read_exactly(struct slice text, char ret_address[static ADDRESS_SIZE])
{
    char address[ADDRESS_SIZE];
    TRY(host_address_read(text, address, NULL));
    ENSURE(slice_is(text, address), DOCUMENT_VALUE);
    memcpy(ret_address, address, sizeof address);
    return RESULT_OK;
}

static void form_address(struct form *form, const char *key, char address[static ADDRESS_SIZE])
{
    struct slice value;
    char same[ADDRESS_SIZE];
    if (form_writing(form)) {
        value = slice_make(address, strnlen(address, ADDRESS_SIZE));
        form_put(form, key, value, address_read_exactly(value, same));
    } else if (form_take(form, key, &value)) {
        form_keep(form, address_read_exactly(value, address));
    }
}

static void identity_form(struct form *form, void *record)
{
    struct identity *identity = record;
    form_begin(form, "machine");
    form_machine_key(form, "machine-key", &identity->key, &identity->id);
    form_secret(form, "salt", identity->salt, SALT_SIZE);
    form_time(form, "created", &identity->created);
    form_hardware(form, &identity->hardware);
}

RESULT identity_read(struct slice text, struct identity *ret_identity)
{
    return form_read(text, identity_form, ret_identity, sizeof *ret_identity);
}

RESULT identity_write(const struct identity *identity, struct buffer *out)
{
    return form_write(identity_form, identity, out);
}

static void numbers_form(struct form *form, void *record)
{
    struct numbers *numbers = record;
    form_begin(form, "number");
    form_machine(form, "machine", &numbers->machine);
    form_number(form, "last", &numbers->last, 0, INT64_MAX);
    form_number(form, "released", &numbers->released, 0, INT64_MAX);
    form_check(form, numbers->released <= numbers->last, FAIL(DOCUMENT_VALUE));
}

RESULT numbers_read(struct slice text, struct numbers *ret_numbers)
{
    return form_read(text, numbers_form, ret_numbers, sizeof *ret_numbers);
}

RESULT numbers_write(const struct numbers *numbers, struct buffer *out)
{
    return form_write(numbers_form, numbers, out);
}

/* Whether host `i` of the list stands before `i` as well. */
static bool is_repeated(const struct host_list *hosts, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (strcmp(hosts->addresses[before], hosts->addresses[i]) == 0)
            return true;
    return false;
}

static void host_list_form(struct form *form, void *record)
{
    struct host_list *hosts = record;
    form_begin(form, "hosts");
    for (size_t i = 0; form_next(form, "host", i, &hosts->count, HOSTS_MAX); i++) {
        form_address(form, "host", hosts->addresses[i]);
        if (form_good(form))
            form_check(form, !is_repeated(hosts, i), FAIL(DOCUMENT_DUPLICATE_KEY));
    }
}

RESULT host_list_read(struct slice text, struct host_list *ret_hosts)
{
    return form_read(text, host_list_form, ret_hosts, sizeof *ret_hosts);
}

RESULT host_list_write(const struct host_list *hosts, struct buffer *out)
{
    return form_write(host_list_form, hosts, out);
}

static const char *const tells[] = {[TELL_NOTHING] = "nothing", [TELL_PRODUCT] = "product", [TELL_NAME] = "name"};

static void telling_form(struct form *form, void *record)
{
    struct telling *telling = record;
    form_begin(form, "telling");
    form_choice(form, "tell", tells, sizeof tells / sizeof *tells, &telling->what);
    form_visible_text(form, "name", telling->name, sizeof telling->name);
    form_check(form, telling->name[0] == 0 || telling->what == TELL_NAME, FAIL(DOCUMENT_VALUE));
}

RESULT telling_read(struct slice text, struct telling *ret_telling)
{
    return form_read(text, telling_form, ret_telling, sizeof *ret_telling);
}

RESULT telling_write(const struct telling *telling, struct buffer *out)
{
    return form_write(telling_form, telling, out);
}

static void attached_form(struct form *form, void *record)
{
    struct about_says *says = record;
    form_begin(form, "attached");
    form_about(form, says);
    form_check(form, says->name[0] == 0, FAIL(DOCUMENT_UNKNOWN_KEY));
}

RESULT attached_read(struct slice text, struct about_says *ret_says)
{
    return form_read(text, attached_form, ret_says, sizeof *ret_says);
}

RESULT attached_write(const struct about_says *says, struct buffer *out)
{
    return form_write(attached_form, says, out);
}

static void first_run_form(struct form *form, void *record)
{
    form_begin(form, "first-run");
    form_time(form, "time", record);
}

RESULT first_run_read(struct slice text, seconds *ret_time)
{
    return form_read(text, first_run_form, ret_time, sizeof *ret_time);
}

RESULT first_run_write(seconds time, struct buffer *out)
{
    return form_write(first_run_form, &time, out);
}

/* "ok", or the name of an error. */
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

static void form_code(struct form *form, enum error_code *code)
{
    struct slice value;
    if (form_writing(form))
        form_put(form, "code", slice_of(*code == OK ? "ok" : error_info(*code)->name), RESULT_OK);
    else if (form_take(form, "code", &value))
        form_keep(form, code_read(value, code));
}

/* Any one line of UTF-8, wider than a text of the documents: it quotes other people's words. */
static RESULT message_check(struct slice text)
{
    ENSURE(text.size > 0 && text.size < MESSAGE_SIZE && utf8_valid(text), DOCUMENT_VALUE);
    for (size_t i = 0; i < text.size; i++)
        ENSURE(text.data[i] >= 0x20 && text.data[i] != 0x7f, DOCUMENT_VALUE);
    return RESULT_OK;
}

static void form_message(struct form *form, char message[static MESSAGE_SIZE])
{
    struct slice value;
    if (form_writing(form)) {
        value = slice_make(message, strnlen(message, MESSAGE_SIZE));
        form_put(form, "message", value, message_check(value));
    } else if (form_take(form, "message", &value)) {
        const struct result valid = message_check(value);
        form_keep(form, is_ok(valid) ? slice_copy_text(value, message, MESSAGE_SIZE) : valid);
    }
}

static void form_draw(struct form *form, uint16_t *draw)
{
    uint64_t number = *draw;
    form_number(form, "draw", &number, 0, UINT16_MAX);
    *draw = (uint16_t)number;
}

static void last_answer_form(struct form *form, void *record)
{
    struct last_answer *answer = record;
    form_begin(form, "last-answer");
    form_address(form, "host", answer->host);
    form_time(form, "asked", &answer->asked);
    form_code(form, &answer->code);
    form_duration(form, "retry", &answer->retry);
    form_draw(form, &answer->draw);
    form_number(form, "failures", &answer->failures, 0, INT64_MAX);
    form_message(form, answer->message);
}

RESULT last_answer_read(struct slice text, struct last_answer *ret_answer)
{
    return form_read(text, last_answer_form, ret_answer, sizeof *ret_answer);
}

RESULT last_answer_write(const struct last_answer *answer, struct buffer *out)
{
    return form_write(last_answer_form, answer, out);
}
