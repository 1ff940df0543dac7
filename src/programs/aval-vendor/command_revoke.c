/*
 * aval-vendor revoke: a new revocations document that also holds all that the former ones held.
 *
 * Always: sequences rise by one and are never used twice. Where all that was named is revoked already, the document in
 * force is handed out again, and nothing is signed.
 */
#include "base/sentences.h"
#include "command.h"
#include "describe.h"
#include "system/clock.h"
#include "terminal/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_ids(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int compare_keys(const void *a, const void *b)
{
    char text_a[VERIFIER_KEY_TEXT_SIZE];
    char text_b[VERIFIER_KEY_TEXT_SIZE];
    verifier_key_write(a, text_a);
    verifier_key_write(b, text_b);
    return strcmp(text_a, text_b);
}

static RESULT add_license(struct command *command, const char *id, struct revocations *revocations)
{
    struct license license;
    command_about(command, id);
    TRY(desk_find_license(command->desk, id, &license, &command->reason));
    for (size_t i = 0; i < revocations->license_count; i++)
        if (strcmp(revocations->licenses[i], id) == 0)
            return RESULT_OK;
    ENSURE(revocations->license_count < REVOKED_MAX, DOCUMENT_LIMIT);
    memcpy(revocations->licenses[revocations->license_count++], license.id, sizeof license.id);
    return RESULT_OK;
}

static RESULT add_host_key(struct command *command, const char *text, struct revocations *revocations)
{
    struct verifier_key key;
    command_about(command, text);
    TRY(verifier_key_read(slice_of(text), &key));
    struct slice host;
    struct slice vendor;
    if (!is_ok(host_key_name_read(key.name, &host, &vendor)) || !slice_is(vendor, revocations->vendor))
        return reason_say(&command->reason, FAIL(LICENSE_OTHER_VENDOR),
                          _("a host's key for this vendor is named HOST/%s"), revocations->vendor);
    for (size_t i = 0; i < revocations->host_key_count; i++)
        if (verifier_key_equal(&revocations->host_keys[i], &key))
            return RESULT_OK;
    ENSURE(revocations->host_key_count < REVOKED_MAX, DOCUMENT_LIMIT);
    revocations->host_keys[revocations->host_key_count++] = key;
    return RESULT_OK;
}

/* A key that was in use before. The one in use does not revoke itself, nor the spare. */
static RESULT add_vendor_key(struct command *command, const char *text, struct revocations *revocations)
{
    struct verifier_key key;
    size_t count = 0;
    const struct verifier_key *keys = desk_keys(command->desk, &count);
    command_about(command, text);
    TRY(verifier_key_read(slice_of(text), &key));
    size_t i = 0;
    while (i < count && !verifier_key_equal(&keys[i], &key))
        i++;
    if (i == count)
        return reason_say(&command->reason, FAIL(NOT_FOUND), _("it was never a key of this desk"));
    if (vendor_key_rank(i) <= vendor_key_rank(0))
        return reason_say(&command->reason, FAIL(KEY_RANK), _("put the spare in use first: `aval-vendor rotate FILE`"));
    if (revocations_hold_signer(revocations, &key))
        return RESULT_OK;
    ENSURE(revocations->vendor_key_count < VENDOR_KEYS_MAX, DOCUMENT_LIMIT);
    revocations->vendor_keys[revocations->vendor_key_count++] = key;
    return RESULT_OK;
}

static size_t count_of(const struct revocations *revocations)
{
    return revocations->license_count + revocations->host_key_count + revocations->vendor_key_count;
}

