/* License: what the vendor allows one host, or several together. Vendor -> host -> machine, signed by the vendor.
 * Schema, reader, writer. */
#include "core/documents/offer.h"
#include "core/form/form.h"

#include <string.h>

static const char *const modes[] = {[LICENSE_VOLUME] = "volume", [LICENSE_COUNTED] = "counted"};

const char *license_mode_name(enum license_mode mode)
{
    return modes[mode];
}

static const uint64_t MACHINES_MAX = 1000000000;

static const char *const yes[] = {"yes"};

/* Shorter than a later one. */
static void first_lease_form(struct form *form, struct license *license)
{
    if (form_optional(form, "first-lease", &license->has_first_lease)) {
        form_duration(form, "first-lease", &license->first_lease);
        form_check(form, license->first_lease >= MINUTE, FAIL(DOCUMENT_DATES));
        form_check(form, license->mode == LICENSE_COUNTED || license->first_lease < license->lease,
                   FAIL(DOCUMENT_DATES));
    }
}

static void replaces_form(struct form *form, struct license *license)
{
    for (size_t i = 0; form_next(form, "replaces", i, &license->replaces_count, REPLACES_MAX); i++) {
        form_id(form, "replaces", license->replaces[i]);
        form_check(form, !form_good(form) || strcmp(license->replaces[i], license->id) != 0, FAIL(DOCUMENT_VALUE));
        if (i > 0)
            form_ascending(form, license->replaces[i - 1], license->replaces[i]);
    }
}

static void license_form(struct form *form, void *document)
{
    struct license *license = document;
    unsigned index = 0;
    form_begin(form, "license");
    form_id(form, "license", license->id);
    form_id(form, "vendor", license->vendor);
    form_text(form, "customer", license->customer, sizeof license->customer);
    form_host_keys(form, license->host_keys, &license->host_key_count, LICENSE_HOSTS_MAX, license->vendor);
    form_some(form, "host-key", license->host_key_count);
    form_id(form, "product", license->product);
    form_id(form, "edition", license->edition);
    form_choice(form, "mode", modes, sizeof modes / sizeof modes[0], &license->mode);
    const bool counted = license->mode == LICENSE_COUNTED;
    if (!counted)
        form_number(form, "threshold", &license->threshold, 1, MACHINES_MAX);
    form_check(form, !counted || license->threshold == 0, FAIL(DOCUMENT_VALUE));
    form_number(form, "seats", &license->seats, 1, MACHINES_MAX);
    form_number(form, "overage", &license->overage, 0, MACHINES_MAX);
    if (!counted)
        form_duration(form, "lease", &license->lease);
    form_check(form, counted ? license->lease == 0 : license->lease >= MINUTE, FAIL(DOCUMENT_DATES));
    first_lease_form(form, license);
    form_duration(form, "renew", &license->renew);
    form_check(form, counted || license->renew <= license->lease, FAIL(DOCUMENT_DATES));
    form_duration(form, "retry", &license->retry);
    form_check(form, license->retry >= 1, FAIL(DOCUMENT_DATES));
    form_check(form, counted || license->retry <= license->lease, FAIL(DOCUMENT_DATES));
    form_check(form, !license->has_first_lease || license->retry <= license->first_lease, FAIL(DOCUMENT_DATES));
    if (form_optional(form, "releases", &license->has_releases))
        form_number(form, "releases", &license->releases, 0, MACHINES_MAX);
    if (form_optional(form, "reclaims", &license->has_reclaims))
        form_number(form, "reclaims", &license->reclaims, 0, MACHINES_MAX);
    replaces_form(form, license);
    form_features(form, &license->features);
    if (form_optional(form, "test", &license->test))
        form_choice(form, "test", yes, 1, &index);
    form_time(form, "issued", &license->issued);
    form_time(form, "not-before", &license->not_before);
    form_time(form, "not-after", &license->not_after);
    form_check(form, license->not_after > license->not_before, FAIL(DOCUMENT_DATES));
    form_extensions(form, &license->extensions);
}

