/* License: what the vendor allows one host, or several together. Vendor -> host -> machine, signed by the vendor.
 * Schema, reader, writer. */
#include "core/form/form.h"

#include <string.h>

static const char *const modes[] = {[LICENSE_VOLUME] = "volume", [LICENSE_COUNTED] = "counted"};

const char *license_mode_name(enum license_mode mode)
{
    return modes[mode];
}

static const uint64_t MACHINES_MAX = 1000000000;

static void license_form(struct form *form, void *document)
{
    struct license *license = document;
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
    form_duration(form, "renew", &license->renew);
    form_check(form, counted || license->renew <= license->lease, FAIL(DOCUMENT_DATES));
    form_duration(form, "retry", &license->retry);
    form_check(form, license->retry >= 1, FAIL(DOCUMENT_DATES));
    form_check(form, counted || license->retry <= license->lease, FAIL(DOCUMENT_DATES));
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
    for (size_t i = 0; i < license->host_key_count; i++)
        if (verifier_key_equal(&license->host_keys[i], host_key))
            return true;
    return false;
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
