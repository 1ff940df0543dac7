/*
 * aval-vendor license: signs a license for an operator's host request, or for those of several hosts together.
 *
 * Always: nothing is signed before each request's own signature has been verified, and the secret key is opened last.
 */
#include "base/sentences.h"
#include "command.h"
#include "core/documents/mailed.h"
#include "core/rules/decide.h"
#include "license/issue.h"
#include "system/clock.h"

#include <stdio.h>
#include <string.h>

static RESULT copy_text(struct command *command, const char *option, const char *value, char *to, size_t capacity)
{
    if (!is_ok(text_check(slice_of(value))) || !is_ok(slice_copy_text(slice_of(value), to, capacity)))
        return reason_say(&command->reason, FAIL(USAGE), _("--%s '%s': 1 to %zu bytes of text are needed"), option,
                          value, capacity - 1);
    return RESULT_OK;
}

/* Host, key and customer, from a request that proves possession of its key. */
static RESULT take_request(struct command *command, const char *path, struct license *license)
{
    struct host_request request;
    CLEANUP_BUFFER struct buffer file = buffer_make(MAILED_MAX);
    TRY(command_read_mailed(command, path, &file));
    TRY(mailed_explain(buffer_slice(&file), host_request_open(buffer_slice(&file), &request), &command->reason));
    const char *vendor = desk_key(command->desk)->name;
    if (strcmp(request.vendor, vendor) != 0)
        return reason_say(&command->reason, FAIL(LICENSE_OTHER_VENDOR),
                          _("the request is for %s, and this is the desk of %s"), request.vendor, vendor);
    const char *customer = argument_value(command->arguments, "customer", request.customer);
    if (license->host_key_count > 0 && strcmp(customer, license->customer) != 0)
        return reason_say(&command->reason, FAIL(USAGE),
                          _("the requests name two customers, '%s' and '%s'; say by --customer whose the hosts are"),
                          license->customer, customer);
    if (!is_ok(license_add_host(license, &request.host_key)))
        return reason_say(&command->reason, FAIL(USAGE), _("the key of this host is in another of the requests"));
    command_about(command, "");
    memcpy(license->vendor, request.vendor, sizeof license->vendor);
    return copy_text(command, "customer", customer, license->customer, sizeof license->customer);
}

static RESULT take_requests(struct command *command, struct license *license)
{
    for (size_t i = 0; i < command->arguments->count; i++)
        TRY(take_request(command, command->arguments->values[i], license));
    return RESULT_OK;
}

/* ID or ID=VALUE; without a value of its own, with that of the edition. */
static RESULT take_feature(struct command *command, const struct edition *edition, const char *given,
                           struct features *features)
{
    char text[FEATURE_TEXT_SIZE + NAME_SIZE];
    char name[NAME_SIZE] = "";
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(given, "="), given);
    const char *value = features_value(&edition->features, name);
    if (value == NULL)
        return reason_say(&command->reason, FAIL(NOT_FOUND), _("edition %s has no feature '%s'"), edition->id, name);
    if (features_have(features, name))
        return reason_say(&command->reason, FAIL(USAGE), _("--feature %s is given twice"), name);
    (void)snprintf(text, sizeof text, "%s=%s", name, value);
    const bool as_edition = strchr(given, '=') == NULL && value[0] != '\0';
    if (!is_ok(features_add(features, slice_of(as_edition ? text : given))))
        return reason_say(&command->reason, FAIL(USAGE), _("--feature %s: a value is 1 to %d bytes of text"), given,
                          FEATURE_VALUE_SIZE - 1);
    return RESULT_OK;
}

static RESULT take_features(struct command *command, const struct edition *edition, struct license *license)
{
    if (!argument_given(command->arguments, "feature")) {
        license->features = edition->features;
        return RESULT_OK;
    }
    const char *given = NULL;
    for (size_t n = 0; (given = argument_value_at(command->arguments, "feature", n)) != NULL; n++)
        TRY(take_feature(command, edition, given, &license->features));
    return RESULT_OK;
}

static RESULT take_product(struct command *command, struct license *license)
{
    const char *product_id = NULL;
    const char *edition_id = NULL;
    TRY(command_needed(command, "product", &product_id));
    TRY(command_needed(command, "edition", &edition_id));
    struct product product;
    const struct result found = desk_find_product(command->desk, product_id, &product, &command->reason);
    if (result_code(found) == ERR_NOT_FOUND)
        return reason_say(&command->reason, found, _("this desk has no product '%s'; `aval-vendor key` lists them"),
                          product_id);
    TRY(found);
    const struct edition *edition = product_edition(&product, edition_id);
    if (edition == NULL)
        return reason_say(&command->reason, FAIL(NOT_FOUND), _("product %s has no edition '%s'"), product_id,
                          edition_id);
    memcpy(license->product, product.product, sizeof license->product);
    memcpy(license->edition, edition->id, sizeof license->edition);
    return take_features(command, edition, license);
}

/* A counted license has neither threshold nor length of leases. */
static RESULT take_mode(struct command *command, struct license *license)
{
    static const char *const OF_VOLUME[] = {"threshold", "lease"};
    const char *needed = NULL;
    if (!argument_given(command->arguments, "counted")) {
        license->mode = LICENSE_VOLUME;
        TRY(command_needed(command, "threshold", &needed));
        TRY(command_number(command, "threshold", 1, 0, &license->threshold));
        return command_duration(command, "lease", LEASE_DEFAULT, &license->lease);
    }
    for (size_t i = 0; i < sizeof OF_VOLUME / sizeof *OF_VOLUME; i++)
        if (argument_given(command->arguments, OF_VOLUME[i]))
            return reason_say(
                &command->reason, FAIL(USAGE),
                _("--counted and --%s exclude each other: counted, each machine activates at once, until the "
                  "license ends"),
                OF_VOLUME[i]);
    license->mode = LICENSE_COUNTED;
    return RESULT_OK;
}

