/*
 * The pages of the control interface; see pages.h.
 *
 * Always: reads go through the reader handle, changes through engine_run; no page is longer than CONTROL_PAGE_MAX rows.
 */
#include "pages.h"

#include "host/published.h"
#include "ledger/verification.h"
#include "proto/api.h"
#include "proto/control.h"
#include "rows.h"
#include "store/operators.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Leaves, hashes or machines that one question has looked at; others wait meanwhile. */
enum { VERIFY_BUDGET = 10000 };

/* One question under way. */
struct page {
    const struct control_options *options;
    const struct control_question *question;
    struct authority *authority;
    struct buffer *out;
    char detail[CONTROL_MESSAGE_SIZE]; /* of a failure; "": its sentence says it all */
};

static const char *argument(const struct page *page, const char *name)
{
    return page->question->argument(page->question->context, name);
}

/* A failure of the question itself, in words. */
__attribute__((format(printf, 3, 4))) static struct result because(struct page *page, struct result why,
                                                                   const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(page->detail, sizeof page->detail, format, arguments);
    va_end(arguments);
    return why;
}

static struct rows rows_of(const struct page *page)
{
    return (struct rows){page->options->reader, page->authority, page->options->now()};
}

int control_failed(struct result why, const char *detail, struct buffer *out)
{
    const struct error_info *info = error_info(result_code(why));
    struct control_failure failure = {0};
    const char *message = detail != NULL && *detail != 0 ? detail : info->sentence;
    const size_t size = strlen(message);
    memcpy(failure.code, info->name, strlen(info->name) + 1);
    memcpy(failure.message, message, size < sizeof failure.message ? size : sizeof failure.message - 1);
    buffer_clear(out);
    if (!is_ok(control_failure_write(&failure, out)))
        buffer_clear(out); /* then the status must speak for itself */
    return info->http_status;
}

/* ---- arguments ---- */

static RESULT read_limit(struct page *page, size_t *ret_limit)
{
    const char *text = argument(page, "limit");
    uint64_t limit = CONTROL_PAGE_USUAL;
    if (text != NULL && (!is_ok(decimal_read(slice_of(text), UINT32_MAX, &limit)) || limit == 0))
        return because(page, FAIL(USAGE), "limit is not a number from 1");
    *ret_limit = limit < CONTROL_PAGE_MAX ? (size_t)limit : CONTROL_PAGE_MAX;
    return RESULT_OK;
}

/* Lower-case hex digits of a machine id; false where it is something else. */
static bool read_digits(const char *text, char digits[static MACHINE_ID_TEXT_SIZE])
{
    size_t size = 0;
    for (; text[size] != 0; size++) {
        if (size == MACHINE_ID_TEXT_SIZE - 1 || !isxdigit((unsigned char)text[size]))
            return false;
        digits[size] = (char)tolower((unsigned char)text[size]);
    }
    digits[size] = 0;
    return size > 0;
}

/* The machine whose id is, or alone begins with, the text. */
static RESULT find_machine(struct page *page, const char *text, struct machine_id *ret_machine)
{
    char digits[MACHINE_ID_TEXT_SIZE];
    if (!read_digits(text, digits) || strlen(digits) < MACHINE_PREFIX_LEAST)
        return because(page, FAIL(USAGE), "a machine is named by its id, or by %d or more digits that it begins with",
                       MACHINE_PREFIX_LEAST);
    bool several = false;
    const struct rows rows = rows_of(page);
    const struct result state = rows_find_machine(&rows, digits, ret_machine, &several);
    if (result_code(state) == ERR_NOT_FOUND)
        return because(page, state, "no machine's id begins with %s", digits);
    if (several)
        return because(page, FAIL(USAGE), "several machines' ids begin with %s; give more digits", digits);
    return state;
}

/* ---- status and licenses ---- */

