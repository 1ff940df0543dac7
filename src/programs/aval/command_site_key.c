/* aval site-key: the secret by which this machine shows a host that it is the organisation's own. */
#include "base/sentences.h"
#include "command.h"
#include "core/documents/site_key.h"
#include "system/files.h"

int run_site_key_set(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(SITE_KEY_FILE_MAX);
    CLEANUP_MACHINE aval_machine *machine = NULL;
    struct reason reason = {.text = ""};
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    const struct result read = file_read(arguments->values[0], &text, &reason);
    if (!is_ok(read))
        return say_file_failure(arguments, arguments->values[0], read, &reason);
    const int code = aval_site_key_set(machine, (const char *)text.data, text.size);
    if (code != AVAL_OK)
        return say_file(arguments, arguments->values[0], aval_last_message(machine), code);
    return say_done(arguments, _("set; requests show it from now on"));
}

int run_site_key_remove(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    const int code = aval_site_key_remove(machine);
    if (code != AVAL_OK)
        return say_code(arguments, machine, code);
    return say_done(arguments, _("removed; requests show none from now on"));
}
