/* What the commands share; see command.h. */
#include "command.h"

#include "base/secret.h"
#include "base/sentences.h"
#include "core/documents/mailed.h"
#include "desk/seal.h"
#include "desk/secret_file.h"
#include "terminal/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int command_run(const struct arguments *arguments, RESULT (*body)(struct command *command))
{
    struct command command = {.arguments = arguments};
    const struct result result = body(&command);
    int status = EXIT_FINE;
    if (!is_ok(result))
        status = say_failure(PROGRAM_NAME, command.what[0] != '\0' ? command.what : NULL, result,
                             reason_or_null(&command.reason));
    signing_key_free(command.key);
    desk_free(command.desk);
    return status;
}

void command_about(struct command *command, const char *what)
{
    (void)snprintf(command->what, sizeof command->what, "%s", what);
}

const char *command_folder(const struct command *command)
{
    const char *from_environment = getenv("AVAL_DESK");
    const char *otherwise = from_environment != NULL && from_environment[0] != '\0' ? from_environment : ".";
    return argument_value(command->arguments, "desk", otherwise);
}

RESULT command_open(struct command *command, bool writing)
{
    command_about(command, command_folder(command));
    TRY(desk_open(command_folder(command), writing, &command->desk, &command->reason));
    command_about(command, "");
    return RESULT_OK;
}

static RESULT ask(struct command *command, const char *prompt, bool confirm, char **ret_passphrase)
{
    char *passphrase = NULL;
    const struct result asked = ask_passphrase(prompt, confirm, &passphrase);
    if (!is_ok(asked))
        return reason_say(&command->reason, asked, "%s",
                          confirm ? _("no passphrase was given, or not twice the same") : _("no passphrase was given"));
    if (passphrase[0] == '\0') {
        secret_free(passphrase);
        return reason_say(&command->reason, FAIL(USAGE), _("the passphrase is empty"));
    }
    *ret_passphrase = passphrase;
    return RESULT_OK;
}

RESULT command_passphrase(struct command *command, const char *prompt, bool confirm, char **ret_passphrase)
{
    const char *file = argument_value(command->arguments, "passphrase-file", NULL);
    if (file == NULL)
        return ask(command, prompt, confirm, ret_passphrase);
    command_about(command, file);
    TRY(passphrase_file_read(file, ret_passphrase, &command->reason));
    command_about(command, "");
    return RESULT_OK;
}

RESULT command_new_passphrase(struct command *command, const char *prompt, char **ret_passphrase)
{
    return ask(command, prompt, true, ret_passphrase);
}

static RESULT unseal_asking(struct command *command, struct slice text)
{
    struct sealed_key sealed;
    TRY(sealed_key_read(text, &sealed));
    char prompt[NAME_SIZE + KEY_NAME_SIZE];
    (void)snprintf(prompt, sizeof prompt, _("Passphrase of the key of %s"), sealed.key.name);
    char *passphrase = NULL;
    TRY(command_passphrase(command, prompt, false, &passphrase));
    command_about(command, desk_key_path(command->desk));
    const struct result unsealed = unseal(&sealed, passphrase, &command->key);
    secret_free(passphrase);
    return unsealed;
}

static RESULT unlock_text(struct command *command, struct slice text)
{
    if (sealed_key_begins(text))
        TRY(unseal_asking(command, text));
    else
        TRY(plain_key_read(text, &command->key));
    if (!verifier_key_equal(signing_key_verifier(command->key), desk_key(command->desk)))
        return reason_say(&command->reason, FAIL(KEY_FORM), _("it is not the secret half of vendor.vkey"));
    return RESULT_OK;
}

RESULT command_unlock(struct command *command)
{
    command_about(command, desk_key_path(command->desk));
    char *text = NULL;
    TRY(secret_file_read(desk_key_path(command->desk), KEY_FILE_MAX, &text, &command->reason));
    const struct result unlocked = unlock_text(command, slice_of(text));
    secret_free(text);
    TRY(unlocked);
    command_about(command, "");
    return RESULT_OK;
}

