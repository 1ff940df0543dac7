/* Reader of product keys: whatever is accepted must be written as a key that reads the same. */
#include "core/documents/product_key.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct product_key key;
    if (!is_ok(product_key_read(slice_make(data, size), &key)))
        return 0;
    char text[PRODUCT_KEY_TEXT_SIZE];
    product_key_write(&key, text);
    struct product_key again;
    if (!is_ok(product_key_read(slice_of(text), &again)) || again.mode != key.mode || again.tag != key.tag ||
        again.serial != key.serial)
        abort();
    return 0;
}
