/* License: what the vendor allows one host. Vendor -> host -> machine, signed by the vendor. Schema, reader, writer. */
#include "core/form/form.h"

#include <string.h>

static const char *const modes[] = {[LICENSE_VOLUME] = "volume"};

static const uint64_t MACHINES_MAX = 1000000000;

static void license_form(struct form *form, void *document)
{
    struct license *license = document;
    form_begin(form, "license");
    form_id(form, "license", license->id);
    form_id(form, "vendor", license->vendor);
    form_text(form, "customer", license->customer, sizeof license->customer);
    form_verifier_key(form, "host-key", &license->host_key);
    form_host_key_name(form, &license->host_key, NULL, license->vendor);
    form_id(form, "product", license->product);
    form_id(form, "edition", license->edition);
    form_choice(form, "mode", modes, sizeof modes / sizeof modes[0], &license->mode);
    form_number(form, "threshold", &license->threshold, 1, MACHINES_MAX);
    form_number(form, "seats", &license->seats, 1, MACHINES_MAX);
    form_number(form, "overage", &license->overage, 0, MACHINES_MAX);
    form_duration(form, "lease", &license->lease);
    form_check(form, license->lease >= MINUTE, FAIL(DOCUMENT_DATES));
    form_duration(form, "renew", &license->renew);
    form_check(form, license->renew <= license->lease, FAIL(DOCUMENT_DATES));
    form_duration(form, "retry", &license->retry);
    form_check(form, license->retry >= 1 && license->retry <= license->lease, FAIL(DOCUMENT_DATES));
    form_features(form, &license->features);
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
    return verifier_key_equal(&license->host_key, host_key);
}

RESULT license_open(struct slice note, const struct verifier_key *keys, size_t key_count, struct license *ret_license)
{
    struct slice text;
    const struct verifier_key *signer = NULL;
    TRY(note_open(note, keys, key_count, &text, &signer));
    struct license license;
    TRY(license_read(text, &license));
    ENSURE(strcmp(license.vendor, signer->name) == 0, LICENSE_OTHER_VENDOR);
    *ret_license = license;
    return RESULT_OK;
}
