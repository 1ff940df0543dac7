/*
 * How this host introduces itself to a machine that does not know its key; see pages.h.
 *
 * The machine signs nothing before it believes this, and what it says here it need not sign.
 */
#include "proto/introduction.h"
#include "host/engine.h"
#include "pages.h"
#include "proto/api.h"
#include "refusals.h"
#include "site.h"

#include <string.h>

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

/* NO_LICENSE: this host has nothing for what is wanted; COUNTED_ONLY, VOLUME_ONLY: nothing but for another product
 * key. */
static RESULT introduce(struct engine *engine, const struct authority *authority, const char *address,
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

void page_introduction(void *context, struct http_request *request)
{
    const struct listener *const listener = context;
    struct engine *const engine = listener->engine;
    CLEANUP_BUFFER struct buffer text = buffer_make(INTRODUCTION_MAX);
    struct authority *const authority = engine_authority(engine);
    const struct result result = introduce(engine, authority, http_request_name(request), &text);
    authority_release(authority);
    const enum error_code code = result_code(result) == ERR_NO_MEMORY ? ERR_HOST_BUSY : result_code(result);
    if (!is_ok(result))
        engine_count_denial(engine, code);
    struct http_response response =
        is_ok(result) ? http_response_of(HTTP_OK, TYPE_TEXT, buffer_slice(&text)) : refusal_of(code, RESULT_OK);
    response.cache = CACHE_NOT;
    http_respond(request, &response);
}
