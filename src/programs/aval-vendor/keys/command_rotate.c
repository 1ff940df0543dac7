/*
 * aval-vendor rotate: the spare key comes into use, and another spare is made.
 *
 * Always: the spare that is given is the desk's own; the key that was in use is not needed for it, since it may be
 * lost.
 */
#include "base/secret.h"
#include "base/sentences.h"
#include "command.h"
#include "keys/key_file.h"
#include "terminal/report.h"
#include "terminal/say.h"

#include <stdio.h>

struct rotation {
    struct verifier_key before; /* that was in use */
    struct signing_key *spare;  /* the new one */
    char path[PATH_SIZE];       /* where its secret half goes */
};

/* The desk's spare; or, where there is none, as where an earlier try did not come to its end, the key in use, which so
 * gets one. */
static RESULT check_spare(struct command *command, const char *path)
{
    struct verifier_key keys[VENDOR_KEYS_MAX];
    size_t count = 0;
    const struct verifier_key *key = signing_key_verifier(command->key);
    TRY(desk_read_keys(command_folder(command), keys, &count, &command->reason));
    if (verifier_key_equal(&keys[count > 1 ? 1 : 0], key))
        return RESULT_OK;
    command_about(command, path);
    return reason_say(&command->reason, FAIL(KEY_FORM),
                      count > 1 ? _("it is not the secret half of spare.vkey") : _("this desk has no spare key"));
}

static void say_key(const char *title, const struct verifier_key *key)
{
    char text[VERIFIER_KEY_TEXT_SIZE];
    verifier_key_write(key, text);
    say_field(title, "%s", text);
}

static void say_rotated(const struct command *command, const struct rotation *rotation)
{
    say_text(_("The spare key of %s is in use now.\n\n"), rotation->before.name);
    say_key(_("In use"), signing_key_verifier(command->key));
    say_key(_("New spare"), signing_key_verifier(rotation->spare));
    say_key(_("Before"), &rotation->before);
    spare_say(rotation->path);
    say_text(
        _("\nNext:\n"
          "  Sign each product anew (`aval-vendor product FILE.ini`): the document names the new key, and the "
          "one before as\n"
          "  long as licenses under it run. Ship it, and send it to operators, who import it. A host that says "
          "signer-unknown then\n"
          "  never knew the spare: send its operator the document from before too (`aval-vendor product --again`), to "
          "import first.\n"
          "  Renew licenses under the new key as they end (`aval-vendor renew`).\n"
          "  If the key before was stolen, revoke it (`aval-vendor revoke --vendor-key KEY`): that ends all "
          "leases under it,\n"
          "  so have the licenses renewed first. Otherwise destroy its copies; it is not needed any more.\n"));
}

static RESULT tell(const struct command *command, const struct rotation *rotation)
{
    CLEANUP_REPORT struct report report;
    char text[VERIFIER_KEY_TEXT_SIZE];
    if (!argument_given(command->arguments, "json")) {
        say_rotated(command, rotation);
        return RESULT_OK;
    }
    report_begin(&report, true);
    verifier_key_write(signing_key_verifier(command->key), text);
    report_text(&report, "key", NULL, text);
    verifier_key_write(signing_key_verifier(rotation->spare), text);
    report_text(&report, "spare", NULL, text);
    report_text(&report, "spare_file", NULL, rotation->path);
    verifier_key_write(&rotation->before, text);
    report_text(&report, "before", NULL, text);
    return report_finish(&report);
}

static RESULT put_in_use(struct command *command, struct rotation *rotation, const char *passphrase)
{
    char *text = NULL;
    TRY(key_new(rotation->before.name, &rotation->spare));
    TRY(spare_path(command, signing_key_verifier(rotation->spare), rotation->path));
    TRY(key_file_make(command->key, passphrase, &text));
    command_about(command, rotation->path);
    char *spare = NULL;
    struct result result = key_file_make(rotation->spare, passphrase, &spare);
    if (is_ok(result))
        result = file_create(rotation->path, slice_of(spare), 0600, &command->reason);
    secret_free(spare);
    if (is_ok(result)) {
        command_about(command, command_folder(command));
        result = desk_rotate(command_folder(command), signing_key_verifier(command->key), slice_of(text),
                             signing_key_verifier(rotation->spare), &command->reason);
    }
    secret_free(text);
    TRY(result);
    return tell(command, rotation);
}

static RESULT rotate(struct command *command)
{
    const char *path = command->arguments->values[0];
    struct rotation rotation = {.spare = NULL};
    char *passphrase = NULL;
    command_about(command, command_folder(command));
    TRY(desk_read_key(command_folder(command), &rotation.before, &command->reason));
    TRY(key_file_open(command, path, &command->key, &passphrase));
    struct result result = check_spare(command, path);
    if (is_ok(result))
        result = put_in_use(command, &rotation, passphrase);
    secret_free(passphrase);
    signing_key_free(rotation.spare);
    return result;
}

int command_rotate(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, rotate);
}
