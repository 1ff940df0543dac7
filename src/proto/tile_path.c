/* Addresses of a ledger's pages; see tile_path.h. */
#include "proto/tile_path.h"

#include "core/documents/documents.h"

#include <string.h>

#define CHECKPOINT "checkpoint"
#define TILE       "tile"
#define ENTRIES    "entries"
#define PARTIAL    ".p"

enum { GROUP_DIGITS = 3, GROUPS_MAX = 6 /* up to 10^18, which is beyond TILE_NUMBER_MAX */, TILE_BITS = 8 };

/* Takes what stands before the next slash, and the slash; all that is left where there is none. False at the end. */
static bool take_part(struct slice *rest, struct slice *ret_part)
{
    if (rest->data == NULL)
        return false;
    const uint8_t *const slash = rest->size == 0 ? NULL : memchr(rest->data, '/', rest->size);
    const size_t size = slash == NULL ? rest->size : (size_t)(slash - rest->data);
    *ret_part = slice_make(rest->data, size);
    *rest = slash == NULL ? slice_make(NULL, 0) : slice_make(slash + 1, rest->size - size - 1);
    return true;
}

/* Three digits. */
static bool take_group(struct slice text, uint64_t *number)
{
    if (text.size != GROUP_DIGITS)
        return false;
    for (size_t i = 0; i < GROUP_DIGITS; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(text.data[i] - '0');
    }
    return true;
}

static bool ends_partial(struct slice part)
{
    const size_t size = strlen(PARTIAL);
    return part.size > size && memcmp(part.data + part.size - size, PARTIAL, size) == 0;
}

/* N[.p/W], up to the end. */
static bool read_number(struct slice rest, struct tile_path *path)
{
    struct slice part;
    for (unsigned group = 0; take_part(&rest, &part) && group < GROUPS_MAX; group++) {
        const bool more = part.size > 0 && part.data[0] == 'x';
        if (more) {
            /* Groups of zeros in front would be a second spelling. */
            if (!take_group(slice_make(part.data + 1, part.size - 1), &path->number) || path->number == 0)
                return false;
            continue;
        }
        uint64_t width = TILE_WIDTH;
        if (ends_partial(part)) {
            part.size -= strlen(PARTIAL);
            if (!is_ok(decimal_read(rest, TILE_WIDTH - 1, &width)) || width == 0)
                return false;
            rest = slice_make(NULL, 0);
        }
        path->width = (unsigned)width;
        return take_group(part, &path->number) && rest.data == NULL && path->number < TILE_NUMBER_MAX;
    }
    return false;
}

static bool read_tile(struct slice rest, struct tile_path *path)
{
    struct slice part;
    uint64_t level = 0;
    if (!take_part(&rest, &part))
        return false;
    path->page = slice_is(part, ENTRIES) ? TILE_PAGE_ENTRIES : TILE_PAGE_HASHES;
    if (path->page == TILE_PAGE_HASHES && !is_ok(decimal_read(part, TILE_LEVEL_MAX, &level)))
        return false;
    path->level = (unsigned)level;
    return read_number(rest, path);
}

RESULT tile_path_read(struct slice text, struct tile_path *ret_path)
{
    struct tile_path path = {.page = TILE_PAGE_CHECKPOINT};
    struct slice rest = text;
    struct slice vendor;
    struct slice part;
    ENSURE(take_part(&rest, &vendor) && is_ok(id_check(vendor)) && take_part(&rest, &part), NO_SUCH_PAGE);
    ENSURE(is_ok(slice_copy_text(vendor, path.vendor, sizeof path.vendor)), NO_SUCH_PAGE);
    const bool right = slice_is(part, CHECKPOINT) ? rest.data == NULL : slice_is(part, TILE) && read_tile(rest, &path);
    ENSURE(right, NO_SUCH_PAGE);
    *ret_path = path;
    return RESULT_OK;
}

static void write_number(uint64_t number, struct buffer *out)
{
    uint16_t groups[GROUPS_MAX];
    size_t count = 0;
    do {
        groups[count++] = (uint16_t)(number % 1000);
        number /= 1000;
    } while (number > 0);
    while (count-- > 0)
        buffer_printf(out, "/%s%03u", count > 0 ? "x" : "", groups[count]);
}

void tile_path_write(const struct tile_path *path, struct buffer *out)
{
    buffer_append_text(out, path->vendor);
    if (path->page == TILE_PAGE_CHECKPOINT) {
        buffer_append_text(out, "/" CHECKPOINT);
        return;
    }
    if (path->page == TILE_PAGE_ENTRIES)
        buffer_append_text(out, "/" TILE "/" ENTRIES);
    else
        buffer_printf(out, "/" TILE "/%u", path->level);
    write_number(path->number, out);
    if (path->width < TILE_WIDTH)
        buffer_printf(out, PARTIAL "/%u", path->width);
}

bool tile_path_within(const struct tile_path *path, uint64_t size)
{
    if (path->page == TILE_PAGE_CHECKPOINT)
        return true;
    if (path->level >= TILE_LEVELS)
        return false; /* no tree reaches there */
    const uint64_t hashes = size >> (TILE_BITS * path->level);
    return path->number * TILE_WIDTH + path->width <= hashes;
}