RESULT command_read(struct command *command, const char *path, struct buffer *out)
{
    command_about(command, path);
    return file_read(path, out, &command->reason);
}

RESULT command_read_mailed(struct command *command, const char *path, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(MAILED_MAX);
    bool mended;
    TRY(command_read(command, path, &text));
    TRY(mailed_explain(buffer_slice(&text), mailed_mend(buffer_slice(&text), out, &mended), &command->reason));
    if (mended)
        say_mended(path);
    return RESULT_OK;
}

RESULT command_sign(struct command *command, const struct buffer *text, struct buffer *note)
{
    TRY(buffer_status(text));
    const struct signing_key *const keys[] = {command->key};
    TRY(note_sign(buffer_slice(text), keys, 1, note));
    return buffer_status(note);
}

RESULT command_output(struct command *command, const char *otherwise, char ret_path[static PATH_SIZE])
{
    const char *path = argument_value(command->arguments, "output", otherwise);
    if (strcmp(path, "-") == 0)
        return reason_say(&command->reason, FAIL(USAGE),
                          _("what is signed goes into a file and not to standard output; name one after --output"));
    command_about(command, path);
    ENSURE(strlen(path) < PATH_SIZE, TEXT_TOO_LONG);
    ENSURE(!file_exists(path), FILE_EXISTS);
    memcpy(ret_path, path, strlen(path) + 1);
    command_about(command, "");
    return RESULT_OK;
}

RESULT command_deliver(struct command *command, const char *path, const struct buffer *note)
{
    command_about(command, path);
    const struct result written = file_create(path, buffer_slice(note), 0644, &command->reason);
    if (is_ok(written)) {
        command_about(command, "");
        return RESULT_OK;
    }
    struct reason kept = {.text = ""};
    if (!is_ok(desk_take_back(command->desk, &kept)))
        return reason_say(&command->reason, written, _("and the record keeps it: %s"), kept.text);
    return written;
}

RESULT command_needed(struct command *command, const char *option, const char **ret_value)
{
    const char *value = argument_value(command->arguments, option, NULL);
    if (value == NULL)
        return reason_say(&command->reason, FAIL(USAGE), _("--%s is needed"), option);
    *ret_value = value;
    return RESULT_OK;
}

RESULT command_number(struct command *command, const char *option, uint64_t least, uint64_t otherwise,
                      uint64_t *ret_number)
{
    static const uint64_t MOST = 1000000000;
    const char *text = argument_value(command->arguments, option, NULL);
    uint64_t number = otherwise;
    if (text != NULL && (!is_ok(decimal_read(slice_of(text), MOST, &number)) || number < least))
        return reason_say(&command->reason, FAIL(USAGE), _("--%s %s: a whole number from %llu to %llu is needed"),
                          option, text, (unsigned long long)least, (unsigned long long)MOST);
    *ret_number = number;
    return RESULT_OK;
}

RESULT command_duration(struct command *command, const char *option, seconds otherwise, seconds *ret_duration)
{
    const char *text = argument_value(command->arguments, option, NULL);
    seconds duration = otherwise;
    if (text != NULL && !is_ok(duration_read_loose(slice_of(text), &duration)))
        return reason_say(&command->reason, FAIL(USAGE), _("--%s %s: write 180d, 12h, 30m or 45s, ten years at most"),
                          option, text);
    *ret_duration = duration;
    return RESULT_OK;
}

RESULT command_date(struct command *command, const char *option, seconds otherwise, seconds *ret_date)
{
    const char *text = argument_value(command->arguments, option, NULL);
    seconds date = otherwise;
    if (text != NULL && !is_ok(time_read_date(slice_of(text), &date)))
        return reason_say(&command->reason, FAIL(USAGE), _("--%s %s: write 2026-11-22 or 2026-11-22T09:00:00Z"), option,
                          text);
    *ret_date = date;
    return RESULT_OK;
}
