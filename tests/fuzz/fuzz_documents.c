/* Readers of the documents: the first byte says which; whatever is accepted must be written again as the same bytes. */
#include "document_kinds.h"

#include "base/secret.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || !is_ok(secret_start()))
        return 0;
    const struct document_kind *kind = &document_kinds[data[0] % DOCUMENT_KIND_COUNT];
    const struct slice text = slice_make(data + 1, size - 1);
    void *document = calloc(1, kind->size);
    if (document == NULL)
        return 0;
    if (is_ok(kind->read(text, document))) {
        struct buffer again CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
        if (!is_ok(kind->write(document, &again)) || !slice_equal(buffer_slice(&again), text))
            abort();
        if ((size_t)document_type_of(text) != DOCUMENT_PRODUCT + (size_t)(kind - document_kinds))
            abort();
    }
    free(document);
    return 0;
}
