/* Which files a backup may hold; see backup/names.h. */
#include "backup/names.h"
#include "authority/folder.h"

#include <string.h>

/* What stands before the next '/', which is passed over. */
static struct slice next_part(const char **rest)
{
    const size_t size = strcspn(*rest, "/");
    const struct slice part = slice_make(*rest, size);
    *rest += size + ((*rest)[size] == '/' ? 1 : 0);
    return part;
}

static bool ends_in(const char *text, const char *end)
{
    const size_t size = strlen(text);
    const size_t end_size = strlen(end);
    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

static bool is_id(struct slice text)
{
    return is_ok(id_check(text));
}

/* VENDOR.key, VENDOR.state, VENDOR+N.state */
static bool signer_name_good(const char *name)
{
    if (strchr(name, '/') != NULL)
        return false;
    if (ends_in(name, ".key"))
        return is_id(slice_make(name, strlen(name) - strlen(".key")));
    if (!ends_in(name, ".state"))
        return false;
    const size_t size = strlen(name) - strlen(".state");
    const size_t vendor = strcspn(name, "+");
    uint64_t epoch;
    if (vendor >= size)
        return is_id(slice_make(name, size));
    return is_id(slice_make(name, vendor)) &&
           is_ok(decimal_read(slice_make(name + vendor + 1, size - vendor - 1), INT64_MAX, &epoch));
}

/* VENDOR/vendor.vkey and the others, VENDOR/licenses/ID, VENDOR/products/PRODUCT */
static bool vendor_name_good(const char *name)
{
    static const char *const files[] = {FOLDER_VENDOR_KEY, FOLDER_VENDOR_KEYS, FOLDER_HOST_KEY, FOLDER_HOST_REQUEST,
                                        FOLDER_REVOCATIONS};
    const char *rest = name;
    if (!is_id(next_part(&rest)))
        return false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(rest, files[i]) == 0)
            return true;
    const struct slice within = next_part(&rest);
    return (slice_is(within, FOLDER_LICENSES) || slice_is(within, FOLDER_PRODUCTS)) && is_id(slice_of(rest));
}

bool backup_name_good(const char *name)
{
    static const char *const files[] = {BACKUP_CONFIG, FOLDER_DATABASE, FOLDER_HOST, FOLDER_SITE_KEY,
                                        FOLDER_SITE_FORMER};
    if (strlen(name) >= BACKUP_NAME_SIZE)
        return false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(name, files[i]) == 0)
            return true;
    const char *rest = name;
    const struct slice folder = next_part(&rest);
    return (slice_is(folder, FOLDER_SIGNER) && signer_name_good(rest)) ||
           (slice_is(folder, FOLDER_VENDORS) && vendor_name_good(rest));
}

bool backup_name_is_key(const char *name)
{
    if (strcmp(name, FOLDER_SITE_KEY) == 0 || strcmp(name, FOLDER_SITE_FORMER) == 0)
        return true;
    return strncmp(name, FOLDER_SIGNER "/", strlen(FOLDER_SIGNER "/")) == 0 && ends_in(name, ".key");
}