RESULT license_read(struct slice text, struct license *ret_license)
{
    return form_read(text, license_form, ret_license, sizeof *ret_license);
}

RESULT license_write(const struct license *license, struct buffer *out)
{
    return form_write(license_form, license, out);
}

bool license_names(const struct license *license, const struct verifier_key *host_key)
{
    for (size_t i = 0; i < license->host_key_count; i++)
        if (verifier_key_equal(&license->host_keys[i], host_key))
            return true;
    return false;
}

bool license_replaces(const struct license *license, const struct license *other)
{
    if (!offer_equal(license_offer(license), license_offer(other)) || strcmp(license->customer, other->customer) != 0 ||
        other->issued >= license->issued)
        return false;
    for (size_t i = 0; i < license->replaces_count; i++)
        if (strcmp(license->replaces[i], other->id) == 0)
            return true;
    return false;
}

RESULT license_add_replaced(struct license *license, struct slice id)
{
    char added[NAME_SIZE];
    TRY(id_check(id));
    TRY(slice_copy_text(id, added, sizeof added));
    size_t place = license->replaces_count;
    while (place > 0 && strcmp(license->replaces[place - 1], added) > 0)
        place--;
    ENSURE(place == 0 || strcmp(license->replaces[place - 1], added) != 0, DOCUMENT_DUPLICATE_KEY);
    ENSURE(license->replaces_count < REPLACES_MAX, DOCUMENT_LIMIT);
    memmove(license->replaces[place + 1], license->replaces[place], (license->replaces_count - place) * NAME_SIZE);
    memcpy(license->replaces[place], added, NAME_SIZE);
    license->replaces_count++;
    return RESULT_OK;
}

RESULT license_add_host(struct license *license, const struct verifier_key *host_key)
{
    char text[VERIFIER_KEY_TEXT_SIZE];
    char other[VERIFIER_KEY_TEXT_SIZE];
    ENSURE(!license_names(license, host_key), DOCUMENT_DUPLICATE_KEY);
    ENSURE(license->host_key_count < LICENSE_HOSTS_MAX, DOCUMENT_LIMIT);
    verifier_key_write(host_key, text);
    size_t place = license->host_key_count++;
    for (; place > 0; place--) {
        verifier_key_write(&license->host_keys[place - 1], other);
        if (strcmp(other, text) < 0)
            break;
        license->host_keys[place] = license->host_keys[place - 1];
    }
    license->host_keys[place] = *host_key;
    return RESULT_OK;
}

RESULT license_open_checkpoint(const struct license *license, struct slice note, struct checkpoint *ret_checkpoint,
                               const struct verifier_key **ret_key)
{
    struct result opened = FAIL(CHECKPOINT_SIGNER);
    for (size_t i = 0; i < license->host_key_count && result_code(opened) == ERR_CHECKPOINT_SIGNER; i++) {
        opened = checkpoint_open(note, &license->host_keys[i], ret_checkpoint);
        if (is_ok(opened) && ret_key != NULL)
            *ret_key = &license->host_keys[i];
    }
    return opened;
}

RESULT license_open_by(struct slice note, const struct verifier_key *keys, size_t key_count,
                       struct license *ret_license, const struct verifier_key **ret_signer)
{
    struct slice text;
    const struct verifier_key *signer = NULL;
    TRY(note_open(note, keys, key_count, &text, &signer));
    struct license license;
    TRY(license_read(text, &license));
    ENSURE(strcmp(license.vendor, signer->name) == 0, LICENSE_OTHER_VENDOR);
    *ret_license = license;
    *ret_signer = signer;
    return RESULT_OK;
}

RESULT license_open(struct slice note, const struct verifier_key *keys, size_t key_count, struct license *ret_license)
{
    const struct verifier_key *signer = NULL;
    return license_open_by(note, keys, key_count, ret_license, &signer);
}
