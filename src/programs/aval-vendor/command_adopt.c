/*
 * aval-vendor adopt: what was signed with the desk's keys and is not in its record, such as after going back to an old
 * copy of the desk, is taken back into it.
 *
 * Always: each file is taken alone; one that is refused stops none of the others, and the first failure is the
 * command's.
 */
#include "base/sentences.h"
#include "command.h"
#include "core/documents/mailed.h"
#include "desk/adopt.h"
#include "terminal/report.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>

static void say_license(const char *file, const struct adoption *adoption)
{
    const struct license *license = &adoption->license;
    char until[TIME_TEXT_SIZE];
    time_write(license->not_after, until);
    say_line(_("%s: %slicense %s for %s: %s %s, %" PRIu64 " seats, until %s"), file,
             adoption->known_already ? _("known already: ") : "", license->id, license->customer, license->product,
             license->edition, license->seats, until);
}

static void say_adopted(struct command *command, const char *file, const struct adoption *adoption)
{
    const char *known = adoption->known_already ? _("known already: ") : "";
    if (adoption->type == DOCUMENT_LICENSE)
        say_license(file, adoption);
    else if (adoption->type == DOCUMENT_REVOCATIONS)
        say_line(adoption->is_newest ? _("%s: %srevocations %s; the next have a higher number and hold all of these")
                                     : _("%s: %srevocations %s"),
                 file, known, adoption->id);
    else
        say_line(adoption->is_newest ? _("%s: %sproduct %s, which is now as this document defines it")
                                     : _("%s: %san earlier document of product %s"),
                 file, known, adoption->id);
    if (!verifier_key_equal(&adoption->signer, desk_key(command->desk)))
        say_text(_("  signed by %s+%08x, which is not the key in use\n"), adoption->signer.name, adoption->signer.id);
}

static void report_adopted(struct report *report, const char *file, const struct adoption *adoption)
{
    report_object_begin(report, NULL);
    report_text(report, "file", NULL, file);
    report_text(report, "document", NULL, document_type_name(adoption->type));
    report_text(report, "id", NULL, adoption->id);
    report_text(report, "known_already", NULL, adoption->known_already ? "yes" : "no");
    report_object_end(report);
}

static RESULT adopt_one(struct command *command, const char *file, struct adoption *ret_adoption)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(MAILED_MAX);
    TRY(command_read_mailed(command, file, &note));
    return desk_adopt(command->desk, buffer_slice(&note), ret_adoption, &command->reason);
}

/* All files. A failure is said here when another has been kept already, which is said by who runs the command. */
static RESULT adopt_all(struct command *command, struct report *report)
{
    struct result first = RESULT_OK;
    struct reason why = {.text = ""};
    char what[PATH_SIZE] = "";
    for (size_t i = 0; i < command->arguments->count; i++) {
        const char *const file = command->arguments->values[i];
        struct adoption adoption;
        command->reason.text[0] = '\0';
        const struct result adopted = adopt_one(command, file, &adoption);
        if (is_ok(adopted) && report != NULL) {
            report_adopted(report, file, &adoption);
        } else if (is_ok(adopted)) {
            say_adopted(command, file, &adoption);
        } else if (is_ok(first)) {
            first = adopted;
            why = command->reason;
            (void)snprintf(what, sizeof what, "%s", file);
        } else {
            (void)say_failure(PROGRAM_NAME, file, adopted, reason_or_null(&command->reason));
        }
    }
    command->reason = why;
    command_about(command, what);
    return first;
}

static RESULT adopt(struct command *command)
{
    TRY(command_open(command, true));
    if (!argument_given(command->arguments, "json"))
        return adopt_all(command, NULL);
    CLEANUP_REPORT struct report report;
    report_begin(&report, true);
    report_objects_begin(&report, "adopted");
    const struct result adopted = adopt_all(command, &report);
    report_objects_end(&report);
    TRY(report_finish(&report));
    return adopted;
}

int command_adopt(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, adopt);
}
