/* Machines: lists of them, one with its denials, and blocking; see resources.h. */
#include "resources.h"

#include "matching.h"

#include "base/sentences.h"
#include "proto/admin/machines.h"
#include "question.h"
#include "store/operators.h"

#include <string.h>

/* ---- a list ---- */

/* "LICENSE-MACHINE", as `next` of a list says it. */
static RESULT read_cursor(const char *text, struct machine_entry *ret_after, struct reason *reason)
{
    const char *const dash = strchr(text, '-');
    const size_t size = dash == NULL ? 0 : (size_t)(dash - text);
    uint64_t license = 0;
    struct result state = decimal_read(slice_make(text, size), UINT32_MAX, &license);
    if (is_ok(state))
        state = machine_id_read(slice_of(dash + 1), &ret_after->machine);
    if (!is_ok(state))
        return reason_say(reason, FAIL(USAGE), _("after is not what a page before said in next"));
    ret_after->license = (uint32_t)license;
    return RESULT_OK;
}

/* The machines of one license; *ret_asked is false where no machine has asked for it yet. */
static RESULT choose_license(const struct admin_question *question, const char *license, uint32_t *ret_number,
                             bool *ret_asked, struct reason *reason)
{
    const struct result state = rows_license_number(&question->rows, license, ret_number, ret_asked);
    if (result_code(state) == ERR_NOT_FOUND)
        return reason_say(reason, state, _("no license %.64s is here"), license);
    return state;
}

/* A time as a number of seconds; 0 where it is not asked for. */
static RESULT read_time(const struct admin_question *question, const char *name, seconds *ret_time,
                        struct reason *reason)
{
    const char *const text = question_argument(question, name);
    uint64_t time = 0;
    if (text != NULL && !is_ok(decimal_read(slice_of(text), (uint64_t)TIME_MAX, &time)))
        return reason_say(reason, FAIL(USAGE), _("%s is not a time in seconds"), name);
    *ret_time = (seconds)time;
    return RESULT_OK;
}

static RESULT read_criteria(const struct admin_question *question, struct criteria *ret_criteria, struct reason *reason)
{
    struct criteria criteria = {.text = question_argument(question, "find"),
                                .label = question_argument(question, "label"),
                                .name = question_argument(question, "name"),
                                .product = question_argument(question, "product"),
                                .state = question_argument(question, "state")};
    TRY(read_time(question, "seen", &criteria.seen, reason));
    TRY(read_time(question, "unseen", &criteria.unseen, reason));
    if (criteria.state != NULL && !criteria_is_state(criteria.state))
        return reason_say(reason, FAIL(USAGE),
                          _("state is holding, blocked, reclaimed, released, denied or ended, not '%.32s'"),
                          criteria.state);
    *ret_criteria = criteria;
    return RESULT_OK;
}

static RESULT list_machines(struct admin_question *question, struct reason *reason)
{
    struct machine_filter filter = {.now = question->rows.now,
                                    .blocked_only = question_flag(question, "blocked"),
                                    .holding_only = question_flag(question, "holding")};
    TRY(question_limit(question, &filter.limit, reason));
    struct criteria criteria;
    TRY(read_criteria(question, &criteria, reason));
    struct machine_entry after;
    const char *const cursor = question_argument(question, "after");
    if (cursor != NULL) {
        TRY(read_cursor(cursor, &after, reason));
        filter.after = &after;
    }
    const char *const license = question_argument(question, "license");
    bool asked = true; /* any machine, under that license */
    if (license != NULL)
        TRY(choose_license(question, license, &filter.license, &asked, reason));
    __attribute__((cleanup(control_machines_free))) struct control_machines machines = {.now = question->rows.now};
    if (asked)
        TRY(rows_machines(&question->rows, &filter, &criteria, &machines));
    return control_machines_write(&machines, question->out);
}

void resource_machines(void *context, struct http_request *request)
{
    question_answer(context, request, list_machines);
}

/* ---- one machine ---- */