/* Adds all that the command names; says whether anything was new. */
static RESULT add_named(struct command *command, struct revocations *revocations, bool *ret_new)
{
    const struct arguments *arguments = command->arguments;
    const size_t before = count_of(revocations);
    if (arguments->count == 0 && !argument_given(arguments, "host-key") && !argument_given(arguments, "vendor-key"))
        return reason_say(&command->reason, FAIL(USAGE), _("name a LICENSE-ID, --host-key or --vendor-key"));
    for (size_t i = 0; i < arguments->count; i++)
        TRY(add_license(command, arguments->values[i], revocations));
    const char *key = NULL;
    for (size_t n = 0; (key = argument_value_at(arguments, "host-key", n)) != NULL; n++)
        TRY(add_host_key(command, key, revocations));
    for (size_t n = 0; (key = argument_value_at(arguments, "vendor-key", n)) != NULL; n++)
        TRY(add_vendor_key(command, key, revocations));
    command_about(command, "");
    qsort(revocations->licenses, revocations->license_count, sizeof revocations->licenses[0], compare_ids);
    qsort(revocations->host_keys, revocations->host_key_count, sizeof revocations->host_keys[0], compare_keys);
    qsort(revocations->vendor_keys, revocations->vendor_key_count, sizeof revocations->vendor_keys[0], compare_keys);
    *ret_new = count_of(revocations) > before;
    return RESULT_OK;
}

static RESULT output_path(struct command *command, const struct revocations *revocations,
                          char ret_path[static PATH_SIZE])
{
    char name[NAME_SIZE + 64];
    (void)snprintf(name, sizeof name, "%s-%llu.revocations", revocations->vendor,
                   (unsigned long long)revocations->sequence);
    return command_output(command, name, ret_path);
}

static RESULT report_signed(const struct revocations *revocations, const char *path)
{
    CLEANUP_REPORT struct report report;
    report_begin(&report, true);
    report_text(&report, "file", NULL, path);
    describe_revocations(&report, revocations);
    return report_finish(&report);
}

static RESULT sign(struct command *command, struct revocations *revocations)
{
    char path[PATH_SIZE];
    revocations->sequence++;
    revocations->issued = clock_now();
    TRY(output_path(command, revocations, path));
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(revocations_write(revocations, &text));
    TRY(command_unlock(command));
    TRY(command_sign(command, &text, &note));
    TRY(desk_add_revocations(command->desk, revocations, buffer_slice(&note), &command->reason));
    TRY(command_deliver(command, path, &note));
    if (argument_given(command->arguments, "json"))
        return report_signed(revocations, path);
    say_text(_("Signed revocations %llu of %s, in %s.\n\n"), (unsigned long long)revocations->sequence,
             revocations->vendor, path);
    say_field(_("Licenses"), "%zu", revocations->license_count);
    say_field(_("Host keys"), "%zu", revocations->host_key_count);
    say_field(_("Vendor keys"), "%zu", revocations->vendor_key_count);
    say_text(
        _("\nSend the file to the operators, who take it in with `avald import`, and ship it with the product.\n"));
    return RESULT_OK;
}

static RESULT hand_out_again(struct command *command, const struct revocations *revocations, const struct buffer *note)
{
    char path[PATH_SIZE];
    TRY(output_path(command, revocations, path));
    command_about(command, path);
    TRY(file_create(path, buffer_slice(note), 0644, &command->reason));
    if (argument_given(command->arguments, "json"))
        return report_signed(revocations, path);
    say_text(_("All of these are revoked already, by revocations %llu; here they are again, in %s.\n"),
             (unsigned long long)revocations->sequence, path);
    return RESULT_OK;
}

static RESULT revoke(struct command *command)
{
    CLEANUP_REVOCATIONS struct revocations *revocations = NULL;
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    bool is_new = false;
    TRY(command_open(command, true));
    TRY(desk_find_revocations(command->desk, &revocations, &note, &command->reason));
    TRY(add_named(command, revocations, &is_new));
    const bool nothing_to_hand_out = note.size == 0; /* the newest does not hold all that is revoked */
    return is_new || nothing_to_hand_out ? sign(command, revocations) : hand_out_again(command, revocations, &note);
}

int command_revoke(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, revoke);
}