static void copy_counters(const struct engine_counters *counters, struct control_status *status)
{
    status->started = counters->started;
    status->granted = counters->granted;
    status->repeated = counters->repeated;
    status->released = counters->released;
    status->batches = counters->batches;
    status->signatures = counters->signatures;
    status->largest_batch = counters->largest_batch;
    status->queued = counters->queued;
    if (counters->trouble != OK)
        snprintf(status->trouble, sizeof status->trouble, "%s", error_info(counters->trouble)->name);
    for (size_t code = 1; code < sizeof counters->denied / sizeof counters->denied[0]; code++) {
        if (counters->denied[code] == 0)
            continue;
        struct control_denied *denied = &status->denied[status->denied_count++];
        snprintf(denied->code, sizeof denied->code, "%s", error_info((enum error_code)code)->name);
        denied->count = counters->denied[code];
    }
}

static RESULT answer_status(struct page *page)
{
    __attribute__((cleanup(control_status_free))) struct control_status status = {.now = page->options->now(),
                                                                                  .port = page->options->port};
    TRY(slice_copy_text(slice_of(page->authority->host), status.host, sizeof status.host));
    TRY(slice_copy_text(slice_of(AVAL_VERSION), status.version, sizeof status.version));
    const struct rows rows = rows_of(page);
    TRY(rows_ledgers(&rows, &status.ledgers, &status.ledger_count));
    TRY(rows_licenses(&rows, &status.licenses, &status.license_count));
    struct engine_counters counters;
    engine_counters(page->options->engine, &counters);
    copy_counters(&counters, &status);
    return control_status_write(&status, page->out);
}

static RESULT answer_licenses(struct page *page)
{
    __attribute__((cleanup(control_licenses_free))) struct control_licenses licenses = {.now = page->options->now()};
    const struct rows rows = rows_of(page);
    TRY(rows_licenses(&rows, &licenses.licenses, &licenses.count));
    return control_licenses_write(&licenses, page->out);
}

/* ---- ledgers ---- */

static RESULT answer_checkpoint(struct page *page)
{
    struct ledger_choice choice;
    char words[ENGINE_WORDS_SIZE] = "";
    const struct result chosen = ledger_choose(page->options->engine, argument(page, "vendor"), &choice, words);
    if (!is_ok(chosen))
        return because(page, chosen, "%s", words);
    struct control_checkpoint message = {.size = choice.published.size};
    memcpy(message.vendor, choice.vendor, sizeof message.vendor);
    memcpy(message.origin, choice.origin, sizeof message.origin);
    _Static_assert(sizeof message.note == sizeof choice.published.note, "one limit");
    memcpy(message.note, choice.published.note, sizeof message.note);
    struct note *note = malloc(sizeof *note);
    ENSURE(note != NULL, NO_MEMORY);
    struct checkpoint checkpoint;
    struct result read = note_read(slice_of(choice.published.note), note);
    if (is_ok(read))
        read = checkpoint_read(note->text, &checkpoint);
    free(note);
    TRY(read);
    base64_write(checkpoint.root.bytes, HASH_SIZE, message.root);
    return control_checkpoint_write(&message, page->out);
}

/* The body says where to go on; the answer says where that was. */
static RESULT answer_verify(struct page *page)
{
    const char *name = argument(page, "vendor");
    const char *number = argument(page, "epoch");
    const struct authority_vendor *vendor = name == NULL ? NULL : authority_find_vendor(page->authority, name);
    if (vendor == NULL)
        return because(page, FAIL(NOT_FOUND), "no such vendor");
    uint64_t epoch = vendor->epoch;
    if (number != NULL && !is_ok(decimal_read(slice_of(number), vendor->epoch, &epoch)))
        return because(page, FAIL(USAGE), "the ledger has %" PRIu64 " epochs", vendor->epoch);
    struct verification verification;
    struct verification told;
    TRY(verification_begin(&vendor->host_key, epoch, &verification));
    if (page->question->body.size > 0) {
        if (!is_ok(verification_read(page->question->body, &told)) || strcmp(told.origin, verification.origin) != 0)
            return because(page, FAIL(USAGE), "the body is no position of a check of this ledger");
        verification = told;
    }
    __attribute__((cleanup(control_verified_free))) struct control_verified verified;
    TRY(verification_step(page->options->reader, &vendor->host_key, &verification, VERIFY_BUDGET, &verified));
    memcpy(verified.vendor, vendor->vendor, sizeof verified.vendor);
    return control_verified_write(&verified, page->out);
}

/* ---- machines ---- */