static RESULT check_lengths(struct command *command, const struct license *license)
{
    if (license->mode == LICENSE_COUNTED) {
        if (license->retry < 1)
            return reason_say(&command->reason, FAIL(USAGE), _("--retry: a second at least"));
        return RESULT_OK;
    }
    if (license->lease < MINUTE)
        return reason_say(&command->reason, FAIL(USAGE), _("--lease: a minute at least"));
    if (license->renew > license->lease)
        return reason_say(&command->reason, FAIL(USAGE), _("--renew is longer than --lease; give a shorter one"));
    if (license->retry < 1 || license->retry > license->lease)
        return reason_say(&command->reason, FAIL(USAGE), _("--retry: from a second to the length of --lease"));
    if (license->threshold > 1 && license->renew + license->retry > COUNT_WINDOW)
        return reason_say(&command->reason, FAIL(USAGE),
                          _("--renew and --retry together are longer than 30 days, for which a machine counts after it "
                            "has asked: machines that only renew would fall below the threshold and be denied; "
                            "renew more often, or give --threshold 1"));
    return RESULT_OK;
}

static RESULT take_first_lease(struct command *command, struct license *license)
{
    license->has_first_lease = argument_given(command->arguments, "first-lease");
    if (!license->has_first_lease)
        return RESULT_OK;
    TRY(command_duration(command, "first-lease", 0, &license->first_lease));
    if (license->first_lease < MINUTE || license->first_lease < license->retry)
        return reason_say(&command->reason, FAIL(USAGE),
                          _("--first-lease: a minute at least, and the time of --retry"));
    if (license->mode != LICENSE_COUNTED && license->first_lease >= license->lease)
        return reason_say(&command->reason, FAIL(USAGE), _("--first-lease is no shorter than --lease"));
    if (license->first_lease <= license->renew)
        return reason_say(&command->reason, FAIL(USAGE),
                          _("--first-lease is no longer than --renew: the first lease would end before it is renewed"));
    return RESULT_OK;
}

/* How many seats may come back early. */
static RESULT take_quotas(struct command *command, struct license *license)
{
    license->has_releases = argument_given(command->arguments, "releases");
    license->has_reclaims = argument_given(command->arguments, "reclaims");
    TRY(command_number(command, "releases", 0, 0, &license->releases));
    TRY(command_number(command, "reclaims", 0, 0, &license->reclaims));
    if (license->reclaims > license->seats + license->overage)
        return reason_say(&command->reason, FAIL(USAGE), _("--reclaims is more than there are seats"));
    return RESULT_OK;
}

/* A license of this desk, for the same customer. */
static RESULT take_one_replaced(struct command *command, const char *id, struct license *license)
{
    struct license before;
    const struct result found = desk_find_license(command->desk, id, &before, &command->reason);
    if (result_code(found) == ERR_NOT_FOUND)
        return reason_say(&command->reason, found, _("this desk has signed no license '%s'"), id);
    TRY(found);
    if (strcmp(before.customer, license->customer) != 0)
        return reason_say(&command->reason, FAIL(USAGE), _("--replaces %s: that license is for %s, this one for %s"),
                          id, before.customer, license->customer);
    if (strcmp(before.product, license->product) != 0 || strcmp(before.edition, license->edition) != 0)
        return reason_say(&command->reason, FAIL(USAGE), _("--replaces %s: that license is for %s %s"), id,
                          before.product, before.edition);
    const struct result added = license_add_replaced(license, slice_of(id));
    if (result_code(added) == ERR_DOCUMENT_LIMIT)
        return reason_say(&command->reason, FAIL(USAGE), _("--replaces: at most %d licenses"), REPLACES_MAX);
    return is_ok(added) ? RESULT_OK : reason_say(&command->reason, FAIL(USAGE), _("--replaces %s is given twice"), id);
}

static RESULT take_replaced(struct command *command, struct license *license)
{
    const char *id = NULL;
    for (size_t n = 0; (id = argument_value_at(command->arguments, "replaces", n)) != NULL; n++)
        TRY(take_one_replaced(command, id, license));
    return RESULT_OK;
}

static RESULT take_terms(struct command *command, struct license *license)
{
    const char *needed = NULL;
    TRY(take_mode(command, license));
    TRY(command_needed(command, "seats", &needed));
    TRY(command_number(command, "seats", 1, 0, &license->seats));
    TRY(command_number(command, "overage", 0, 0, &license->overage));
    TRY(command_duration(command, "renew", RENEW_DEFAULT, &license->renew));
    TRY(command_duration(command, "retry", RETRY_DEFAULT, &license->retry));
    TRY(check_lengths(command, license));
    TRY(take_first_lease(command, license));
    TRY(take_quotas(command, license));
    license->test = argument_given(command->arguments, "test");
    return take_replaced(command, license);
}

static RESULT license_body(struct command *command)
{
    struct license license = {0};
    TRY(command_open(command, true));
    TRY(take_requests(command, &license));
    TRY(take_product(command, &license));
    TRY(take_terms(command, &license));
    TRY(take_dates(command, clock_now(), &license));
    return license_issue(command, &license);
}

int command_license(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, license_body);
}
