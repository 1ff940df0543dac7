/* avalctl ledger export and checkpoint. */
#include "avalctl.h"

#include "base/sentences.h"
#include "ledger/archive.h"
#include "proto/admin/ledger.h"
#include "proto/api.h"
#include "system/clock.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { QUERY_MAX = 4096 };

#define PART_SUFFIX ".part"

int command_ledger_checkpoint(const struct arguments *arguments, void *context)
{
    (void)context;
    const char *vendor = argument_value(arguments, "vendor", NULL);
    CLEANUP_BUFFER struct buffer query = buffer_make(QUERY_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    buffer_append_text(&query, CONTROL_CHECKPOINT);
    if (vendor != NULL)
        query_add(&query, "vendor", vendor);
    const int asked = ask_query(arguments, vendor, &query, &answer);
    if (asked != EXIT_FINE)
        return asked;
    struct control_checkpoint checkpoint;
    const struct result state = control_checkpoint_read(buffer_slice(&answer), &checkpoint);
    if (!is_ok(state))
        return answer_unreadable(state);
    if (wants_json(arguments))
        print_json(&answer);
    else
        fputs(checkpoint.note, stdout);
    return EXIT_FINE;
}

/* ---- export ---- */

/* Where an export goes: standard output, or a file that gets its name when it is whole. */
struct output {
    const char *path; /* NULL: standard output */
    char part[PATH_SIZE];
    int file;
};

static const char *output_name(const struct output *output)
{
    return output->path == NULL ? _("standard output") : output->path;
}

static RESULT output_open(const char *path, struct output *ret_output, struct reason *reason)
{
    struct output output = {.path = path, .file = STDOUT_FILENO};
    if (path != NULL) {
        const int length = snprintf(output.part, sizeof output.part, "%s" PART_SUFFIX, path);
        ENSURE(length > 0 && (size_t)length < sizeof output.part, TEXT_TOO_LONG);
        output.file = open(output.part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (output.file < 0)
            return reason_say(reason, FAIL(FILE_WRITE), "%s", strerror(errno));
    }
    *ret_output = output;
    return RESULT_OK;
}

static RESULT output_take(void *context, struct slice piece, struct reason *reason)
{
    const struct output *output = context;
    while (piece.size > 0) {
        const ssize_t put = write(output->file, piece.data, piece.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return reason_say(reason, FAIL(FILE_WRITE), "%s: %s", output_name(output), strerror(errno));
        piece = slice_make(piece.data + put, piece.size - (size_t)put);
    }
    return RESULT_OK;
}

/* Ends the writing; what is not whole is removed. */
static RESULT output_close(struct output *output, bool whole, struct reason *reason)
{
    if (output->path == NULL)
        return RESULT_OK;
    const bool synced = whole && fsync(output->file) == 0;
    const bool closed = close(output->file) == 0;
    if (synced && closed && rename(output->part, output->path) == 0)
        return RESULT_OK;
    const struct result failure = reason_say(reason, FAIL(FILE_WRITE), "%s", strerror(errno));
    unlink(output->part);
    return whole ? failure : RESULT_OK;
}

/* What is exported, and where to; `epoch` NULL: the newest. */
struct wanted {
    const char *vendor;
    const char *epoch;
    const char *since;
    const char *path; /* NULL: standard output */
};

/* The question about the part of a ledger that is to be exported. */
static void write_query(const struct wanted *wanted, const char *resource, const char *since, struct buffer *query)
{
    buffer_append_text(query, resource);
    if (wanted->vendor != NULL)
        query_add(query, "vendor", wanted->vendor);
    if (wanted->epoch != NULL)
        query_add(query, "epoch", wanted->epoch);
    if (since != NULL)
        query_add(query, "since", since);
}

static int ask_check(const struct arguments *arguments, const struct wanted *wanted,
                     struct control_archive_check *check)
{
    CLEANUP_BUFFER struct buffer query = buffer_make(QUERY_MAX);
    CLEANUP_BUFFER struct buffer body = buffer_make(CONTROL_BODY_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    write_query(wanted, CONTROL_ARCHIVE_CHECK, wanted->since == NULL ? "0" : wanted->since, &query);
    struct result state = check->looked_at == 0 ? RESULT_OK : control_archive_check_write(check, &body);
    if (!is_ok(state))
        return answer_unreadable(state);
    const int asked = ask_host(arguments, wanted->vendor, "POST", buffer_text(&query), buffer_slice(&body), &answer);
    if (asked != EXIT_FINE)
        return asked;
    state = control_archive_check_read(buffer_slice(&answer), check);
    return is_ok(state) ? EXIT_FINE : answer_unreadable(state);
}

static int say_bad(const struct control_archive_check *check)
{
    char detail[128];
    if (check->bad == 0)
        return EXIT_FINE;
    snprintf(detail, sizeof detail,
             check->bad == 1 ? _("%" PRIu64 " file that the export needs is missing or damaged")
                             : _("%" PRIu64 " files that the export needs are missing or damaged"),
             check->bad);
    const int status = say_failure(AVALCTL, check->first, archive_check_verdict(check), detail);
    say_answer(check->first);
    return status;
}

/* All files of the archive that the export needs are read before it begins: whoever waits for it hears at once which
 * are bad, and not by a file that is cut off. */
static int check_archive(const struct arguments *arguments, const struct wanted *wanted)
{
    struct control_archive_check check = {.finished = false};
    struct progress progress = {.what = _("checking bundle"), .began_ms = clock_monotonic_ms()};
    int status = EXIT_FINE;
    while (status == EXIT_FINE && !check.finished) {
        status = ask_check(arguments, wanted, &check);
        progress.total = check.all;
        progress_show(&progress, check.looked_at, clock_monotonic_ms());
    }
    progress_end(&progress);
    return status == EXIT_FINE ? say_bad(&check) : status;
}

static int export_one(const struct arguments *arguments, const struct wanted *wanted)
{
    CLEANUP_BUFFER struct buffer query = buffer_make(QUERY_MAX);
    write_query(wanted, CONTROL_EXPORT, wanted->since, &query);
    if (!is_ok(buffer_status(&query)))
        return say_usage(AVALCTL, _("the arguments are too long"));
    struct output output = {.path = wanted->path};
    struct reason reason = {.text = ""};
    struct result state = output_open(wanted->path, &output, &reason);
    if (!is_ok(state))
        return say_failure(AVALCTL, output_name(&output), state, reason.text);
    int asked = check_archive(arguments, wanted);
    if (asked == EXIT_FINE)
        asked = ask_stream(arguments, wanted->vendor, buffer_text(&query), output_take, &output);
    state = output_close(&output, asked == EXIT_FINE, &reason);
    return is_ok(state) ? asked : say_failure(AVALCTL, output_name(&output), state, reason.text);
}

/* ---- former epochs ---- */

/* Leaves behind the last signature that there is prove nothing to the vendor. */
static void hint_unsigned(const struct control_epoch *epoch)
{
    if (!epoch->newest && epoch->signed_size < epoch->leaves)
        say_hint(_("%s: the database has %" PRIu64 " leaves, and a signature of %" PRIu64
                   " of them; the others cannot be exported."),
                 epoch->origin, epoch->leaves, epoch->signed_size);
}

static int export_epoch(const struct arguments *arguments, const struct wanted *wanted,
                        const struct control_epochs *epochs)
{
    uint64_t number = 0;
    const bool is_number = is_ok(decimal_read(slice_of(wanted->epoch), UINT64_MAX, &number));
    const int status = export_one(arguments, wanted);
    for (size_t i = 0; status == EXIT_FINE && is_number && i < epochs->count; i++)
        if (epochs->epochs[i].epoch == number)
            hint_unsigned(&epochs->epochs[i]);
    return status;
}

/* One file each. Of an epoch of which nothing is signed there is none. */
static int export_all(const struct arguments *arguments, const struct wanted *wanted,
                      const struct control_epochs *epochs)
{
    int status = EXIT_FINE;
    for (size_t i = 0; i < epochs->count; i++) {
        const struct control_epoch *const epoch = &epochs->epochs[i];
        char number[32];
        char path[PATH_SIZE];
        snprintf(number, sizeof number, "%" PRIu64, epoch->epoch);
        const int length = snprintf(path, sizeof path, "%s.%s", wanted->path, number);
        if (length < 0 || (size_t)length >= sizeof path)
            return say_usage(AVALCTL, _("the arguments are too long"));
        hint_unsigned(epoch);
        if (!epoch->newest && epoch->signed_size == 0)
            continue;
        const struct wanted one = {wanted->vendor, number, NULL, path};
        const int exported = export_one(arguments, &one);
        if (exported == EXIT_FINE)
            say_line("%s", path);
        else if (status == EXIT_FINE)
            status = exported; /* the first failure; the others are exported all the same */
    }
    return status;
}

static int export_epochs(const struct arguments *arguments, const struct wanted *wanted)
{
    const bool all = strcmp(wanted->epoch, "all") == 0;
    struct control_epochs epochs;
    if (all && (wanted->path == NULL || wanted->since != NULL))
        return say_usage(AVALCTL, _("--epoch all writes several files: it needs --output FILE, and takes no --since"));
    int status = ask_epochs(arguments, wanted->vendor, &epochs);
    if (status == EXIT_FINE)
        status = all ? export_all(arguments, wanted, &epochs) : export_epoch(arguments, wanted, &epochs);
    control_epochs_free(&epochs);
    return status;
}

int command_ledger_export(const struct arguments *arguments, void *context)
{
    (void)context;
    struct wanted wanted = {argument_value(arguments, "vendor", NULL), argument_value(arguments, "epoch", NULL),
                            argument_value(arguments, "since", NULL), argument_value(arguments, "output", NULL)};
    if (wanted.path != NULL && strcmp(wanted.path, "-") == 0)
        wanted.path = NULL;
    if (wanted.path == NULL && isatty(STDOUT_FILENO))
        return say_usage(AVALCTL, _("the export is for a file: `avalctl ledger export > FILE`, or --output FILE"));
    return wanted.epoch != NULL ? export_epochs(arguments, &wanted) : export_one(arguments, &wanted);
}