/* "LICENSE-MACHINE", as `next` of a page says it. */
static RESULT read_cursor(struct page *page, const char *text, struct machine_entry *ret_after)
{
    const char *dash = strchr(text, '-');
    const size_t size = dash == NULL ? 0 : (size_t)(dash - text);
    uint64_t license = 0;
    struct result state = decimal_read(slice_make(text, size), UINT32_MAX, &license);
    if (is_ok(state))
        state = machine_id_read(slice_of(dash + 1), &ret_after->machine);
    if (!is_ok(state))
        return because(page, FAIL(USAGE), "after is not what a page before said in next");
    ret_after->license = (uint32_t)license;
    return RESULT_OK;
}

static bool is_set(const char *value)
{
    return value != NULL && strcmp(value, "1") == 0;
}

static RESULT answer_machines(struct page *page)
{
    const struct rows rows = rows_of(page);
    struct machine_filter filter = {.now = rows.now,
                                    .blocked_only = is_set(argument(page, "blocked")),
                                    .holding_only = is_set(argument(page, "holding"))};
    TRY(read_limit(page, &filter.limit));
    char digits[MACHINE_ID_TEXT_SIZE];
    const char *find = argument(page, "find");
    if (find != NULL && read_digits(find, digits))
        filter.id_prefix = digits;
    else
        filter.address = find;
    struct machine_entry after;
    const char *cursor = argument(page, "after");
    if (cursor != NULL) {
        TRY(read_cursor(page, cursor, &after));
        filter.after = &after;
    }
    const char *license = argument(page, "license");
    bool asked = true; /* any machine, under that license */
    if (license != NULL) {
        const struct result state = rows_license_number(&rows, license, &filter.license, &asked);
        if (result_code(state) == ERR_NOT_FOUND)
            return because(page, state, "no license %.64s is here", license);
        TRY(state);
    }
    __attribute__((cleanup(control_machines_free))) struct control_machines machines = {.now = rows.now};
    if (asked)
        TRY(rows_machines(&rows, &filter, &machines));
    return control_machines_write(&machines, page->out);
}

static RESULT answer_detail(struct page *page, const struct machine_id *machine)
{
    __attribute__((cleanup(control_detail_free))) struct control_detail detail = {.now = page->options->now()};
    machine_id_write(machine, detail.machine);
    const struct rows rows = rows_of(page);
    const struct machine_filter filter = {.id_prefix = detail.machine, .now = rows.now, .limit = CONTROL_PAGE_MAX};
    struct control_machines machines = {0};
    TRY(rows_machines(&rows, &filter, &machines));
    detail.machines = machines.machines;
    detail.machine_count = machines.count;
    if (machines.count > 0) {
        const struct control_machine *first = &machines.machines[0];
        detail.blocked = first->blocked;
        detail.blocked_since = first->blocked_since;
        memcpy(detail.blocked_reason, first->blocked_reason, sizeof detail.blocked_reason);
    }
    struct control_denials denials = {0};
    TRY(rows_denials(&rows, machine, 0, CONTROL_DENIALS_SHOWN, &denials));
    detail.denials = denials.denials;
    detail.denial_count = denials.count;
    return control_detail_write(&detail, page->out);
}

static RESULT answer_denials(struct page *page)
{
    size_t limit = 0;
    TRY(read_limit(page, &limit));
    uint64_t before = 0;
    const char *text = argument(page, "before");
    if (text != NULL && !is_ok(decimal_read(slice_of(text), INT64_MAX, &before)))
        return because(page, FAIL(USAGE), "before is not a number");
    struct machine_id machine;
    const char *name = argument(page, "machine");
    if (name != NULL)
        TRY(find_machine(page, name, &machine));
    const struct rows rows = rows_of(page);
    __attribute__((cleanup(control_denials_free))) struct control_denials denials = {0};
    TRY(rows_denials(&rows, name == NULL ? NULL : &machine, before, limit, &denials));
    return control_denials_write(&denials, page->out);
}

/* ---- changes ---- */

struct blocking {
    struct machine_id machine;
    seconds now;
    const char *reason; /* NULL: unblock */
};

