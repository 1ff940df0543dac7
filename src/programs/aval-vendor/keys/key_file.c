/* Files of the vendor's secret keys; see key_file.h. */
#include "keys/key_file.h"

#include "base/secret.h"
#include "base/sentences.h"
#include "desk/seal.h"
#include "desk/secret_file.h"
#include "system/clock.h"
#include "terminal/say.h"

#include <stdio.h>
#include <string.h>

static RESULT make_sealed(const struct signing_key *key, const uint8_t *seed, const char *passphrase, char *text)
{
    struct sealed_key sealed = {.key = *signing_key_verifier(key), .ops = SEAL_OPS_DEFAULT, .mem = SEAL_MEM_DEFAULT};
    CLEANUP_BUFFER struct buffer out = buffer_make(KEY_FILE_MAX);
    entropy_fill(sealed.salt, sizeof sealed.salt);
    entropy_fill(sealed.nonce, sizeof sealed.nonce);
    TRY(seal(&sealed, seed, passphrase));
    sealed_key_write(&sealed, &out);
    TRY(buffer_status(&out));
    memcpy(text, out.data, out.size);
    text[out.size] = '\0';
    return RESULT_OK;
}

RESULT key_file_make(const struct signing_key *key, const char *passphrase, char **ret_text)
{
    uint8_t *seed = secret_new(SEED_SIZE);
    char *text = secret_new(KEY_FILE_MAX + 1);
    struct result result = seed == NULL || text == NULL ? FAIL(NO_MEMORY) : RESULT_OK;
    if (is_ok(result)) {
        signing_key_seed(key, seed);
        result = passphrase == NULL ? plain_key_write(signing_key_verifier(key), seed, text)
                                    : make_sealed(key, seed, passphrase, text);
    }
    secret_free(seed);
    if (is_ok(result))
        *ret_text = text;
    else
        secret_free(text);
    return result;
}

static RESULT open_sealed(struct command *command, const char *path, struct slice text, struct signing_key **ret_key,
                          char **ret_passphrase)
{
    struct sealed_key sealed;
    TRY(sealed_key_read(text, &sealed));
    char prompt[NAME_SIZE + KEY_NAME_SIZE];
    (void)snprintf(prompt, sizeof prompt, _("Passphrase of the key %s+%08x"), sealed.key.name, sealed.key.id);
    char *passphrase = NULL;
    TRY(command_passphrase(command, prompt, false, &passphrase));
    command_about(command, path);
    const struct result unsealed = unseal(&sealed, passphrase, ret_key);
    if (is_ok(unsealed))
        *ret_passphrase = passphrase;
    else
        secret_free(passphrase);
    return unsealed;
}

RESULT key_file_open(struct command *command, const char *path, struct signing_key **ret_key, char **ret_passphrase)
{
    char *text = NULL;
    command_about(command, path);
    *ret_passphrase = NULL;
    TRY(secret_file_read(path, KEY_FILE_MAX, &text, &command->reason));
    const struct slice slice = slice_of(text);
    const struct result opened = sealed_key_begins(slice) ? open_sealed(command, path, slice, ret_key, ret_passphrase)
                                                          : plain_key_read(slice, ret_key);
    secret_free(text);
    TRY(opened);
    command_about(command, "");
    return RESULT_OK;
}

RESULT key_new(const char *vendor, struct signing_key **ret_key)
{
    uint8_t *seed = secret_new(SEED_SIZE);
    ENSURE(seed != NULL, NO_MEMORY);
    entropy_fill(seed, SEED_SIZE);
    const struct result made = signing_key_make(slice_of(vendor), seed, ret_key);
    secret_free(seed);
    return made;
}

RESULT spare_path(struct command *command, const struct verifier_key *spare, char ret_path[static PATH_SIZE])
{
    const char *given = argument_value(command->arguments, "spare", NULL);
    char name[32];
    (void)snprintf(name, sizeof name, "spare-%08x.key", spare->id);
    if (given == NULL)
        TRY(path_join(ret_path, command_folder(command), name));
    else
        TRY(slice_copy_text(slice_of(given), ret_path, PATH_SIZE));
    command_about(command, ret_path);
    ENSURE(!file_exists(ret_path), FILE_EXISTS);
    command_about(command, "");
    return RESULT_OK;
}

RESULT spare_write(struct command *command, const char *path, const struct signing_key *spare, const char *passphrase)
{
    char *text = NULL;
    TRY(key_file_make(spare, passphrase, &text));
    command_about(command, path);
    const struct result written = file_create(path, slice_of(text), 0600, &command->reason);
    secret_free(text);
    TRY(written);
    command_about(command, command_folder(command));
    return desk_set_spare(command_folder(command), signing_key_verifier(spare), &command->reason);
}

void spare_say(const char *path)
{
    say_text(
        _("\nThe spare key is in a file of its own: %s\n"
          "  PUT IT IN A SAFE, with its passphrase, and leave no copy on this machine. It signs nothing until the "
          "key in\n"
          "  use is lost or stolen. Then it takes that one's place (`aval-vendor rotate FILE`), and is the only key "
          "that can\n"
          "  revoke it. Without a spare nobody can.\n"),
        path);
}
