/* aval-vendor init: a key pair and a desk for it. The seed of the key never leaves locked memory but sealed. */
#include "base/secret.h"
#include "base/sentences.h"
#include "command.h"
#include "desk/seal.h"
#include "system/clock.h"
#include "terminal/say.h"

#include <stdio.h>
#include <string.h>

static RESULT sealed_text(struct command *command, const struct verifier_key *key, const uint8_t *seed,
                          struct buffer *out)
{
    struct sealed_key sealed = {.key = *key, .ops = SEAL_OPS_DEFAULT, .mem = SEAL_MEM_DEFAULT};
    entropy_fill(sealed.salt, sizeof sealed.salt);
    entropy_fill(sealed.nonce, sizeof sealed.nonce);
    char *passphrase = NULL;
    TRY(command_passphrase(command, _("Passphrase for the new key"), true, &passphrase));
    const struct result result = seal(&sealed, seed, passphrase);
    secret_free(passphrase);
    TRY(result);
    sealed_key_write(&sealed, out);
    return buffer_status(out);
}

static RESULT create_sealed(struct command *command, const struct verifier_key *key, const uint8_t *seed)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(KEY_FILE_MAX);
    TRY(sealed_text(command, key, seed, &text));
    command_about(command, command_folder(command));
    return desk_create(command_folder(command), key, buffer_slice(&text), &command->reason);
}

static RESULT create_plain(struct command *command, const struct verifier_key *key, const uint8_t *seed)
{
    char *text = secret_new(PLAIN_KEY_SIZE);
    ENSURE(text != NULL, NO_MEMORY);
    struct result result = plain_key_write(key, seed, text);
    command_about(command, command_folder(command));
    if (is_ok(result))
        result = desk_create(command_folder(command), key, slice_of(text), &command->reason);
    secret_free(text);
    return result;
}

static RESULT create(struct command *command, const char *vendor, const uint8_t *seed)
{
    TRY(signing_key_make(slice_of(vendor), seed, &command->key));
    const struct verifier_key *key = signing_key_verifier(command->key);
    if (argument_given(command->arguments, "no-passphrase"))
        return create_plain(command, key, seed);
    return create_sealed(command, key, seed);
}

static void say_made(const struct command *command)
{
    const struct verifier_key *key = signing_key_verifier(command->key);
    char text[VERIFIER_KEY_TEXT_SIZE];
    verifier_key_write(key, text);
    const bool plain = argument_given(command->arguments, "no-passphrase");
    (void)printf(_("The desk of %s is set up.\n\n"), key->name);
    say_field(_("Folder"), "%s", command_folder(command));
    say_field(_("Verifier key"), "%s", text);
    say_field(_("Secret key"), "%s",
              plain ? _("vendor.key, NOT sealed: whoever reads the file can sign as you")
                    : _("vendor.key, sealed with the passphrase"));
    (void)printf(_("\nNext:\n"
                   "  Compile the verifier key (also in vendor.vkey) into your product and hand it to operators.\n"
                   "  Describe a product in an INI file and sign it:  aval-vendor product FILE.ini\n"
                   "  Sign a license for an operator's host request:  aval-vendor license FILE ...\n"
                   "  Keep a copy of this folder in a safe place: the secret key cannot be made again.\n"));
}

static RESULT make_desk(struct command *command)
{
    const char *vendor = command->arguments->values[0];
    if (!is_ok(id_check(slice_of(vendor))))
        return reason_say(&command->reason, FAIL(USAGE),
                          _("vendor '%s': 1 to 63 of a-z, 0-9, '.', '-', '_', such as acme.example"), vendor);
    if (argument_given(command->arguments, "no-passphrase") && argument_given(command->arguments, "passphrase-file"))
        return reason_say(&command->reason, FAIL(USAGE), _("--no-passphrase and --passphrase-file exclude each other"));
    command_about(command, command_folder(command));
    struct verifier_key present;
    /* Before anybody types a passphrase for nothing. */
    ENSURE(result_code(desk_read_key(command_folder(command), &present, &command->reason)) == ERR_NOT_SET_UP,
           FILE_EXISTS);
    command_about(command, "");
    uint8_t *seed = secret_new(SEED_SIZE);
    ENSURE(seed != NULL, NO_MEMORY);
    entropy_fill(seed, SEED_SIZE);
    const struct result created = create(command, vendor, seed);
    secret_free(seed);
    TRY(created);
    say_made(command);
    return RESULT_OK;
}

int command_init(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, make_desk);
}
