/* Product descriptions from arbitrary bytes: whatever is taken makes a product document. */
#include "desk/product_file.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct product product;
    struct reason complaint = {.text = ""};
    if (is_ok(product_file_read(slice_make(data, size), "acme.example", &product, &complaint))) {
        CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
        const struct result keyed =
            verifier_key_make(slice_of("acme.example"), (const uint8_t[PUBLIC_KEY_SIZE]){9}, &product.vendor_keys[0]);
        product.vendor_key_count = 1;
        assert(is_ok(keyed) && is_ok(product_write(&product, &text)));
    }
    return 0;
}
