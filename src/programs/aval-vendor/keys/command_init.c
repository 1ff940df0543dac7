/* aval-vendor init: two keys, one in use and one spare, and a desk. Secret keys leave locked memory for their files
 * alone.
 */
#include "base/secret.h"
#include "base/sentences.h"
#include "command.h"
#include "keys/key_file.h"
#include "terminal/say.h"

#include <stdio.h>
#include <string.h>

static void say_made(const struct command *command, const char *spare)
{
    const struct verifier_key *key = signing_key_verifier(command->key);
    char text[VERIFIER_KEY_TEXT_SIZE];
    verifier_key_write(key, text);
    const bool plain = argument_given(command->arguments, "no-passphrase");
    say_text(_("The desk of %s is set up.\n\n"), key->name);
    say_field(_("Folder"), "%s", command_folder(command));
    say_field(_("Verifier key"), "%s", text);
    say_field(_("Secret key"), "%s",
              plain ? _("vendor.key, NOT sealed: whoever reads the file can sign as you")
                    : _("vendor.key, sealed with the passphrase"));
    spare_say(spare);
    say_text(_(
        "\nNext:\n"
        "  Compile both verifier keys (vendor.vkey and spare.vkey) into your product; hand vendor.vkey to operators.\n"
        "  Describe a product in an INI file and sign it:  aval-vendor product FILE.ini\n"
        "  Sign a license for an operator's host request:  aval-vendor license FILE ...\n"
        "  Keep a copy of this folder in a safe place: the secret key cannot be made again.\n"));
}

static RESULT create(struct command *command, const char *passphrase)
{
    char *text = NULL;
    TRY(key_file_make(command->key, passphrase, &text));
    command_about(command, command_folder(command));
    const struct result created =
        desk_create(command_folder(command), signing_key_verifier(command->key), slice_of(text), &command->reason);
    secret_free(text);
    return created;
}

static RESULT make_keys(struct command *command, const char *vendor, const char *passphrase)
{
    struct signing_key *spare CLEANUP_SIGNING_KEY = NULL;
    char path[PATH_SIZE];
    TRY(key_new(vendor, &command->key));
    TRY(key_new(vendor, &spare));
    TRY(spare_path(command, signing_key_verifier(spare), path));
    TRY(create(command, passphrase));
    TRY(spare_write(command, path, spare, passphrase));
    say_made(command, path);
    return RESULT_OK;
}

static RESULT make_desk(struct command *command)
{
    const char *vendor = command->arguments->values[0];
    if (!is_ok(id_check(slice_of(vendor))))
        return reason_say(&command->reason, FAIL(USAGE),
                          _("vendor '%s': 1 to 63 of a-z, 0-9, '.', '-', '_', such as acme.example"), vendor);
    if (argument_given(command->arguments, "no-passphrase") && argument_given(command->arguments, "passphrase-file"))
        return reason_say(&command->reason, FAIL(USAGE), _("--no-passphrase and --passphrase-file exclude each other"));
    struct verifier_key present;
    command_about(command, command_folder(command));
    /* Before anybody types a passphrase for nothing. */
    ENSURE(result_code(desk_read_key(command_folder(command), &present, &command->reason)) == ERR_NOT_SET_UP,
           FILE_EXISTS);
    command_about(command, "");
    char *passphrase = NULL;
    if (!argument_given(command->arguments, "no-passphrase"))
        TRY(command_passphrase(command, _("Passphrase for the new keys"), true, &passphrase));
    const struct result made = make_keys(command, vendor, passphrase);
    secret_free(passphrase);
    return made;
}

int command_init(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, make_desk);
}