static RESULT change_blocking(void *context, struct store *store)
{
    const struct blocking *blocking = context;
    if (blocking->reason == NULL)
        return store_unblock(store, &blocking->machine);
    return store_block(store, &blocking->machine, blocking->now, blocking->reason);
}

static RESULT answer_blocking(struct page *page, const struct machine_id *machine, bool block)
{
    struct control_block message = {0};
    if (block && page->question->body.size > 0 && !is_ok(control_block_read(page->question->body, &message)))
        return because(page, FAIL(USAGE), "the body is not {\"reason\": TEXT} of at most 128 characters");
    if (*message.reason != 0 && !is_ok(text_check(slice_of(message.reason))))
        return because(page, FAIL(USAGE), "a reason is one line without space at either end");
    struct blocking blocking = {*machine, page->options->now(), block ? message.reason : NULL};
    const struct result state = engine_run(page->options->engine, change_blocking, &blocking);
    if (!block && result_code(state) == ERR_NOT_FOUND)
        return because(page, state, "the machine is not blocked");
    TRY(state);
    char id[MACHINE_ID_TEXT_SIZE];
    machine_id_write(machine, id);
    LOG_EVENT(page->options->log, LOG_INFO, block ? "blocked" : "unblocked", TEXT_FIELD("machine", id),
              TEXT_FIELD("reason", message.reason));
    return answer_detail(page, machine);
}

static RESULT answer_reload(struct page *page)
{
    struct control_reloaded reloaded = {.done = page->options->reload(page->options->reload_context)};
    struct authority *authority = engine_authority(page->options->engine);
    reloaded.vendors = authority->vendor_count;
    for (size_t i = 0; i < authority->vendor_count; i++)
        reloaded.licenses += authority->vendors[i].license_count;
    authority_release(authority);
    return control_reloaded_write(&reloaded, page->out);
}

/* ---- which page ---- */

/* CONTROL_MACHINE + ID, with /block or /unblock behind it for a POST. */
static RESULT answer_machine(struct page *page, bool post)
{
    const char *name = page->question->path + strlen(CONTROL_MACHINE);
    const size_t size = strcspn(name, "/");
    const char *action = name + size;
    const bool block = strcmp(action, "/block") == 0;
    if (*action != 0 && !block && strcmp(action, "/unblock") != 0)
        return FAIL(NO_SUCH_PAGE);
    if (post != (*action != 0))
        return FAIL(WRONG_METHOD);
    char text[NAME_SIZE];
    struct machine_id machine;
    if (!is_ok(slice_copy_text(slice_make(name, size), text, sizeof text)))
        return FAIL(NO_SUCH_PAGE);
    TRY(find_machine(page, text, &machine));
    return post ? answer_blocking(page, &machine, block) : answer_detail(page, &machine);
}

static const struct route {
    const char *path;
    bool post;
    struct result (*answer)(struct page *page);
} routes[] = {
    {CONTROL_STATUS, false, answer_status},     {CONTROL_LICENSES, false, answer_licenses},
    {CONTROL_MACHINES, false, answer_machines}, {CONTROL_DENIALS, false, answer_denials},
    {CONTROL_RELOAD, true, answer_reload},      {CONTROL_CHECKPOINT, false, answer_checkpoint},
    {CONTROL_VERIFY, true, answer_verify},
};

static RESULT answer(struct page *page)
{
    const bool post = strcmp(page->question->method, "POST") == 0;
    if (!post && strcmp(page->question->method, "GET") != 0)
        return FAIL(WRONG_METHOD);
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(page->question->path, routes[i].path) != 0)
            continue;
        return post == routes[i].post ? routes[i].answer(page) : FAIL(WRONG_METHOD);
    }
    if (strncmp(page->question->path, CONTROL_MACHINE, strlen(CONTROL_MACHINE)) == 0)
        return answer_machine(page, post);
    return FAIL(NO_SUCH_PAGE);
}

int control_page(const struct control_options *options, const struct control_question *question, struct buffer *out)
{
    struct page page = {.options = options, .question = question, .out = out};
    page.authority = engine_authority(options->engine);
    const struct result state = answer(&page);
    authority_release(page.authority);
    return is_ok(state) ? 200 : control_failed(state, page.detail, out);
}
