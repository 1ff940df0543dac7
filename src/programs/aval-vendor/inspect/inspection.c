/* What every inspection needs; see inspection.h. */
#include "inspect/inspection.h"

#include "base/sentences.h"

#include <string.h>

static RESULT trust(struct inspection *inspection, const struct verifier_key *key)
{
    if (inspection->trusted_count == TRUSTED_MAX)
        return reason_say(&inspection->command->reason, FAIL(USAGE), _("%d --vendor-key at most"),
                          TRUSTED_MAX - VENDOR_KEYS_MAX);
    inspection->trusted[inspection->trusted_count++] = *key;
    return RESULT_OK;
}

/* A key as typed, or a file that holds one. */
static RESULT trust_given(struct inspection *inspection, const char *given)
{
    struct verifier_key key;
    command_about(inspection->command, given);
    if (strchr(given, '+') != NULL && !file_exists(given)) {
        TRY(verifier_key_read(slice_of(given), &key));
        return trust(inspection, &key);
    }
    CLEANUP_BUFFER struct buffer file = buffer_make(VERIFIER_KEY_TEXT_SIZE);
    TRY(file_read(given, &file, &inspection->command->reason));
    TRY(verifier_key_read(key_file_text(buffer_slice(&file)), &key));
    return trust(inspection, &key);
}

RESULT collect_keys(struct inspection *inspection)
{
    struct command *command = inspection->command;
    struct verifier_key keys[VENDOR_KEYS_MAX];
    size_t count = 0;
    const struct result desk = desk_read_keys(command_folder(command), keys, &count, &command->reason);
    if (is_ok(desk)) {
        for (size_t i = 0; i < count; i++)
            TRY(trust(inspection, &keys[i]));
    } else if (result_code(desk) != ERR_NOT_SET_UP) {
        command_about(command, command_folder(command));
        return desk;
    }
    const char *given = NULL;
    for (size_t n = 0; (given = argument_value_at(command->arguments, "vendor-key", n)) != NULL; n++)
        TRY(trust_given(inspection, given));
    return RESULT_OK;
}

RESULT not_checked(struct inspection *inspection, const char *words)
{
    inspection->is_unchecked = true;
    return reason_say(&inspection->command->reason, FAIL(SIGNER_UNKNOWN), "%s", words);
}

RESULT read_license(struct inspection *inspection, struct license *ret_license)
{
    struct command *command = inspection->command;
    const char *path = argument_value(command->arguments, "license", NULL);
    if (path == NULL)
        return not_checked(inspection, _("not checked: give --license FILE"));
    CLEANUP_BUFFER struct buffer file = buffer_make(NOTE_MAX);
    command_about(command, path);
    TRY(file_read(path, &file, &command->reason));
    TRY(license_open(buffer_slice(&file), inspection->trusted, inspection->trusted_count, ret_license));
    command_about(command, command->arguments->values[0]);
    return RESULT_OK;
}

RESULT keep_signer(struct inspection *inspection, const struct verifier_key *keys, size_t count)
{
    const struct verifier_key *signer = NULL;
    TRY(note_verify(&inspection->note, keys, count, &signer));
    inspection->signer = *signer;
    return RESULT_OK;
}