static RESULT show(struct admin_question *question, const struct machine_id *machine)
{
    __attribute__((cleanup(control_detail_free))) struct control_detail detail = {.now = question->options->now()};
    machine_id_write(machine, detail.machine);
    const struct rows rows = {question->rows.store, question->rows.authority, detail.now, question->rows.reason};
    const struct machine_filter filter = {.id_prefix = detail.machine, .now = rows.now, .limit = CONTROL_LIST_MAX};
    struct control_machines machines = {0};
    TRY(rows_machines(&rows, &filter, NULL, &machines));
    detail.machines = machines.machines;
    detail.machine_count = machines.count;
    if (machines.count > 0) {
        const struct control_machine *const first = &machines.machines[0];
        detail.blocked = first->blocked;
        detail.blocked_since = first->blocked_since;
        memcpy(detail.blocked_reason, first->blocked_reason, sizeof detail.blocked_reason);
    }
    struct control_denials denials = {0};
    TRY(rows_denials(&rows, machine, 0, CONTROL_DENIALS_SHOWN, &denials));
    detail.denials = denials.denials;
    detail.denial_count = denials.count;
    return control_detail_write(&detail, question->out);
}

static RESULT show_machine(struct admin_question *question, struct reason *reason)
{
    struct machine_id machine;
    TRY(question_machine(question, http_request_name(question->request), &machine, reason));
    return show(question, &machine);
}

void resource_machine(void *context, struct http_request *request)
{
    question_answer(context, request, show_machine);
}

/* ---- labels ---- */

struct labelling {
    struct machine_id machine;
    const char *label;
};

static RESULT change_label(void *context, struct store *store, struct reason *reason)
{
    const struct labelling *const labelling = context;
    return store_label(store, &labelling->machine, labelling->label, reason);
}

static RESULT label(struct admin_question *question, struct reason *reason)
{
    struct labelling labelling;
    struct control_label message;
    TRY(question_machine(question, http_request_name(question->request), &labelling.machine, reason));
    if (!is_ok(control_label_read(http_request_body(question->request), &message)))
        return reason_say(reason, FAIL(USAGE), _("the body is not {\"label\": TEXT} of at most %d bytes"),
                          LABEL_SIZE - 1);
    if (*message.label != 0 && !is_ok(about_text_check(slice_of(message.label), LABEL_SIZE - 1)))
        return reason_say(reason, FAIL(USAGE),
                          _("a label is one line without invisible characters, or space at either end"));
    labelling.label = message.label;
    TRY(engine_run(question->options->engine, change_label, &labelling, reason));
    return show(question, &labelling.machine);
}

void resource_label(void *context, struct http_request *request)
{
    question_answer(context, request, label);
}

/* ---- blocking ---- */

struct blocking {
    struct machine_id machine;
    seconds now;
    const char *why; /* NULL: unblock */
};

static RESULT change_blocking(void *context, struct store *store, struct reason *reason)
{
    const struct blocking *const blocking = context;
    if (blocking->why == NULL)
        return store_unblock(store, &blocking->machine, reason);
    return store_block(store, &blocking->machine, blocking->now, blocking->why, reason);
}

static void log_blocking(const struct admin_question *question, const struct blocking *blocking)
{
    char id[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&blocking->machine, id);
    LOG_EVENT(question->options->log, LOG_INFO, blocking->why == NULL ? "unblocked" : "blocked",
              TEXT_FIELD("machine", id), TEXT_FIELD("reason", blocking->why == NULL ? "" : blocking->why));
}

static RESULT block(struct admin_question *question, struct reason *reason)
{
    struct blocking blocking = {.now = question->rows.now};
    TRY(question_machine(question, http_request_name(question->request), &blocking.machine, reason));
    struct control_block message = {0};
    const struct slice body = http_request_body(question->request);
    if (body.size > 0 && !is_ok(control_block_read(body, &message)))
        return reason_say(reason, FAIL(USAGE), _("the body is not {\"reason\": TEXT} of at most 128 characters"));
    if (*message.reason != 0 && !is_ok(text_check(slice_of(message.reason))))
        return reason_say(reason, FAIL(USAGE), _("a reason is one line without space at either end"));
    blocking.why = message.reason;
    TRY(engine_run(question->options->engine, change_blocking, &blocking, reason));
    log_blocking(question, &blocking);
    return show(question, &blocking.machine);
}

void resource_block(void *context, struct http_request *request)
{
    question_answer(context, request, block);
}

static RESULT unblock(struct admin_question *question, struct reason *reason)
{
    struct blocking blocking = {.now = question->rows.now};
    TRY(question_machine(question, http_request_name(question->request), &blocking.machine, reason));
    const struct result state = engine_run(question->options->engine, change_blocking, &blocking, reason);
    if (result_code(state) == ERR_NOT_FOUND)
        return reason_say(reason, state, _("the machine is not blocked"));
    TRY(state);
    log_blocking(question, &blocking);
    return show(question, &blocking.machine);
}

void resource_unblock(void *context, struct http_request *request)
{
    question_answer(context, request, unblock);
}
