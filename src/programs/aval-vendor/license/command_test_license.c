/*
 * aval-vendor test-license: everything that a developer of the product needs to try activation on his own machine: a
 * host with a key of its own, a license for it that says it is a test, the product's document, and the key to type.
 *
 * Always: the host's key is new, and so is the folder; the license is in the record like any other.
 */
#include "authority/folder.h"
#include "base/secret.h"
#include "base/sentences.h"
#include "command.h"
#include "license/issue.h"
#include "system/clock.h"
#include "terminal/report.h"
#include "terminal/say.h"

#include <stdio.h>
#include <string.h>

#define HOST_NAME "localhost"
enum { SEATS = 10 };

/* What is made, and where. */
struct bench {
    struct product product;
    const struct edition *edition;
    struct license license;
    char host[PATH_SIZE];
    char license_file[PATH_SIZE];
    char product_file[PATH_SIZE];
    char key[PRODUCT_KEY_TEXT_SIZE];
};

static RESULT find_offer(struct command *command, struct bench *bench)
{
    const char *id = command->arguments->values[0];
    const char *edition = argument_value(command->arguments, "edition", NULL);
    command_about(command, id);
    TRY(desk_find_product(command->desk, id, &bench->product, &command->reason));
    bench->edition = edition == NULL ? &bench->product.editions[0] : product_edition(&bench->product, edition);
    if (bench->edition == NULL)
        return reason_say(&command->reason, FAIL(NOT_FOUND), _("the product has no edition '%s'"), edition);
    bench->license.mode = argument_given(command->arguments, "counted") ? LICENSE_COUNTED : LICENSE_VOLUME;
    const struct product_key key = product_key_make((enum product_key_mode)bench->license.mode, bench->product.vendor,
                                                    bench->product.product, bench->edition->id);
    product_key_write(&key, bench->key);
    command_about(command, "");
    return RESULT_OK;
}

static RESULT make_paths(struct command *command, struct bench *bench)
{
    const char *folder = command->arguments->values[1];
    char name[NAME_SIZE + 16];
    (void)snprintf(name, sizeof name, "%s.product", bench->product.product);
    TRY(path_join(bench->host, folder, "host"));
    TRY(path_join(bench->license_file, folder, "test.license"));
    TRY(path_join(bench->product_file, folder, name));
    command_about(command, folder);
    ENSURE(!file_exists(bench->host) && !file_exists(bench->license_file) && !file_exists(bench->product_file),
           FILE_EXISTS);
    return folder_make(folder, 0700, &command->reason);
}

/* A host that is enrolled; its request says its key. */
static RESULT make_host(struct command *command, struct bench *bench, struct host_request *ret_request)
{
    char customer[NAME_SIZE + 32];
    uint8_t seed[SEED_SIZE];
    CLEANUP_BUFFER struct buffer request = buffer_make(NOTE_MAX);
    command_about(command, bench->host);
    (void)snprintf(customer, sizeof customer, "Test of %.63s", desk_key(command->desk)->name);
    TRY(folder_init(bench->host, slice_of(HOST_NAME), &command->reason));
    entropy_fill(seed, sizeof seed);
    const struct result enrolled = folder_enroll(bench->host, desk_key(command->desk), slice_of(customer), clock_now(),
                                                 seed, &request, &command->reason);
    secret_wipe(seed, sizeof seed);
    TRY(enrolled);
    command_about(command, "");
    return host_request_open(buffer_slice(&request), ret_request);
}

static RESULT fill_license(struct command *command, const struct host_request *request, struct bench *bench)
{
    struct license *license = &bench->license;
    memcpy(license->vendor, request->vendor, sizeof license->vendor);
    memcpy(license->customer, request->customer, sizeof license->customer);
    memcpy(license->product, bench->product.product, sizeof license->product);
    memcpy(license->edition, bench->edition->id, sizeof license->edition);
    license->features = bench->edition->features;
    license->test = true;
    license->seats = SEATS;
    license->renew = RENEW_DEFAULT;
    license->retry = RETRY_DEFAULT;
    if (license->mode == LICENSE_VOLUME) {
        license->threshold = 1;
        license->lease = LEASE_DEFAULT;
    }
    TRY(license_add_host(license, &request->host_key));
    TRY(take_dates(command, clock_now(), license));
    return license_prepare(command, license);
}

static RESULT hand_over(struct command *command, const struct bench *bench, struct slice note)
{
    struct import_report report;
    command_about(command, bench->host);
    return folder_import(bench->host, note, &report, &command->reason);
}

static RESULT deliver_product(struct command *command, const struct bench *bench)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(desk_product_note(command->desk, bench->product.product, &note, &command->reason));
    command_about(command, bench->product_file);
    TRY(file_create(bench->product_file, buffer_slice(&note), 0644, &command->reason));
    return hand_over(command, bench, buffer_slice(&note));
}

static RESULT report_bench(const struct bench *bench)
{
    CLEANUP_REPORT struct report report;
    report_begin(&report, true);
    report_text(&report, "test", NULL, "yes");
    report_text(&report, "license", NULL, bench->license.id);
    report_text(&report, "license_file", NULL, bench->license_file);
    report_text(&report, "product_file", NULL, bench->product_file);
    report_text(&report, "host", NULL, bench->host);
    report_text(&report, "key", NULL, bench->key);
    report_time(&report, "not_after", NULL, bench->license.not_after);
    return report_finish(&report);
}

static RESULT tell(const struct command *command, const struct bench *bench)
{
    char text[VERIFIER_KEY_TEXT_SIZE];
    char until[TIME_TEXT_SIZE];
    if (argument_given(command->arguments, "json"))
        return report_bench(bench);
    verifier_key_write(desk_key(command->desk), text);
    time_write(bench->license.not_after, until);
    say_text(_("This is a TEST, for the developers of %s %s and for nobody's work. It is in force until %s.\n\n"),
             bench->license.product, bench->license.edition, until);
    say_field(_("License"), _("%s, in %s and in the host"), bench->license.id, bench->license_file);
    say_field(_("Product"), "%s", bench->product_file);
    say_field(bench->license.mode == LICENSE_COUNTED ? _("Counted key") : _("Volume key"), "%s", bench->key);
    say_text(_("\nStart its host:\n"
               "  avald serve --data %s\n"
               "and activate a machine:\n"
               "  aval product install %s --vendor-key %s\n"
               "  aval key install %s\n"
               "  aval host set 127.0.0.1\n"
               "  aval activate\n"),
             bench->host, bench->product_file, text, bench->key);
    return RESULT_OK;
}

static RESULT make_bench(struct command *command)
{
    struct bench bench = {.edition = NULL};
    struct host_request request;
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(command_open(command, true));
    TRY(find_offer(command, &bench));
    TRY(make_paths(command, &bench));
    TRY(make_host(command, &bench, &request));
    TRY(fill_license(command, &request, &bench));
    TRY(license_sign(command, &bench.license, bench.license_file, &note));
    TRY(deliver_product(command, &bench));
    TRY(hand_over(command, &bench, buffer_slice(&note)));
    return tell(command, &bench);
}

int command_test_license(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, make_bench);
}
