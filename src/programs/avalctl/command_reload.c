/* avalctl reload, and what is said of the last one by status. */
#include "avalctl.h"

#include "base/sentences.h"
#include "proto/api.h"

#include <inttypes.h>
#include <string.h>

enum { TEXT_MAX = 4096 };

/* What holds meanwhile, and the way back. */
static const char *way_back(const struct control_refused *refused)
{
    if (strcmp(refused->what, CONTROL_CONFIGURATION) == 0)
        return _("It was refused: the configuration that was read before stays in force, and a host that is started "
                 "with this one does not start. Mend it, try it with `avald check-config FILE`, and `avalctl reload`.");
    return _("The licenses, keys and revocations that were read before stay in force. Mend it, and `avalctl reload`.");
}

static void print_waiting(const struct control_reading *reading)
{
    CLEANUP_BUFFER struct buffer names = buffer_make(TEXT_MAX);
    for (size_t i = 0; i < reading->waiting_count; i++)
        buffer_printf(&names, "%s%s", i == 0 ? "" : ", ", reading->waiting[i].option);
    if (reading->waiting_count > 0)
        say_text(_("Changed, and in force only after a restart of the host: %s\n"), buffer_text(&names));
}

void print_reading(const struct control_reading *reading)
{
    for (size_t i = 0; i < reading->refused_count; i++) {
        const struct control_refused *const refused = &reading->refused[i];
        const struct error_info *const info = error_by_name(refused->code);
        say_text("\n%s: %s%s%s: ", refused->what, tone_begin(TONE_BAD, 1), refused->code, tone_end(TONE_BAD, 1));
        if (refused->line > 0)
            say_text(_("%s, line %" PRIu64 ": "), refused->file, refused->line);
        else if (*refused->file != 0)
            say_text("%s: ", refused->file);
        say_text(_("%s (read at %s). %s\n"), *refused->words != 0 || info == NULL ? refused->words : _(info->sentence),
                 time_or_dash(refused->time).text, way_back(refused));
    }
    if (reading->waiting_count > 0)
        say_text("\n");
    print_waiting(reading);
}

/* Returns the exit status of the first. */
static int say_refused(const struct control_reading *reading)
{
    int status = EXIT_FINE;
    for (size_t i = 0; i < reading->refused_count; i++) {
        const struct control_refused *const refused = &reading->refused[i];
        const struct error_info *const info = error_by_name(refused->code);
        const struct result why = info == NULL ? FAIL(HOST_ANSWER) : FAIL_CODE(info->code);
        const int one = say_failure(AVALCTL, *refused->file == 0 ? NULL : refused->file,
                                    result_at(why, (size_t)refused->line), refused->words);
        say_hint("%s", way_back(refused));
        if (status == EXIT_FINE)
            status = one;
    }
    return status;
}

static void print_reloaded(const struct control_reloaded *reloaded)
{
    CLEANUP_BUFFER struct buffer licenses = buffer_make(TEXT_MAX);
    CLEANUP_BUFFER struct buffer vendors = buffer_make(TEXT_MAX);
    plural_write(reloaded->licenses, _("license"), _("licenses"), &licenses);
    plural_write(reloaded->vendors, _("vendor"), _("vendors"), &vendors);
    if (!reloaded->done)
        say_text(_("Asked for; the host is busy, and its log will say when it is done.\n"));
    else if (!control_reading_refuses(&reloaded->reading, CONTROL_FOLDER))
        say_text(control_reading_refuses(&reloaded->reading, CONTROL_CONFIGURATION)
                     ? _("Read again, but for the configuration: %s of %s. What the host thinks of the files is in its "
                         "log%s.\n")
                     : _("Read again: %s of %s. What the host thinks of the files is in its log%s.\n"),
                 buffer_text(&licenses), buffer_text(&vendors),
                 reloaded->left_out > 0 ? _("; some do not hold, and `avalctl status` names them") : "");
    print_waiting(&reloaded->reading);
}

int command_reload(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    const int asked = ask_host(arguments, NULL, "POST", CONTROL_RELOAD, slice_make(NULL, 0), &answer);
    if (asked != EXIT_FINE)
        return asked;
    struct control_reloaded reloaded;
    const struct result state = control_reloaded_read(buffer_slice(&answer), &reloaded);
    if (!is_ok(state))
        return answer_unreadable(state);
    if (wants_json(arguments))
        print_json(&answer);
    else
        print_reloaded(&reloaded);
    return say_refused(&reloaded.reading);
}
