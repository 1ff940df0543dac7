/* Product documents in the data folder of a host; see products.h. */
#include "products.h"

#include "system/files.h"

#include <stdlib.h>

/* When the kept document of the product was issued; INT64_MIN where none is kept that holds. */
static RESULT kept_issued(const char *path, const struct verifier_key *keys, size_t key_count, struct buffer *note,
                          seconds *ret_issued, struct reason *reason)
{
    *ret_issued = INT64_MIN;
    if (!file_exists(path))
        return RESULT_OK;
    TRY(file_read_kept(path, note, reason));
    struct product *product = malloc(sizeof *product);
    ENSURE(product != NULL, NO_MEMORY);
    const struct result opened = product_open(buffer_slice(note), keys, key_count, product);
    if (is_ok(opened))
        *ret_issued = product->issued;
    free(product);
    return result_code(opened) == ERR_NO_MEMORY ? opened : RESULT_OK;
}

RESULT products_keep(const char *folder, const struct verifier_key *keys, size_t key_count, struct slice note,
                     const struct product *product, bool *ret_new, struct reason *reason)
{
    char path[PATH_SIZE];
    seconds issued;
    CLEANUP_BUFFER struct buffer kept = buffer_make(NOTE_MAX);
    TRY(path_join(path, folder, product->product));
    TRY(kept_issued(path, keys, key_count, &kept, &issued, reason));
    *ret_new = issued < product->issued || (issued == product->issued && !slice_equal(buffer_slice(&kept), note));
    if (!*ret_new)
        return RESULT_OK;
    TRY(folder_make(folder, 0700, reason));
    return file_write_kept(path, note, 0644, reason);
}

struct product_walk {
    const char *folder;
    RESULT (*each)(void *context, struct slice note);
    void *context;
    struct reason *reason;
};

static RESULT visit_product(void *context, const char *product)
{
    const struct product_walk *walk = context;
    char path[PATH_SIZE];
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(path_join(path, walk->folder, product));
    TRY(file_read_kept(path, &note, walk->reason));
    return walk->each(walk->context, buffer_slice(&note));
}

RESULT products_each(const char *folder, RESULT (*each)(void *context, struct slice note), void *context,
                     struct reason *reason)
{
    struct product_walk walk = {folder, each, context, reason};
    return folder_list(folder, visit_product, &walk, reason);
}
