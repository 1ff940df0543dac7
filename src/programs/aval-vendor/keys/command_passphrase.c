/*
 * aval-vendor passphrase: seals the secret key, seals it with another passphrase, or takes the seal off.
 *
 * Always: the file is replaced as a whole, by one that was sealed under a new salt; what was there stays where anything
 * fails.
 */
#include "base/secret.h"
#include "base/sentences.h"
#include "command.h"
#include "desk/secret_file.h"
#include "keys/key_file.h"
#include "terminal/report.h"
#include "terminal/say.h"

#include <stdio.h>

/* NULL: none is wanted. */
static RESULT new_passphrase(struct command *command, char **ret_passphrase)
{
    const char *file = argument_value(command->arguments, "new-passphrase-file", NULL);
    *ret_passphrase = NULL;
    if (argument_given(command->arguments, "remove"))
        return RESULT_OK;
    if (file == NULL)
        return command_new_passphrase(command, _("New passphrase"), ret_passphrase);
    command_about(command, file);
    TRY(passphrase_file_read(file, ret_passphrase, &command->reason));
    command_about(command, "");
    return RESULT_OK;
}

static RESULT tell(const struct command *command, const char *path, bool sealed)
{
    CLEANUP_REPORT struct report report;
    report_begin(&report, argument_given(command->arguments, "json"));
    if (!report.json) {
        say_text(sealed ? _("%s is sealed with the new passphrase.\n")
                        : _("%s is NOT sealed any more: whoever reads it can sign as you.\n"),
                 path);
        say_text(_("Copies of it, in backups and safes, are as they were.\n"));
        return RESULT_OK;
    }
    report_text(&report, "file", NULL, path);
    report_text(&report, "sealed", NULL, sealed ? "yes" : "no");
    return report_finish(&report);
}

static RESULT replace(struct command *command, const char *path, const char *passphrase)
{
    char *text = NULL;
    TRY(key_file_make(command->key, passphrase, &text));
    command_about(command, path);
    const struct result written = file_write(path, slice_of(text), 0600, &command->reason);
    secret_free(text);
    TRY(written);
    return tell(command, path, passphrase != NULL);
}

static RESULT change(struct command *command)
{
    const struct arguments *arguments = command->arguments;
    char path[PATH_SIZE];
    char *old = NULL;
    char *passphrase = NULL;
    if (argument_given(arguments, "remove") && argument_given(arguments, "new-passphrase-file"))
        return reason_say(&command->reason, FAIL(USAGE), _("--remove and --new-passphrase-file exclude each other"));
    if (arguments->count > 0)
        TRY(slice_copy_text(slice_of(arguments->values[0]), path, sizeof path));
    else
        TRY(path_join(path, command_folder(command), "vendor.key"));
    TRY(key_file_open(command, path, &command->key, &old));
    secret_free(old);
    TRY(new_passphrase(command, &passphrase));
    const struct result replaced = replace(command, path, passphrase);
    secret_free(passphrase);
    return replaced;
}

int command_passphrase_change(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, change);
}
