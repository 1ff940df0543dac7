/* `avald import`, and asking a running host to read its folder again. */
#include "authority/folder.h"
#include "base/sentences.h"
#include "commands.h"
#include "control/client.h"
#include "core/documents/mailed.h"
#include "proto/admin/reload.h"
#include "proto/api.h"
#include "system/owner.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>

void command_ask_reload(const char *folder, const char *what)
{
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    struct reason reason = {.text = ""};
    const struct result state = control_ask(folder, "POST", CONTROL_RELOAD, slice_make(NULL, 0), &answer, &reason);
    if (result_code(state) == ERR_CONTROL_ABSENT)
        return; /* no host is running: it reads everything when it starts */
    if (!is_ok(state)) {
        say_failure(AVALD, _("the running host was not told"), state, reason.text);
        say_hint(_("Tell it with `avalctl reload`."));
        return;
    }
    struct control_reloaded reloaded = {0};
    if (!is_ok(control_reloaded_read(buffer_slice(&answer), &reloaded)) || !reloaded.done)
        say_hint(_("The host that runs on %s was told; its log says when it serves %s."), folder, what);
    else if (control_reading_refuses(&reloaded.reading, CONTROL_FOLDER))
        say_hint(_("The host that runs on %s was told, but could not read the folder again, and serves what it served "
                   "before: `avalctl status` says why."),
                 folder);
    else if (reloaded.left_out > 0)
        say_hint(_("The host that runs on %s was told, but %" PRIu64
                   " of its files do not hold, and nothing of them is "
                   "granted: `avalctl status` names them. Where %s is not among them, it is served now."),
                 folder, reloaded.left_out, what);
    else
        say_hint(_("The host that runs on %s was told, and serves %s now."), folder, what);
    if (control_reading_refuses(&reloaded.reading, CONTROL_CONFIGURATION))
        say_hint(_("It has read its configuration again too, and refused that: the one before stays in force. `avalctl "
                   "status` says why."));
}

static void say_license(const char *file, const struct import_report *report)
{
    const struct license *license = &report->license;
    char until[TIME_TEXT_SIZE];
    time_write(license->not_after, until);
    if (license->mode == LICENSE_COUNTED)
        say_line(_("%s: %slicense %s of %s for %s: %s %s, %" PRIu64 " seats, counted, until %s"), file,
                 report->known_already ? _("known already: ") : "", license->id, report->vendor, license->customer,
                 license->product, license->edition, license->seats, until);
    else
        say_line(_("%s: %slicense %s of %s for %s: %s %s, %" PRIu64 " seats, threshold %" PRIu64 ", until %s"), file,
                 report->known_already ? _("known already: ") : "", license->id, report->vendor, license->customer,
                 license->product, license->edition, license->seats, license->threshold, until);
    if (license->test)
        say_text(_("  It is a test, not for work.\n"));
    char from[TIME_TEXT_SIZE];
    time_write(license->not_before, from);
    for (size_t i = 0; i < license->replaces_count; i++)
        say_text(_("  From %s on it takes the place of license %s.\n"), from, license->replaces[i]);
}

/* Reads, checks and keeps one file; says what it was. */
static int import_one(const char *folder, const char *file, bool *ret_new)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(MAILED_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(MAILED_MAX);
    struct reason reason = {.text = ""};
    bool mended = false;
    struct result state = file_read(file, &text, &reason);
    if (is_ok(state))
        state = mailed_mend(buffer_slice(&text), &note, &mended);
    state = mailed_explain(buffer_slice(&text), state, &reason);
    if (!is_ok(state))
        return say_failure(AVALD, file, state, reason.text);
    if (mended)
        say_mended(file);
    struct import_report report = {.known_already = false};
    state = owner_become(folder, &reason);
    if (is_ok(state))
        state = folder_import(folder, buffer_slice(&note), &report, &reason);
    owner_leave();
    if (result_code(state) == ERR_NOT_SET_UP)
        return say_failure(AVALD, folder, state, NULL);
    if (result_code(state) == ERR_SIGNER_UNKNOWN)
        return say_failure(
            AVALD, file, state,
            reason.text[0] != '\0' ? reason.text : _("its vendor is not enrolled here, or signed it with another key"));
    if (result_code(state) == ERR_FILE_EXISTS)
        return say_failure(AVALD, file, state,
                           _("another document of that id or number is here already. If the vendor has gone back to an "
                             "old copy of its desk, send it licenses and revocations of this host's folder "
                             "vendors/VENDOR: it takes them back (`aval-vendor adopt`) and signs anew"));
    state = mailed_explain(buffer_slice(&text), state, &reason);
    if (!is_ok(state))
        return say_failure(AVALD, file, state, reason.text);
    if (report.kind == IMPORT_LICENSE)
        say_license(file, &report);
    else if (report.kind == IMPORT_PRODUCT)
        say_line(_("%s: %sa document for kits, and the keys of %s, as its product %s names them"), file,
                 report.known_already ? _("known already: ") : "", report.vendor, report.product);
    else
        say_line(_("%s: %srevocations %" PRIu64 " of %s"), file, report.known_already ? _("known already: ") : "",
                 report.sequence, report.vendor);
    *ret_new |= !report.known_already;
    return EXIT_FINE;
}

int command_import(const struct arguments *arguments, void *context)
{
    (void)context;
    struct config config;
    int status = command_config_or_say(arguments, &config);
    if (status != EXIT_FINE)
        return status;
    bool any_new = false;
    for (size_t i = 0; i < arguments->count; i++) {
        const int one = import_one(config.data, arguments->values[i], &any_new);
        if (status == EXIT_FINE)
            status = one; /* the first failure; the other files are taken all the same */
    }
    if (any_new)
        command_ask_reload(config.data, _("what is new"));
    return status;
}
