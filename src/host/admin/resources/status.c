/* What a host is doing; see resources.h. */
#include "resources.h"

#include "ledger/recover.h"
#include "proto/admin/status.h"
#include "question.h"

#include <stdio.h>
#include <string.h>

_Static_assert((int)METRICS_DENIALS <= (int)CONTROL_DENIED_MAX, "each code has room in the message");

static void copy_denials(const struct metrics *metrics, struct control_status *status)
{
    size_t count;
    const struct error_info *const codes = error_table(&count);
    for (size_t i = 0; i < count; i++) {
        const uint64_t denials = metrics_denials(metrics, codes[i].code);
        if (denials == 0)
            continue;
        struct control_denied *const denied = &status->denied[status->denied_count++];
        snprintf(denied->code, sizeof denied->code, "%s", codes[i].name);
        denied->count = denials;
    }
}

static void copy_metrics(const struct metrics *metrics, struct control_status *status)
{
#define X(name, kind, unit, help) status->name = (__typeof__(status->name))metrics->name;
    METRICS(X)
#undef X
    if (metrics->trouble != OK)
        snprintf(status->trouble, sizeof status->trouble, "%s", error_info(metrics->trouble)->name);
    copy_denials(metrics, status);
}

/* How each ledger stands; the first that is in trouble is the host's, where that has none of its own. */
static void add_standings(struct engine *engine, struct control_status *status)
{
    for (size_t i = 0; i < status->ledger_count; i++) {
        struct control_ledger *const ledger = &status->ledgers[i];
        struct ledger_standing standing;
        engine_standing(engine, ledger->origin, &standing);
        ledger->newest = standing.newest;
        if (standing.trouble == OK)
            continue;
        snprintf(ledger->trouble, sizeof ledger->trouble, "%s", error_info(standing.trouble)->name);
        memcpy(ledger->shown_origin, standing.shown.seen.origin, sizeof ledger->shown_origin);
        ledger->shown_size = standing.shown.seen.size;
        _Static_assert((int)sizeof ledger->command == (int)RECOVER_COMMAND_SIZE, "one limit");
        recover_command_write(standing.trouble, ledger->vendor, ledger->command);
        if (status->trouble[0] == 0)
            memcpy(status->trouble, ledger->trouble, sizeof status->trouble);
    }
}

/* What is not authorised because its file does not hold; the host's trouble, where that has none of its own. */
static void add_left_out(const struct authority *authority, struct control_status *status)
{
    _Static_assert((int)AUTHORITY_LEFT_OUT_MAX <= (int)CONTROL_LEFT_OUT_MAX, "all that are told have room");
    status->left_out_count = authority->left_out_count;
    for (size_t i = 0; i < authority->left_out_count && i < AUTHORITY_LEFT_OUT_MAX; i++) {
        const struct authority_left_out *const from = &authority->left_out[i];
        struct control_left_out *const to = &status->left_out[status->left_out_shown++];
        memcpy(to->vendor, from->vendor, sizeof to->vendor);
        memcpy(to->file, from->file, sizeof to->file);
        (void)snprintf(to->code, sizeof to->code, "%s", error_info(from->code)->name);
        to->line = from->line;
    }
    if (status->trouble[0] == 0 && status->left_out_shown > 0)
        memcpy(status->trouble, status->left_out[0].code, sizeof status->trouble);
}

/* What could not be read again; the host's trouble, where that has none of its own. */
static void add_reading(const struct control_options *options, struct control_status *status)
{
    options->reading(options->reload_context, &status->reading);
    if (status->trouble[0] == 0 && status->reading.refused_count > 0)
        memcpy(status->trouble, status->reading.refused[0].code, sizeof status->trouble);
}

/* Where it is required and there is none, that is the host's trouble before any other: no machine is given anything. */
static void add_site(const struct authority *authority, struct control_status *status)
{
    status->site_required = authority->site_required;
    status->site_keys = authority->site_keys == NULL ? 0 : authority->site_keys->count;
    if (status->site_required && status->site_keys == 0)
        (void)snprintf(status->trouble, sizeof status->trouble, "%s", error_info(ERR_SITE_KEY_ABSENT)->name);
}

static RESULT show_status(struct admin_question *question, struct reason *reason)
{
    (void)reason;
    const struct rows *const rows = &question->rows;
    __attribute__((cleanup(control_status_free))) struct control_status status = {.now = rows->now,
                                                                                  .port = question->options->port};
    TRY(slice_copy_text(slice_of(rows->authority->host), status.host, sizeof status.host));
    TRY(slice_copy_text(slice_of(AVAL_VERSION), status.version, sizeof status.version));
    TRY(rows_ledgers(rows, &status.ledgers, &status.ledger_count));
    TRY(rows_licenses(rows, &status.licenses, &status.license_count));
    struct metrics metrics;
    engine_metrics(question->options->engine, &metrics);
    copy_metrics(&metrics, &status);
    add_standings(question->options->engine, &status);
    add_left_out(rows->authority, &status);
    add_reading(question->options, &status);
    add_site(rows->authority, &status);
    return control_status_write(&status, question->out);
}

void resource_status(void *context, struct http_request *request)
{
    question_answer(context, request, show_status);
}
