/* Notes before they are jobs; see intake.h. */
#include "host/intake.h"

#include "proto/api.h"
#include "proto/introduction.h"

#include <string.h>

/* ---- notes ---- */

static struct verdict verdict_of(struct result fault)
{
    return (struct verdict){is_ok(fault) ? OK : ERR_REQUEST_REFUSED, fault};
}

/* Whether the vendor is here, and has this host by that key. */
static enum error_code look_up_vendor(const struct authority *authority, const char *vendor,
                                      const struct verifier_key *host_key)
{
    const struct authority_vendor *const found = authority_find_vendor(authority, vendor);
    if (found == NULL)
        return ERR_NO_LICENSE;
    return verifier_key_equal(&found->host_key, host_key) ? OK : ERR_REQUEST_OTHER_HOST;
}

/* A release names no vendor: whether any of them has this host by that key. */
static enum error_code look_up_key(const struct authority *authority, const struct verifier_key *host_key)
{
    for (size_t i = 0; i < authority->vendor_count; i++)
        if (verifier_key_equal(&authority->vendors[i].host_key, host_key))
            return OK;
    return ERR_REQUEST_OTHER_HOST;
}

struct verdict intake_request(const struct authority *authority, struct slice note, struct request *ret_request)
{
    struct machine_signature signature;
    const struct result form = request_parse(note, &signature, ret_request);
    if (!is_ok(form))
        return verdict_of(form);
    const enum error_code code = look_up_vendor(authority, ret_request->vendor, &ret_request->host_key);
    if (code != OK)
        return (struct verdict){code, RESULT_OK};
    return verdict_of(machine_signature_verify(&signature, &ret_request->machine_key));
}

struct verdict intake_release(const struct authority *authority, struct slice note, struct release *ret_release)
{
    struct machine_signature signature;
    const struct result form = release_parse(note, &signature, ret_release);
    if (!is_ok(form))
        return verdict_of(form);
    const enum error_code code = look_up_key(authority, &ret_release->host_key);
    if (code != OK)
        return (struct verdict){code, RESULT_OK};
    return verdict_of(machine_signature_verify(&signature, &ret_release->machine_key));
}

/* One that was parsed is not longer than there is room. */
void intake_keep_note(struct job *job, struct slice note)
{
    memcpy(job->note, note.data, note.size);
    job->note_size = note.size;
    job->note_hash = hash_of(note);
}

/* ---- introduction ---- */

/* What a machine wants, as the address says it. */
struct wanted {
    char vendor[NAME_SIZE];
    char product[NAME_SIZE];
    char edition[NAME_SIZE];
    enum license_mode mode;
};

/* Takes what stands before the next slash, or the rest. */
static struct slice take_part(const char **at)
{
    const char *const start = *at;
    const size_t length = strcspn(start, "/");
    *at = start + length + (start[length] == '/');
    return slice_make(start, length);
}

/* VENDOR/PRODUCT/EDITION, or with /counted behind it; TEXT_TOO_LONG where one of them can be nobody's, TEXT_TRAILING.
 */
static RESULT read_wanted(const char *address, struct wanted *ret_wanted)
{
    const char *at = address;
    TRY(slice_copy_text(take_part(&at), ret_wanted->vendor, sizeof ret_wanted->vendor));
    TRY(slice_copy_text(take_part(&at), ret_wanted->product, sizeof ret_wanted->product));
    const struct slice edition = take_part(&at);
    ret_wanted->mode = strcmp(at, API_COUNTED) == 0 ? LICENSE_COUNTED : LICENSE_VOLUME;
    ENSURE(edition.data[edition.size] == '\0' || ret_wanted->mode == LICENSE_COUNTED, TEXT_TRAILING);
    return slice_copy_text(edition, ret_wanted->edition, sizeof ret_wanted->edition);
}

static RESULT write_introduction(struct engine *engine, const struct authority_vendor *vendor,
                                 const struct authority_license *license, struct buffer *out)
{
    struct published published;
    const struct result found = engine_published(engine, vendor->origin, &published);
    ENSURE(result_code(found) != ERR_NOT_FOUND, HOST_SIGNER); /* also of an empty ledger something is signed */
    TRY(found);
    const struct introduction introduction = {.revocations = vendor->revocations_sequence,
                                              .license = slice_make(license->note, license->note_size),
                                              .checkpoint = slice_of(published.note)};
    introduction_write(&introduction, out);
    return buffer_status(out);
}

RESULT intake_introduce(struct engine *engine, const struct authority *authority, const char *address,
                        struct buffer *out)
{
    struct wanted wanted;
    ENSURE(is_ok(read_wanted(address, &wanted)), NO_LICENSE);
    const struct offer offer = {wanted.vendor, wanted.product, wanted.edition};
    const struct authority_vendor *const vendor = authority_find_vendor(authority, wanted.vendor);
    ENSURE(vendor != NULL, NO_LICENSE);
    const seconds now = engine_now(engine);
    if (authority_other_mode_only(vendor, offer, wanted.mode, now))
        return FAIL_CODE(denial_other_mode(wanted.mode));
    const struct authority_license *const license = authority_best_license(vendor, offer, wanted.mode, now);
    ENSURE(license != NULL, NO_LICENSE);
    return write_introduction(engine, vendor, license, out);
}
