/* avalctl ledger export and checkpoint. */
#include "avalctl.h"

#include "base/sentences.h"
#include "proto/admin/ledger.h"
#include "proto/api.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
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
    if (!is_ok(buffer_status(&query)))
        return say_usage(AVALCTL, _("the arguments are too long"));
    const int asked = ask_host(arguments, vendor, "GET", buffer_text(&query), slice_make(NULL, 0), &answer);
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

int command_ledger_export(const struct arguments *arguments, void *context)
{
    (void)context;
    const char *vendor = argument_value(arguments, "vendor", NULL);
    const char *since = argument_value(arguments, "since", NULL);
    CLEANUP_BUFFER struct buffer query = buffer_make(QUERY_MAX);
    buffer_append_text(&query, CONTROL_EXPORT);
    if (vendor != NULL)
        query_add(&query, "vendor", vendor);
    if (since != NULL)
        query_add(&query, "since", since);
    if (!is_ok(buffer_status(&query)))
        return say_usage(AVALCTL, _("the arguments are too long"));
    const char *path = argument_value(arguments, "output", NULL);
    if (path != NULL && strcmp(path, "-") == 0)
        path = NULL;
    if (path == NULL && isatty(STDOUT_FILENO))
        return say_usage(AVALCTL, _("the export is for a file: `avalctl ledger export > FILE`, or --output FILE"));
    struct output output = {.path = path};
    struct reason reason = {.text = ""};
    struct result state = output_open(path, &output, &reason);
    if (!is_ok(state))
        return say_failure(AVALCTL, output_name(&output), state, reason.text);
    const int asked = ask_stream(arguments, vendor, buffer_text(&query), output_take, &output);
    state = output_close(&output, asked == EXIT_FINE, &reason);
    return is_ok(state) ? asked : say_failure(AVALCTL, output_name(&output), state, reason.text);
}
