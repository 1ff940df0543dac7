/* The pages of the ledgers for everybody; see pages.h. */
#include "host/pages.h"

#include "proto/api.h"
#include "proto/tile_path.h"
#include "store/ledger.h"

#include <stdio.h>
#include <string.h>

/* What is published of a vendor's ledger. */
static RESULT find_published(struct engine *engine, const char *vendor, struct published *ret_published)
{
    struct authority *const authority = engine_authority(engine);
    const struct authority_vendor *const found = authority_find_vendor(authority, vendor);
    const struct result result =
        found == NULL ? FAIL(NO_SUCH_PAGE) : engine_published(engine, found->origin, ret_published);
    authority_release(authority);
    return result_code(result) == ERR_NOT_FOUND ? FAIL(NO_SUCH_PAGE) : result;
}

/* "it has no vendor x; there are: a, b" */
static void list_vendors(const struct authority *authority, const char *fault, char words[static ENGINE_WORDS_SIZE])
{
    size_t length = (size_t)snprintf(words, ENGINE_WORDS_SIZE, "%s; there %s: ", fault,
                                     authority->vendor_count == 1 ? "is" : "are");
    for (size_t i = 0; i < authority->vendor_count && length < ENGINE_WORDS_SIZE - NAME_SIZE - 2; i++)
        length += (size_t)snprintf(words + length, ENGINE_WORDS_SIZE - length, "%s%s", i == 0 ? "" : ", ",
                                   authority->vendors[i].vendor);
}

static RESULT choose_vendor(const struct authority *authority, const char *vendor,
                            const struct authority_vendor **ret_vendor, char words[static ENGINE_WORDS_SIZE])
{
    ENSURE(authority->vendor_count > 0, NOT_FOUND);
    *ret_vendor = authority->vendor_count == 1 ? &authority->vendors[0] : NULL;
    if (vendor != NULL)
        *ret_vendor = authority_find_vendor(authority, vendor);
    if (*ret_vendor != NULL)
        return RESULT_OK;
    list_vendors(authority, vendor == NULL ? "one of several vendors must be named" : "no such vendor", words);
    return vendor == NULL ? FAIL(USAGE) : FAIL(NOT_FOUND);
}

RESULT ledger_choose(struct engine *engine, const char *vendor, struct ledger_choice *ret_choice,
                     char words[static ENGINE_WORDS_SIZE])
{
    struct authority *const authority = engine_authority(engine);
    const struct authority_vendor *found = NULL;
    struct result result = choose_vendor(authority, vendor, &found, words);
    if (is_ok(result)) {
        memcpy(ret_choice->vendor, found->vendor, sizeof ret_choice->vendor);
        memcpy(ret_choice->origin, found->origin, sizeof ret_choice->origin);
        result = engine_published(engine, found->origin, &ret_choice->published);
        if (result_code(result) == ERR_NOT_FOUND)
            result = FAIL(HOST_SIGNER);
    }
    authority_release(authority);
    return result;
}

static RESULT put_hashes(struct store *reader, uint32_t ledger, const struct tile_path *path, struct buffer *out)
{
    struct hash hashes[TILE_WIDTH];
    const struct result got =
        store_hashes_get(reader, ledger, path->level, path->number * TILE_WIDTH, path->width, hashes);
    ENSURE(result_code(got) != ERR_NOT_FOUND, STORE_CORRUPT); /* they were signed */
    TRY(got);
    buffer_append(out, hashes, path->width * sizeof *hashes);
    return buffer_status(out);
}

struct bundle {
    struct buffer *out;
    unsigned count;
};

static bool put_entry(void *context, uint64_t index, struct slice leaf)
{
    struct bundle *const bundle = context;
    (void)index;
    buffer_append_byte(bundle->out, (uint8_t)(leaf.size >> 8));
    buffer_append_byte(bundle->out, (uint8_t)leaf.size);
    buffer_append_slice(bundle->out, leaf);
    bundle->count++;
    return true;
}

_Static_assert(LEAF_MAX <= UINT16_MAX && LEDGER_PAGE_MAX >= TILE_WIDTH * (LEAF_MAX + 2), "every bundle can be written");

static RESULT put_entries(struct store *reader, uint32_t ledger, const struct tile_path *path, struct buffer *out)
{
    struct bundle bundle = {.out = out};
    TRY(store_leaves(reader, ledger, path->number * TILE_WIDTH, path->width, put_entry, &bundle));
    ENSURE(bundle.count == path->width, STORE_CORRUPT);
    return buffer_status(out);
}

RESULT ledger_page(struct engine *engine, struct store *reader, const char *address, struct buffer *out,
                   struct ledger_page *ret_page)
{
    struct tile_path path;
    struct published published;
    TRY(tile_path_read(slice_of(address), &path));
    TRY(find_published(engine, path.vendor, &published));
    ENSURE(tile_path_within(&path, published.size), NO_SUCH_PAGE);
    if (path.page == TILE_PAGE_CHECKPOINT) {
        buffer_append_text(out, published.note);
        TRY(buffer_status(out));
        *ret_page = (struct ledger_page){TYPE_TEXT, KEEP_CHECKPOINT};
        return RESULT_OK;
    }
    TRY(path.page == TILE_PAGE_HASHES ? put_hashes(reader, published.ledger, &path, out)
                                      : put_entries(reader, published.ledger, &path, out));
    *ret_page = (struct ledger_page){TYPE_BINARY, KEEP_TILE};
    return RESULT_OK;
}
